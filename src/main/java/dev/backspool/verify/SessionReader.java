package dev.backspool.verify;

import dev.backspool.recording.Part;
import dev.backspool.recording.Parts;
import dev.backspool.verify.SessionState.Chunk;
import dev.backspool.verify.SessionState.Tab;
import dev.backspool.verify.SessionState.Tracked;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** Reads sessions of one project with all that belongs to them. */
final class SessionReader {
  /** No lease is taken, and nothing that failed is left alone, for longer than half of this. */
  static final Duration LONGEST_LEASE = Duration.ofDays(2);

  private static final UUID BEFORE_ALL = new UUID(0, 0);

  private final Handle handle;
  private final UUID project;

  private SessionReader(Handle handle, UUID project) {
    this.handle = handle;
    this.project = project;
  }

  /** A session's id and how many rows of chunks are to be expected. */
  record Waiting(UUID id, int chunks) {}

  /** The next sessions by id; {@code after} is null from the start. */
  static List<Waiting> next(Handle handle, UUID project, @Nullable UUID after, int limit) {
    return handle
        .createQuery(
            """
            select id, hot_chunks
            from session
            where project_id = :project and id > :after
            order by id
            limit :limit
            """)
        .bind("project", project)
        .bind("after", after == null ? BEFORE_ALL : after)
        .bind("limit", limit)
        .map((row, _) -> new Waiting(row.getObject(1, UUID.class), row.getInt(2)))
        .list();
  }

  /** The sessions that are there; the handle is that of a snapshot. */
  static List<SessionState> read(Handle handle, UUID project, List<UUID> ids) {
    var reader = new SessionReader(handle, project);
    Map<UUID, List<Tab>> tabs = reader.tabs(ids);
    Map<UUID, List<Chunk>> chunks = reader.chunks(ids);
    Map<UUID, List<Part>> parts = reader.parts(ids);
    List<SessionState> states =
        reader
            .query(SESSIONS.formatted(EVENTS_EXPIRED, WHILE_IT_WAS_LIVE), ids)
            .map((row, _) -> state(row, project, tabs, chunks, parts))
            .list();
    return reader.withAllEvents(states);
  }

  /**
   * Before this, events may be removed, or be about to be, a day at a time and after what their
   * session tells of them. Null where events are kept for ever.
   */
  static final String EVENTS_EXPIRED =
      """
      (date_trunc('day', now(), 'UTC') - make_interval(days => project.event_days))\
      """;

  /** Each day of events is a table: those that came while the session grew are in few of them. */
  private static final String WHILE_IT_WAS_LIVE =
      """
      and event.received_at >= session.first_received_at - interval '1 second'
      and event.received_at < session.last_received_at + interval '1 second'
      """;

  private static final String SESSIONS =
      """
      select
        session.*, archive_after > now() + cast(:longest as interval) as is_leased,
        coalesce(first_received_at < %s, false) or exists (
          select from event_day
          where event_day.project_id = session.project_id
            and day >= cast(first_received_at at time zone 'UTC' as date)
            and day <= cast(last_received_at at time zone 'UTC' as date)
        ) as has_expired_events,
        tracked.*
      from session
      join project on project.id = session.project_id
      cross join lateral (
        select
          count(*) as events,
          count(*) filter (where event.name = 'screen_view') as screen_views,
          coalesce(sum(event.revenue), 0) as revenue_sum
        from event
        where event.project_id = session.project_id and event.session_id = session.id
          and event.name not in ('session_start', 'session_end')
          %s
      ) as tracked
      where session.project_id = :project and session.id = any(:ids)
      order by session.id
      """;

  private Query query(String sql, List<UUID> ids) {
    Query query =
        handle.createQuery(sql).bind("project", project).bindArray("ids", UUID.class, ids);
    return sql.contains(":longest") ? query.bind("longest", LONGEST_LEASE.toString()) : query;
  }

  /** What does not agree is counted again, wherever the events may lie. */
  private List<SessionState> withAllEvents(List<SessionState> states) {
    List<UUID> doubtful =
        states.stream()
            .filter(state -> !state.counted().equals(state.tracked()))
            .map(SessionState::id)
            .toList();
    if (doubtful.isEmpty()) {
      return states;
    }
    var tracked = new HashMap<UUID, Tracked>();
    query(SESSIONS.formatted(EVENTS_EXPIRED, ""), doubtful)
        .map((row, _) -> tracked.put(row.getObject("id", UUID.class), tracked(row)))
        .list();
    return states.stream()
        .map(state -> {
          Tracked all = tracked.get(state.id());
          return all == null ? state : state.with(all);
        })
        .toList();
  }

  private static SessionState state(
      ResultSet row,
      UUID project,
      Map<UUID, List<Tab>> tabs,
      Map<UUID, List<Chunk>> chunks,
      Map<UUID, List<Part>> parts)
      throws SQLException {
    UUID id = row.getObject("id", UUID.class);
    return new SessionState(
        project,
        id,
        instant(row, "first_received_at"),
        instant(row, "last_received_at"),
        row.getInt("chunk_count"),
        row.getLong("event_count"),
        row.getObject("hot_since") == null ? null : instant(row, "hot_since"),
        row.getInt("hot_chunks"),
        row.getLong("hot_bytes"),
        row.getInt("part_count"),
        row.getBoolean("is_leased"),
        row.getBoolean("has_expired_events"),
        new Tracked(
            row.getLong("tracked_count"), row.getInt("screen_view_count"), row.getLong("revenue")),
        tracked(row),
        tabs.getOrDefault(id, List.of()),
        chunks.getOrDefault(id, List.of()),
        parts.getOrDefault(id, List.of()));
  }

  private static Tracked tracked(ResultSet row) throws SQLException {
    return new Tracked(
        row.getLong("events"), row.getLong("screen_views"), row.getLong("revenue_sum"));
  }

  private Map<UUID, List<Tab>> tabs(List<UUID> ids) {
    return bySession(
        ids,
        """
        select session_id, id, chunk_count
        from tab
        where project_id = :project and session_id = any(:ids)
        order by session_id, id
        """,
        row -> new Tab(row.getString("id"), row.getInt("chunk_count")));
  }

  private Map<UUID, List<Chunk>> chunks(List<UUID> ids) {
    return bySession(
        ids,
        """
        select
          session_id, id, tab_id, batch_id, ordinal, received_at, event_count, raw_bytes,
          octet_length(payload) as bytes
        from chunk
        where project_id = :project and session_id = any(:ids)
        order by session_id, id
        """,
        row ->
            new Chunk(
                row.getLong("id"),
                row.getString("tab_id"),
                row.getString("batch_id"),
                row.getInt("ordinal"),
                instant(row, "received_at"),
                row.getInt("event_count"),
                row.getInt("raw_bytes"),
                row.getInt("bytes")));
  }

  private Map<UUID, List<Part>> parts(List<UUID> ids) {
    return bySession(
        ids,
        """
        select *
        from recording_part
        where project_id = :project and session_id = any(:ids)
        order by session_id, first_at, object
        """,
        Parts::part);
  }

  /** Reads one row. */
  private interface Mapping<T> {
    T of(ResultSet row) throws SQLException;
  }

  private <T> Map<UUID, List<T>> bySession(List<UUID> ids, String sql, Mapping<T> mapping) {
    var found = new HashMap<UUID, List<T>>();
    query(sql, ids)
        .map((row, _) ->
            found
                .computeIfAbsent(row.getObject("session_id", UUID.class), _ -> new ArrayList<>())
                .add(mapping.of(row)))
        .list();
    return found;
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}

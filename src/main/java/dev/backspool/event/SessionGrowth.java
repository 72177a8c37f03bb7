package dev.backspool.event;

import dev.backspool.Source;
import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a group of events adds to one session. Times are epoch ms. */
final class SessionGrowth implements Comparable<SessionGrowth> {
  /** How long before its first event a session starts. */
  static final long START_BEFORE_MS = 100;

  /** How long after its last event a session ends. */
  static final long END_AFTER_MS = 1_000;

  private static final String SCREEN_VIEW = "screen_view";

  private final UUID project;
  private final UUID session;
  private final Source source;
  private final @Nullable String name;
  private final String opener;
  private final @Nullable String device;
  private final @Nullable String userAgent;
  private final long receivedMs;
  private long lastReceivedMs;
  private final boolean imported;
  private boolean current;
  private @Nullable EventRow first;
  private @Nullable EventRow entry;
  private @Nullable EventRow exit;
  private @Nullable EventRow named;
  private @Nullable Long untilMs;
  private @Nullable Long liveFromMs;
  private @Nullable Long liveUntilMs;
  private @Nullable Long closesMs;
  private @Nullable Long startedMs;
  private @Nullable Long endedMs;
  private long count;
  private long borrowed;
  private int screenViews;
  private long revenue;
  private final Set<String> groups = new TreeSet<>();
  private final Set<String> devices = new TreeSet<>();

  /**
   * Starts empty.
   *
   * @param name the SDK's name of the session; null where only the server names it
   * @param opener what opens it, as {@link dev.backspool.session.Opener#key} has it
   */
  SessionGrowth(
      StoreEvents from,
      UUID session,
      @Nullable String name,
      String opener,
      @Nullable String device) {
    this.project = from.project();
    this.session = session;
    this.source = from.source();
    this.imported = source == Source.IMPORT;
    this.name = name;
    this.opener = opener;
    this.device = device;
    this.userAgent = from.userAgent();
    this.receivedMs = from.receivedAt().toEpochMilli();
    this.lastReceivedMs = receivedMs;
  }

  /** Adds an event of the session's own visitor. */
  void add(EventRow row, boolean live, Duration idle, Duration settle) {
    widen(row, live, idle, settle);
    sum(row);
    if (device == null && row.device() != null) {
      devices.add(row.device());
    }
  }

  /** Notes the start that an imported session brings with it. */
  void startsWith(EventRow start, Duration settle) {
    startedMs = start.at().toEpochMilli();
    widen(start.moved(start.at().plusMillis(START_BEFORE_MS)), false, Duration.ZERO, settle);
  }

  /** Notes the end that an imported session brings with it. */
  void endsWith(EventRow end, Duration settle) {
    endedMs = end.at().toEpochMilli();
    widen(end.moved(end.at().minusMillis(END_AFTER_MS)), false, Duration.ZERO, settle);
  }

  private void widen(EventRow row, boolean live, Duration idle, Duration settle) {
    long at = row.at().toEpochMilli();
    long received = row.receivedAt().toEpochMilli();
    lastReceivedMs = Math.max(lastReceivedMs, received);
    if (first == null || row.at().isBefore(first.at())) {
      first = row;
    }
    untilMs = untilMs == null ? at : Math.max(untilMs, at);
    if (live) {
      liveFromMs = liveFromMs == null ? at : Math.min(liveFromMs, at);
      liveUntilMs = liveUntilMs == null ? at : Math.max(liveUntilMs, at);
      closesBy(at + idle.toMillis());
    } else {
      closesBy(received + settle.toMillis());
    }
    if (row.circumstances().place().path() != null) {
      if (entry == null || row.at().isBefore(entry.at())) {
        entry = row;
      }
      if (exit == null || !row.at().isBefore(exit.at())) {
        exit = row;
      }
    }
    boolean identified = row.profile() != null && !row.profile().equals(row.device());
    if (identified && (named == null || !row.at().isBefore(named.at()))) {
      named = row;
    }
  }

  /** Adds an event of a program: it counts, and moves nothing. */
  void borrow(EventRow row) {
    borrowed++;
    sum(row);
  }

  /** Notes whether this is now the session of its device. */
  void chooseCurrent(Placement placement) {
    current = device != null && placement.isCurrent(new Placement.Key(project, device), session);
  }

  private @Nullable Long closesMs() {
    return imported && startedMs != null && endedMs != null ? null : closesMs;
  }

  private void closesBy(long ms) {
    closesMs = closesMs == null ? ms : Math.max(closesMs, ms);
  }

  private void sum(EventRow row) {
    count++;
    screenViews += row.name().equals(SCREEN_VIEW) ? 1 : 0;
    revenue += row.revenue() == null ? 0 : row.revenue();
    groups.addAll(row.groups());
  }

  private record Found(UUID project, UUID session, long count) {}

  /**
   * Makes each session or widens it.
   *
   * @param growths one for each session, sorted so that two writers lock in one order
   * @return the {@code session_start} of the sessions whose first events these are
   */
  static List<EventRow> apply(Connection connection, List<SessionGrowth> growths)
      throws SQLException {
    if (growths.isEmpty()) {
      return List.of();
    }
    Set<Found> found = upsert(connection, growths);
    return growths.stream()
        .filter(growth -> !growth.imported && found.contains(growth.asFound()))
        .map(SessionGrowth::start)
        .toList();
  }

  /** What the database returns for a session that only has the events of this growth. */
  private Found asFound() {
    return new Found(project, session, count == borrowed ? -1 : count);
  }

  /** When the start is that the session now has; an imported one may still bring its own. */
  private @Nullable Long startedMs() {
    Long firstMs = atMs(first);
    return imported ? startedMs : firstMs == null ? null : (Long) (firstMs - START_BEFORE_MS);
  }

  private EventRow start() {
    if (first == null) {
      throw new IllegalStateException("session " + session + " has no event to start with");
    }
    return first.start(first.at().minusMillis(START_BEFORE_MS));
  }

  private static Set<Found> upsert(Connection connection, List<SessionGrowth> growths)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into session as known (
              project_id, id, name, opener, source, device_id, user_agent,
              started_at, last_event_at, first_received_at, last_received_at,
              tracked_from, tracked_until, live_from, live_until, is_current, closes_at,
              started_event_at, ended_event_at, tracked_count, screen_view_count, revenue, groups, first_event,
              entry_at, entry_path, entry_origin, exit_at, exit_path, exit_origin,
              profile_at, profile_id, devices,
              chunk_count, event_count, click_count, input_count, error_count, page_count,
              raw_bytes, stored_bytes, has_full_snapshot)
            select
              project_id, id, name, opener, source, device_id, user_agent,
              coalesce(at(first), at(received)), coalesce(at(until), at(received)),
              at(received), at(last_received),
              at(first), at(until), at(live_from), at(live_until), current, at(closes),
              at(started), at(ended), count, screen_views, revenue, groups::text[], first_event::jsonb,
              at(entry), entry_path, entry_origin, at(exit), exit_path, exit_origin,
              at(named), profile_id, devices::text[],
              0, 0, 0, 0, 0, 0, 0, 0, false
            from unnest(
              ?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
              ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
              ?::bigint[], ?::bigint[], ?::boolean[], ?::bigint[], ?::bigint[], ?::bigint[],
              ?::bigint[], ?::int[], ?::bigint[], ?::text[], ?::text[],
              ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[],
              ?::bigint[], ?::text[], ?::text[])
              as growth (
                project_id, id, name, opener, source, device_id, user_agent,
                first, until, received, last_received,
                live_from, live_until, current, closes, started, ended,
                count, screen_views, revenue, groups, first_event,
                entry, entry_path, entry_origin, exit, exit_path, exit_origin,
                named, profile_id, devices)
            on conflict (project_id, id) do update set
              device_id = coalesce(known.device_id, excluded.device_id),
              user_agent = coalesce(known.user_agent, excluded.user_agent),
              started_at = least(known.started_at, excluded.tracked_from),
              last_event_at = greatest(known.last_event_at, excluded.tracked_until),
              first_received_at = least(known.first_received_at, excluded.first_received_at),
              last_received_at = greatest(known.last_received_at, excluded.last_received_at),
              tracked_from = least(known.tracked_from, excluded.tracked_from),
              tracked_until = greatest(known.tracked_until, excluded.tracked_until),
              live_from = least(known.live_from, excluded.live_from),
              live_until = greatest(known.live_until, excluded.live_until),
              is_current = known.is_current or excluded.is_current,
              -- An imported session that brought its start and its end is left as it was.
              closes_at = case
                when excluded.source = 'import'
                  and coalesce(known.started_event_at, excluded.started_event_at) is not null
                  and coalesce(known.ended_event_at, excluded.ended_event_at) is not null
                then null
                -- Too soon is put right when it comes; until then no index changes.
                when known.closes_at is not null and excluded.live_until is not null
                then known.closes_at
                else greatest(known.closes_at, excluded.closes_at) end,
              started_event_at = coalesce(known.started_event_at, excluded.started_event_at),
              ended_event_at = coalesce(known.ended_event_at, excluded.ended_event_at),
              tracked_count = known.tracked_count + excluded.tracked_count,
              screen_view_count = known.screen_view_count + excluded.screen_view_count,
              revenue = known.revenue + excluded.revenue,
              groups = case
                when known.groups @> excluded.groups then known.groups
                else array(select distinct unnest(known.groups || excluded.groups) order by 1)
                end,
              devices = case
                when known.devices @> excluded.devices then known.devices
                else array(select distinct unnest(known.devices || excluded.devices) order by 1)
                end,
              first_event = case
                when known.tracked_from <= excluded.tracked_from then known.first_event
                else coalesce(excluded.first_event, known.first_event) end,
              entry_at = least(known.entry_at, excluded.entry_at),
              entry_path = case when known.entry_at <= excluded.entry_at
                or excluded.entry_at is null then known.entry_path else excluded.entry_path end,
              entry_origin = case when known.entry_at <= excluded.entry_at
                or excluded.entry_at is null then known.entry_origin else excluded.entry_origin end,
              exit_at = greatest(known.exit_at, excluded.exit_at),
              exit_path = case when known.exit_at > excluded.exit_at
                or excluded.exit_at is null then known.exit_path else excluded.exit_path end,
              exit_origin = case when known.exit_at > excluded.exit_at
                or excluded.exit_at is null then known.exit_origin else excluded.exit_origin end,
              profile_at = greatest(known.profile_at, excluded.profile_at),
              profile_id = case when known.profile_at > excluded.profile_at
                or excluded.profile_at is null then known.profile_id else excluded.profile_id end
            returning project_id, id, tracked_count
            """)) {
      new Columns<>(statement, growths)
          .uuids(g -> g.project)
          .uuids(g -> g.session)
          .text(g -> g.name)
          .text(g -> g.opener)
          .text(g -> g.source.code())
          .text(g -> g.device)
          .text(g -> g.userAgent)
          .nullableLongs(g -> atMs(g.first))
          .nullableLongs(g -> g.untilMs)
          .longs(g -> g.receivedMs)
          .longs(g -> g.lastReceivedMs)
          .nullableLongs(g -> g.liveFromMs)
          .nullableLongs(g -> g.liveUntilMs)
          .booleans(g -> g.current)
          .nullableLongs(SessionGrowth::closesMs)
          .nullableLongs(SessionGrowth::startedMs)
          .nullableLongs(g -> g.endedMs)
          .longs(g -> g.count)
          .ints(g -> g.screenViews)
          .longs(g -> g.revenue)
          .text(g -> Columns.array(g.groups))
          .text(g -> g.first == null ? null : g.first.circumstances().toJson())
          .nullableLongs(g -> atMs(g.entry))
          .text(g -> g.entry == null ? null : g.entry.circumstances().place().path())
          .text(g -> g.entry == null ? null : g.entry.circumstances().place().origin())
          .nullableLongs(g -> atMs(g.exit))
          .text(g -> g.exit == null ? null : g.exit.circumstances().place().path())
          .text(g -> g.exit == null ? null : g.exit.circumstances().place().origin())
          .nullableLongs(g -> atMs(g.named))
          .text(g -> g.named == null ? null : g.named.profile())
          .text(g -> Columns.array(g.devices));
      var found = new HashSet<Found>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(
              new Found(
                  rows.getObject(1, UUID.class), rows.getObject(2, UUID.class), rows.getLong(3)));
        }
      }
      return found;
    }
  }

  private static @Nullable Long atMs(@Nullable EventRow row) {
    return row == null ? null : row.at().toEpochMilli();
  }

  @Override
  public int compareTo(SessionGrowth other) {
    int byProject = project.compareTo(other.project);
    return byProject != 0 ? byProject : session.compareTo(other.session);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SessionGrowth growth && compareTo(growth) == 0;
  }

  @Override
  public int hashCode() {
    return session.hashCode();
  }
}

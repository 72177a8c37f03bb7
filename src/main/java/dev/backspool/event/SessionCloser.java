package dev.backspool.event;

import dev.backspool.event.SessionCloser.Due;
import dev.backspool.ingest.Periodic;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Ends the sessions that are over: each gets its {@code session_end}, with what the session's row
 * has summed up, whatever the order in which its events came. An event that comes after the end has
 * the session closed again, which puts the start and the end right where they are.
 *
 * <p>Any number of nodes may close at a time: rows are claimed with SKIP LOCKED. Live sessions go
 * before those of a backlog.
 */
public final class SessionCloser implements AutoCloseable {
  private static final int AT_ONCE = 500;
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private static final Duration END_AFTER = Duration.ofMillis(SessionGrowth.END_AFTER_MS);

  private static final Duration START_BEFORE = Duration.ofMillis(SessionGrowth.START_BEFORE_MS);

  private final Database database;
  private final InstantSource clock;
  private final Duration idle;
  private final Periodic timer;

  /** Closes what is due, from now on every few seconds. */
  SessionCloser(Database database, InstantSource clock, Duration idle) {
    this.database = database;
    this.clock = clock;
    this.idle = idle;
    timer = new Periodic("session-closer", PAUSE, this::closeDue);
  }

  /** A session whose time has come. */
  record Due(
      UUID project,
      UUID session,
      @Nullable String device,
      @Nullable String profile,
      Instant from,
      Instant until,
      @Nullable Instant liveUntil,
      @Nullable Instant startedEventAt,
      @Nullable Instant endedEventAt,
      @Nullable String exitPath,
      @Nullable String exitOrigin,
      int screenViews,
      List<String> groups,
      Circumstances first) {
    boolean isOver(Instant now, Duration idle) {
      return liveUntil == null || !now.isBefore(liveUntil.plus(idle));
    }

    Instant startAt() {
      return from.minus(START_BEFORE);
    }

    Instant endAt() {
      return until.plus(END_AFTER);
    }

    long durationMs() {
      return Duration.between(from, until).toMillis();
    }

    @Nullable String who() {
      return profile == null ? device : profile;
    }

    /** Fewer than two screens were seen; other events do not count against it. */
    String properties() {
      return "{\"__bounce\":\"" + (screenViews < 2) + "\"}";
    }

    /** The start of a session that was imported without one. */
    EventRow start(Instant now) {
      return new EventRow(
          project,
          startAt(),
          now,
          EventRow.SESSION_START,
          session,
          device,
          who(),
          null,
          null,
          first,
          null,
          null,
          groups,
          "{}");
    }

    EventRow end(Instant now) {
      var place = new Place(exitPath, exitOrigin, first.place().referrer(), java.util.Map.of());
      return new EventRow(
          project,
          endAt(),
          now,
          EventRow.SESSION_END,
          session,
          device,
          who(),
          null,
          durationMs(),
          new Circumstances(place, first.geo(), first.agent()),
          null,
          null,
          groups,
          properties());
    }
  }

  /**
   * Closes every session whose time has come.
   *
   * @return how many it looked at
   */
  public int closeDue() {
    int closed = 0;
    for (String kind : List.of("live_from is not null", "live_from is null")) {
      int some;
      do {
        some = Transaction.run(database, connection -> closeSome(connection, kind));
        closed += some;
      } while (some == AT_ONCE);
    }
    return closed;
  }

  private int closeSome(Connection connection, String kind) throws SQLException {
    Instant now = clock.instant();
    List<Due> claimed = claim(connection, kind, now);
    if (claimed.isEmpty()) {
      return 0;
    }
    postpone(connection, claimed.stream().filter(d -> !d.isOver(now, idle)).toList());
    List<Due> due = claimed.stream().filter(d -> d.isOver(now, idle)).toList();
    correctStarts(
        connection,
        due.stream()
            .filter(d -> d.startedEventAt() != null && !d.startAt().equals(d.startedEventAt()))
            .toList());
    correctEnds(connection, due.stream().filter(d -> d.endedEventAt() != null).toList());
    settle(connection, due, now);
    var rows = new ArrayList<EventRow>();
    for (Due each : due) {
      if (each.startedEventAt() == null) {
        rows.add(each.start(now));
      }
      if (each.endedEventAt() == null) {
        rows.add(each.end(now));
      }
    }
    EventRow.copy(connection, rows);
    return claimed.size();
  }

  /**
   * Events that extend a session leave {@code closes_at} as it is, so that they change no index: it
   * is put right when it comes.
   */
  private void postpone(Connection connection, List<Due> due) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update session set closes_at = live_until + ?::interval
            from unnest(?::uuid[], ?::uuid[]) as later (project_id, session_id)
            where session.project_id = later.project_id and session.id = later.session_id
            """)) {
      statement.setString(1, idle.toString());
      new Columns<>(statement, due, 2).uuids(Due::project).uuids(Due::session);
      statement.executeUpdate();
    }
  }

  private static List<Due> claim(Connection connection, String kind, Instant now)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select
              project_id, id, device_id, profile_id, tracked_from, tracked_until,
              live_until, started_event_at, ended_event_at, exit_path, exit_origin, screen_view_count, groups,
              first_event::text
            from session
            where closes_at <= at(?) and closes_at is not null and %s
            order by closes_at
            limit %d
            for update skip locked
            """
                .formatted(kind, AT_ONCE))) {
      statement.setLong(1, now.toEpochMilli());
      var due = new ArrayList<Due>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          due.add(
              new Due(
                  rows.getObject(1, UUID.class),
                  rows.getObject(2, UUID.class),
                  rows.getString(3),
                  rows.getString(4),
                  rows.getObject(5, OffsetDateTime.class).toInstant(),
                  rows.getObject(6, OffsetDateTime.class).toInstant(),
                  instant(rows, 7),
                  instant(rows, 8),
                  instant(rows, 9),
                  rows.getString(10),
                  rows.getString(11),
                  rows.getInt(12),
                  List.of((String[]) rows.getArray(13).getArray()),
                  Circumstances.parse(rows.getString(14))));
        }
      }
      return due;
    }
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** An event came that is older than the one the session started with. */
  private static void correctStarts(Connection connection, List<Due> due) throws SQLException {
    if (due.isEmpty()) {
      return;
    }
    try (var statement =
        connection.prepareStatement(
            """
            update event as start set
              at = at(wanted.at), profile_id = first.profile_id, path = first.path,
              origin = first.origin, referrer = first.referrer,
              referrer_name = first.referrer_name, referrer_type = first.referrer_type,
              country = first.country, region = first.region, city = first.city,
              latitude = first.latitude, longitude = first.longitude, os = first.os,
              os_version = first.os_version, browser = first.browser,
              browser_version = first.browser_version, device = first.device,
              brand = first.brand, model = first.model, groups = first.groups,
              properties = first.properties
            from unnest(?::uuid[], ?::uuid[], ?::bigint[]) as wanted (project_id, session_id, at)
            cross join lateral (
              select * from event
              where
                event.project_id = wanted.project_id
                and event.session_id = wanted.session_id
                and event.name not in ('session_start', 'session_end')
              order by event.at, event.id
              limit 1
            ) as first
            where
              start.project_id = wanted.project_id
              and start.session_id = wanted.session_id
              and start.name = 'session_start'
            """)) {
      new Columns<>(statement, due)
          .uuids(Due::project)
          .uuids(Due::session)
          .longs(d -> d.startAt().toEpochMilli());
      statement.executeUpdate();
    }
  }

  /** An event came after the session's end was stored. */
  private static void correctEnds(Connection connection, List<Due> due) throws SQLException {
    if (due.isEmpty()) {
      return;
    }
    try (var statement =
        connection.prepareStatement(
            """
            update event as stored set
              at = at(wanted.at), duration_ms = wanted.duration_ms, path = wanted.path,
              origin = wanted.origin, profile_id = wanted.profile_id,
              groups = wanted.groups::text[], properties = wanted.properties
            from unnest(
              ?::uuid[], ?::uuid[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[],
              ?::text[], ?::text[])
              as wanted (
                project_id, session_id, at, duration_ms, path, origin, profile_id, groups,
                properties)
            where
              stored.project_id = wanted.project_id
              and stored.session_id = wanted.session_id
              and stored.name = 'session_end'
            """)) {
      new Columns<>(statement, due)
          .uuids(Due::project)
          .uuids(Due::session)
          .longs(d -> d.endAt().toEpochMilli())
          .longs(Due::durationMs)
          .text(Due::exitPath)
          .text(Due::exitOrigin)
          .text(Due::who)
          .text(d -> Columns.array(d.groups()))
          .text(Due::properties);
      statement.executeUpdate();
    }
  }

  private static void settle(Connection connection, List<Due> due, Instant now)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update session set
              closes_at = null,
              is_current = false,
              started_event_at = at(closed.start),
              ended_event_at = at(closed.ended),
              end_received_at = at(?)
            from unnest(?::uuid[], ?::uuid[], ?::bigint[], ?::bigint[])
              as closed (project_id, session_id, start, ended)
            where session.project_id = closed.project_id and session.id = closed.session_id
            """)) {
      statement.setLong(1, now.toEpochMilli());
      new Columns<>(statement, due, 2)
          .uuids(Due::project)
          .uuids(Due::session)
          .longs(d -> d.startAt().toEpochMilli())
          .longs(d -> d.endAt().toEpochMilli());
      statement.executeUpdate();
    }
  }

  /** Ends it; sessions that are due are closed by the next start. */
  @Override
  public void close() {
    timer.close();
  }
}

package dev.backspool.event;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Decides which session an event of a device belongs to (OpenPanel contract, sections 2.2 to 2.5).
 *
 * <p>A session that was live is taken for events within the idle limit of its live bounds; any
 * other event goes by its half hour ({@link SessionIds}), whatever else is live. Events of a
 * backlog do not move live bounds, so the order in which a backlog arrives changes nothing.
 *
 * <p>A request's rows are placed by the sessions that were there before the request: rows of one
 * request never chain to a session that only this request opens.
 */
final class Placement {
  private final long idleMs;
  private final Map<Key, List<Span>> spans = new HashMap<>();
  private final Map<HalfHour, UUID> ids = new HashMap<>();
  private final Map<HalfHour, Span> opened = new LinkedHashMap<>();
  private final TreeSet<Key> touched = new TreeSet<>();

  /** A device of a project. */
  record Key(UUID project, String device) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : device.compareTo(other.device);
    }
  }

  private record HalfHour(Key key, long bucket) {}

  private record Wanted(Key key, long[] bounds) {}

  /** The live bounds of a session, in epoch ms. */
  private static final class Span {
    final UUID session;
    long from;
    long until;
    boolean current;

    Span(UUID session, long from, long until, boolean current) {
      this.session = session;
      this.from = from;
      this.until = until;
      this.current = current;
    }

    void widen(long at) {
      from = Math.min(from, at);
      until = Math.max(until, at);
    }
  }

  /** Where an event belongs. */
  record Placed(Key key, UUID session, long atMs, boolean known) {
    String device() {
      return key.device();
    }
  }

  private Placement(long idleMs) {
    this.idleMs = idleMs;
  }

  /** Collects the devices and times to be placed, then reads what is known of them. */
  static final class Question {
    private final Map<Key, long[]> bounds = new TreeMap<>();

    void ask(UUID project, DeviceIds ids, long atMs) {
      add(new Key(project, ids.current()), atMs);
      if (ids.previous() != null) {
        add(new Key(project, ids.previous()), atMs);
      }
    }

    private void add(Key key, long atMs) {
      long[] known = bounds.computeIfAbsent(key, _ -> new long[] {atMs, atMs});
      known[0] = Math.min(known[0], atMs);
      known[1] = Math.max(known[1], atMs);
    }

    Placement answer(Connection connection, Duration idle) throws SQLException {
      var placement = new Placement(idle.toMillis());
      if (!bounds.isEmpty()) {
        placement.load(
            connection,
            bounds.entrySet().stream().map(e -> new Wanted(e.getKey(), e.getValue())).toList());
      }
      return placement;
    }
  }

  private void load(Connection connection, List<Wanted> wanted) throws SQLException {
    // Lateral with a limit, so that the planner goes by the index even while the table is young.
    try (var statement =
        connection.prepareStatement(
            """
            select
              wanted.project_id, wanted.device_id, known.id, known.is_current,
              extract(epoch from known.live_from) * 1000,
              extract(epoch from known.live_until) * 1000
            from unnest(?::uuid[], ?::text[], ?::bigint[], ?::bigint[])
              as wanted (project_id, device_id, earliest, latest)
            cross join lateral (
              select id, is_current, live_from, live_until
              from session
              where
                session.project_id = wanted.project_id
                and session.device_id = wanted.device_id
                and session.device_id is not null
                and live_until > to_timestamp(earliest / 1000.0)
                and live_from <= to_timestamp(latest / 1000.0)
                and started_at <= to_timestamp(latest / 1000.0)
              order by started_at desc
              limit 400
            ) as known
            """)) {
      new Columns<>(statement, wanted)
          .plannedAnew()
          .uuids(each -> each.key().project())
          .text(each -> each.key().device())
          .longs(each -> each.bounds()[0] - idleMs)
          .longs(each -> each.bounds()[1] + idleMs);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          spans
              .computeIfAbsent(
                  new Key(rows.getObject(1, UUID.class), rows.getString(2)), _ -> new ArrayList<>())
              .add(
                  new Span(
                      rows.getObject(3, UUID.class),
                      rows.getLong(5),
                      rows.getLong(6),
                      rows.getBoolean(4)));
        }
      }
    }
  }

  /** The sessions that events of these devices at these times may be placed in. */
  List<UUID> candidates(UUID project, DeviceIds device, long atMs) {
    var candidates = new ArrayList<UUID>();
    candidates.add(idOf(new Key(project, device.current()), atMs));
    for (String name : device.names()) {
      spans
          .getOrDefault(new Key(project, name), List.of())
          .forEach(span -> candidates.add(span.session));
    }
    return candidates;
  }

  /** Finds the session of a device at a time, without changing anything. */
  Placed locate(UUID project, DeviceIds device, long atMs) {
    var key = new Key(project, device.current());
    Span span = spanAt(key, atMs);
    if (span == null && device.previous() != null) {
      var before = new Key(project, device.previous());
      span = spanAt(before, atMs);
      key = span == null ? key : before;
    }
    return span == null
        ? new Placed(key, idOf(key, atMs), atMs, false)
        : new Placed(key, span.session, atMs, true);
  }

  private @Nullable Span spanAt(Key key, long atMs) {
    List<Span> known = spans.get(key);
    if (known == null) {
      return null;
    }
    Span best = null;
    for (Span span : known) {
      boolean inside = span.from - idleMs <= atMs && atMs < span.until + idleMs;
      if (inside && (best == null || span.from > best.from)) {
        best = span;
      }
    }
    return best;
  }

  private UUID idOf(Key key, long atMs) {
    return ids.computeIfAbsent(
        new HalfHour(key, SessionIds.bucket(atMs)),
        half -> SessionIds.of(half.key().project().toString(), half.key().device(), atMs));
  }

  /** Notes that a young event was placed there, which moves or opens the session's live bounds. */
  void isLive(Placed placed) {
    if (placed.known()) {
      Span span = spanAt(placed.key(), placed.atMs());
      if (span != null) {
        span.widen(placed.atMs());
        touched.add(placed.key());
      }
      return;
    }
    opened
        .computeIfAbsent(
            new HalfHour(placed.key(), SessionIds.bucket(placed.atMs())),
            _ -> new Span(placed.session(), placed.atMs(), placed.atMs(), false))
        .widen(placed.atMs());
  }

  /** Ends a request: the sessions it opened are known to the requests after it. */
  void endRequest() {
    opened.forEach((half, span) -> {
      spans.computeIfAbsent(half.key(), _ -> new ArrayList<>()).add(span);
      touched.add(half.key());
    });
    opened.clear();
  }

  /** Whether the device's next live event is to look at this session first. */
  boolean isCurrent(Key key, UUID session) {
    return touched.contains(key) && latest(key).session.equals(session);
  }

  /**
   * The devices whose current session changes. The session before must give up its place first: a
   * device has one.
   */
  List<Key> movedOn() {
    return touched.stream().filter(key -> !latest(key).current).toList();
  }

  private Span latest(Key key) {
    return spans.getOrDefault(key, List.of()).stream()
        .max(Comparator.comparingLong(span -> span.until))
        .orElseThrow();
  }
}

package dev.backspool.analytics;

import dev.backspool.analytics.EventLog.Order;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.recording.SessionFilter;
import dev.backspool.recording.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Measures the reading of events where a project has ten million of them in 50,000 sessions, over
 * 30 days. Run it by hand: {@code mvn -q test-compile} and then this class. Argument: how many
 * events.
 */
public final class EventListSpeed {
  private static final int ROUNDS = 20;
  private static final int PER_SESSION = 200;

  private EventListSpeed() {}

  public static void main(String[] arguments) {
    int events = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000_000;
    try (Database database = TestPostgres.freshDatabase().open()) {
      UUID project = new Projects(database).create("Ours", "web").project().id();
      long start = System.nanoTime();
      fill(database, project, events / PER_SESSION);
      System.out.printf(
          "filled in %d s%n", Duration.ofNanos(System.nanoTime() - start).toSeconds());
      database.own(handle -> handle.execute("analyze"));
      measure(database, project);
    }
  }

  private static EventFilter named(String... names) {
    return new EventFilter(
        List.of(names), null, null, null, null, null, null, null, null, Map.of());
  }

  private static EventFilter of(String profile) {
    return new EventFilter(List.of(), profile, null, null, null, null, null, null, null, Map.of());
  }

  private static EventFilter since(Duration ago) {
    return EventFilter.ALL.between(Instant.now().minus(ago), Instant.now());
  }

  private static void measure(Database database, UUID project) {
    var log = new EventLog(database);
    var sessions = new Sessions(database);
    Order down = Order.NEWEST_FIRST;
    time("newest", () -> log.page(project, EventFilter.ALL, down, null, 50));
    Cursor<Long> middle = new Cursor<>(Instant.now().minus(Duration.ofDays(15)), 0L);
    time("from the middle on", () -> log.page(project, EventFilter.ALL, down, middle, 50));
    time("last day", () -> log.page(project, since(Duration.ofDays(1)), down, null, 50));
    time("a frequent name", () -> log.page(project, named("screen_view"), down, null, 50));
    time("a rare name (1 of 100,000)", () -> log.page(project, named("rare"), down, null, 50));
    time("a name that never happened", () -> log.page(project, named("never"), down, null, 50));
    time(
        "the same in the last day",
        () ->
            log.page(
                project,
                named("never").between(Instant.now().minus(Duration.ofDays(1)), Instant.now()),
                down,
                null,
                50));
    UUID session =
        sessions.page(project, SessionFilter.ALL, middleSession(), 1).rows().getFirst().id();
    time(
        "a session's",
        () ->
            log.page(project, EventFilter.ALL.withSession(session), Order.OLDEST_FIRST, null, 200));
    time("a person's", () -> log.page(project, of("user-77"), down, null, 50));
    time("a device's", () -> log.page(project, of("device-77"), down, null, 50));
    time(
        "an export's page",
        () -> log.page(project, EventFilter.ALL, Order.OLDEST_FIRST, middle, 5_000));
    time(
        "names of 7 days",
        () -> log.names(project, Instant.now().minus(Duration.ofDays(7)), Instant.now()));
    time(
        "names of a day",
        () -> log.names(project, Instant.now().minus(Duration.ofDays(1)), Instant.now()));
    time("ids of the last 5 s", () -> log.idsSince(project, Instant.now().minusSeconds(5)));
    time("ids of the last hour", () -> log.idsSince(project, Instant.now().minusSeconds(3_600)));
    time("a person's totals", () -> new Profiles(database).totals(project, "user-77"));
    time(
        "sessions with a frequent event",
        () -> sessions.page(project, event("screen_view"), null, 50));
    time("sessions with a rare event", () -> sessions.page(project, event("rare"), null, 50));
    time(
        "sessions with an event that never happened",
        () -> sessions.page(project, event("never"), null, 50));
    time("sessions of a person", () -> sessions.page(project, person("user-77"), null, 50));
  }

  private static Cursor<UUID> middleSession() {
    return new Cursor<>(Instant.now().minus(Duration.ofDays(15)), new UUID(0, 0));
  }

  private static SessionFilter event(String name) {
    return new SessionFilter(
        null, null, null, null, null, null, null, false, false, null, null, name, null);
  }

  private static SessionFilter person(String id) {
    return new SessionFilter(
        null, null, null, null, null, null, null, false, false, id, null, null, null);
  }

  private static void time(String what, Runnable work) {
    long first = System.nanoTime();
    work.run();
    long cold = (System.nanoTime() - first) / 1_000;
    int rounds = cold > 2_000_000 ? 2 : ROUNDS;
    long[] micros = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      work.run();
      micros[i] = (System.nanoTime() - start) / 1_000;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-44s first %8.1f ms   p50 %8.1f ms   p95 %8.1f ms%n",
        what, cold / 1e3, micros[rounds / 2] / 1e3, micros[rounds * 95 / 100] / 1e3);
  }

  /** Sessions of the last 30 days, half of them of someone known. */
  private static void fill(Database database, UUID project, int sessions) {
    database.own(handle -> {
      handle
          .createQuery(
              "select add_event_day((now() at time zone 'UTC')::date - d) from generate_series(0, 31) d")
          .mapTo(String.class)
          .list();
      handle.execute("create temporary table made (n int, id uuid, at timestamptz)");
      handle.execute(
          "insert into made select n, gen_random_uuid(), now() - n * interval '30 days' / ? from generate_series(0, ? - 1) n",
          sessions,
          sessions);
      handle.execute(
          """
          insert into session (
            project_id, id, name, source, started_at, last_event_at, first_received_at,
            last_received_at, chunk_count, event_count, click_count, input_count, error_count,
            page_count, raw_bytes, stored_bytes, has_full_snapshot, device_id, profile_id,
            live_from, live_until, tracked_from, tracked_until, tracked_count)
          select
            ?, id, 's' || n, 'openpanel', at - interval '200 s', at, at - interval '200 s', at,
            0, 0, 0, 0, 0, 0, 0, 0, false, 'device-' || n % 20000,
            case when n % 2 = 0 then 'user-' || n % 5000 end,
            at - interval '200 s', at, at - interval '200 s', at, 200
          from made
          """,
          project);
      return handle.execute(
          """
          insert into event (
            project_id, id, at, received_at, name, session_id, device_id, profile_id, path, origin,
            country, os, browser, device, sdk_name, sdk_version, properties)
          select
            ?, row_number() over (), at - k * interval '1 s', at - k * interval '1 s',
            case when (n * 200 + k) % 100000 = 7 then 'rare'
              when k % 3 = 0 then 'screen_view' else 'event_' || (n + k) % 40 end,
            id, 'device-' || n % 20000,
            case when n % 2 = 0 then 'user-' || n % 5000 else 'device-' || n % 20000 end,
            '/product/' || (n * 7 + k * 13) % 1000, 'https://shop.example.com', 'DE', 'Windows',
            'Chrome', 'desktop', 'web', '1.0.0',
            '{"__title":"A product","plan":"free","position":"' || k || '"}'
          from (select * from made order by n desc) made, generate_series(199, 0, -1) k
          """,
          project);
    });
  }
}

package dev.backspool.recording;

import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Measures the list of sessions where a project has 50,000 of them, with 150,000 pages and 600,000
 * chunks, next to a second project as large. Run it by hand: {@code mvn -q test-compile} and then
 * this class, or as a test by its name. Argument: how many sessions.
 */
public final class SessionListSpeed {
  private static final int ROUNDS = 40;

  private SessionListSpeed() {}

  public static void main(String[] arguments) {
    int sessions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50_000;
    try (Database database = TestPostgres.freshDatabase().open()) {
      var projects = new Projects(database);
      UUID ours = projects.create("Ours", "web").project().id();
      UUID theirs = projects.create("Theirs", "web").project().id();
      fill(database, ours, sessions);
      fill(database, theirs, sessions);
      database.own(handle -> handle.execute("analyze"));
      measure(database, projects, ours);
    }
  }

  private static void measure(Database database, Projects projects, UUID project) {
    var sessions = new Sessions(database);
    SessionFilter all = SessionFilter.ALL;
    time("no filter", () -> sessions.page(project, all, null, 50));
    Cursor<UUID> middle = middle(database, project);
    time("from the middle on", () -> sessions.page(project, all, middle, 50));
    Instant now = Instant.now();
    time(
        "last 24 h",
        () ->
            sessions.page(
                project,
                new SessionFilter(
                    now.minus(Duration.ofDays(1)),
                    now,
                    null,
                    null,
                    null,
                    null,
                    null,
                    false,
                    false,
                    null,
                    null,
                    null,
                    null),
                null,
                50));
    for (String url :
        new String[] {"example.com", "product/777", "product/4242", "zzz", "a/", "%"}) {
      time(
          "url has \"" + url + "\"",
          () ->
              sessions.page(
                  project,
                  new SessionFilter(
                      null, null, null, null, null, null, url, false, false, null, null, null,
                      null),
                  null,
                  50));
    }
    for (String person : new String[] {"user-77", "person 4999", "nobody"}) {
      time(
          "profile \"" + person + "\"",
          () ->
              sessions.page(
                  project,
                  new SessionFilter(
                      null, null, person, null, null, null, null, false, false, null, null, null,
                      null),
                  null,
                  50));
    }
    time(
        "errors, over 10 min, 100 events",
        () ->
            sessions.page(
                project,
                new SessionFilter(
                    null,
                    null,
                    null,
                    Duration.ofMinutes(10),
                    null,
                    100,
                    null,
                    true,
                    false,
                    null,
                    null,
                    null,
                    null),
                null,
                50));
    time(
        "live",
        () ->
            sessions.page(
                project,
                new SessionFilter(
                    null, null, null, null, null, null, null, false, true, null, null, null, null),
                null,
                50));
    time(
        "received in the last 30 s",
        () -> sessions.receivedSince(project, Instant.now().minusSeconds(30), 200));
    time("one session", () -> sessions.byId(project, middle.id()));
    time("what all projects recorded", projects::recorded);
    time("what one project recorded", () -> projects.recorded(project));
  }

  private static Cursor<UUID> middle(Database database, UUID project) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    "select last_event_at, id from session where project_id = :project order by last_event_at desc, id desc offset 25000 limit 1")
                .bind("project", project)
                .map((row, _) ->
                    new Cursor<>(
                        row.getObject(1, java.time.OffsetDateTime.class).toInstant(),
                        row.getObject(2, UUID.class)))
                .one());
  }

  private static void time(String what, Runnable work) {
    work.run();
    work.run();
    long[] micros = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      work.run();
      micros[i] = (System.nanoTime() - start) / 1_000;
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-36s p50 %6.1f ms   p95 %6.1f ms%n",
        what, micros[ROUNDS / 2] / 1e3, micros[ROUNDS * 95 / 100] / 1e3);
  }

  /** Sessions of the last 30 days, each with 3 pages and 12 chunks of 5 s. */
  static void fill(Database database, UUID project, int sessions) {
    database.own(handle -> {
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
            page_count, raw_bytes, stored_bytes, has_full_snapshot, user_agent, screen,
            profile_id, profile_name, profile_email)
          select
            ?, id, 's' || n, 'backspool', at - (1 + n % 20) * interval '1 min', at,
            at - (1 + n % 20) * interval '1 min', at, 12, 40 + n % 400, n % 30, n % 7,
            case when n % 25 = 0 then 1 else 0 end, 3, 1000000, 30000, true,
            'Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0', '1280x720', 'user-' || n % 5000,
            'Person ' || n % 5000, 'person' || n % 5000 || '@example.com'
          from made
          """,
          project);
      handle.execute("insert into tab select ?, id, 'main', 0, 12 from made", project);
      handle.execute(
          """
          insert into page (project_id, session_id, tab_id, at, href)
          select ?, id, 'main', at - k * interval '20 s',
            'https://shop.example.com/product/' || (n * 7 + k * 13) % 10000 || '?from=list'
          from made, generate_series(0, 2) k
          """,
          project);
      handle
          .createQuery(
              "select add_chunk_day((now() at time zone 'UTC')::date - d) from generate_series(0, 31) d")
          .mapTo(String.class)
          .list();
      handle.execute(
          """
          insert into chunk (
            project_id, session_id, id, tab_id, batch_id, ordinal, seq, received_at, first_at,
            last_at, event_count, user_events, raw_bytes, outline, payload)
          select ?, id, nextval('chunk_id'), 'main', n || '-' || k, k, k,
            at - k * interval '5 s', at - (k + 1) * interval '5 s', at - k * interval '5 s', 20,
            n % 9, 80000, '{}', ''
          from made, generate_series(0, 11) k
          """,
          project);
      return handle.execute("drop table made");
    });
  }
}

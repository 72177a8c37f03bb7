package dev.backspool.retention;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * Measures retention where a project has a million archived sessions of the last hundred days, with
 * two events and a page each: what the preview takes, what runs take, and how long uploads wait
 * meanwhile. Run it by hand, as {@code SessionListSpeed}. Argument: how many sessions.
 */
public final class RetentionSpeed {
  private static final int DAYS = 100;

  private RetentionSpeed() {}

  public static void main(String[] arguments) throws InterruptedException {
    int sessions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    var clock = new SettableClock(Instant.now());
    try (var server =
        TestServer.start(
            TestPostgres.freshDatabase(), Map.of("BACKSPOOL_ARCHIVE_AFTER", "P9999D"), clock)) {
      var shop = new Shop(server);
      long start = System.nanoTime();
      fill(server.server().postgres(), shop.id(), sessions);
      said("filled", start);
      uploads(shop, "nothing else going on", new AtomicBoolean(true), 300);
      for (int days : new int[] {DAYS - 1, DAYS - 10, 30}) {
        shop.keeps("{\"recording_days\": %1$d, \"event_days\": %1$d}".formatted(days));
        previewed(shop, days);
      }
      for (int days : new int[] {DAYS - 2, DAYS - 12}) {
        shop.keeps("{\"recording_days\": %1$d, \"event_days\": %1$d}".formatted(days));
        ran(server, shop, days);
      }
      shop.keeps("{\"recording_days\": 70, \"event_days\": 88}");
      ran(server, shop, 70);
      previewed(shop, 70);
    }
  }

  private static void previewed(Shop shop, int days) {
    shop.retention();
    long start = System.nanoTime();
    JsonNode next = shop.retention().get("next");
    said("preview, " + days + " days: " + next, start);
  }

  private static void ran(TestServer server, Shop shop, int days) throws InterruptedException {
    var running = new AtomicBoolean(true);
    Thread visitor =
        Thread.ofPlatform()
            .start(() -> uploads(shop, "during the run, " + days + " days", running, 0));
    long start = System.nanoTime();
    server.post(shop.path() + "/retention/run").admin().send();
    while (!shop.retention().get("running").isNull()) {
      Thread.sleep(200);
    }
    said("run, " + days + " days: " + shop.lastRun(), start);
    running.set(false);
    visitor.join();
  }

  /** One visitor who sends a chunk and then an event, again and again. */
  private static void uploads(Shop shop, String when, AtomicBoolean goOn, int most) {
    var waits =
        IntStream.iterate(0, i -> goOn.get() && (most == 0 || i < most), i -> i + 1)
            .mapToLong(i -> {
              long start = System.nanoTime();
              shop.upload("visitor-" + when.length(), "a");
              shop.tracked("visitor-" + when.length(), 1);
              return (System.nanoTime() - start) / 1_000;
            })
            .toArray();
    Arrays.sort(waits);
    System.out.printf(
        "chunk and event, %s: %d times, p50 %.1f ms, p99 %.1f ms, longest %.1f ms%n",
        when,
        waits.length,
        waits[waits.length / 2] / 1e3,
        waits[waits.length * 99 / 100] / 1e3,
        waits[waits.length - 1] / 1e3);
  }

  private static void said(String what, long start) {
    System.out.printf("%s: %d ms%n", what, Duration.ofNanos(System.nanoTime() - start).toMillis());
  }

  private static void fill(Database database, UUID project, int sessions) {
    database.own(handle -> {
      handle
          .createQuery(
              """
              select add_event_day((now() at time zone 'UTC')::date - d)
              from generate_series(0, 101) d
              """)
          .mapTo(String.class)
          .list();
      handle.execute("create temporary table made (n int, id uuid, at timestamptz)");
      handle.execute(
          """
          insert into made
          select n, gen_random_uuid(), now() - n * interval '100 days' / ?
          from generate_series(1, ?) n
          """,
          sessions,
          sessions);
      handle.execute(
          """
          insert into session (
            project_id, id, name, source, started_at, last_event_at, first_received_at,
            last_received_at, chunk_count, event_count, click_count, input_count, error_count,
            page_count, raw_bytes, stored_bytes, has_full_snapshot, tracked_from, tracked_until,
            tracked_count, part_count, device_id)
          select ?, id, 's' || n, 'backspool', at - interval '5 min', at, at - interval '5 min',
            at, 12, 400, 30, 7, 0, 1, 1000000, 30000, true, at - interval '5 min', at, 2, 1,
            md5(n::text)
          from made
          """,
          project);
      handle.execute("insert into tab select ?, id, 'main', 0, 12 from made", project);
      handle.execute(
          """
          insert into page (project_id, session_id, tab_id, at, href)
          select ?, id, 'main', at, 'https://shop.example.com/product/' || n % 10000 from made
          """,
          project);
      handle.execute(
          """
          insert into recording_part
          select ?, id, 'recordings/2026-01-01/' || md5(n::text) || '.bksp', 30000, 1000000, 30000,
            12, 400, at - interval '5 min', at, array_fill(1, array[32]), '\\x00'
          from made
          """,
          project);
      handle.execute(
          """
          insert into event (project_id, id, at, received_at, name, session_id, device_id, properties)
          select ?, n * 2 + k, at - k * interval '5 min', at - k * interval '5 min',
            'screen_view', id, md5(n::text), '{"__title":"A page of the shop"}'
          from made, generate_series(0, 1) k
          """,
          project);
      handle.execute("drop table made");
      return handle.execute("analyze");
    });
  }
}

package dev.backspool.erasure;

import static dev.backspool.erasure.Shop.event;
import static dev.backspool.erasure.Shop.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Erasing while others write, and erasures that are held up. */
final class ErasureRaceTest {
  private static final String ADA = "customer-ada-4711";

  private Shop shop;

  @BeforeEach
  void start() {
    shop = new Shop();
  }

  @AfterEach
  void stop() {
    shop.close();
  }

  /** Holds what every commit of the project needs last, so that commits stay under way. */
  private Connection holdUpCommits() throws Exception {
    shop.recorded("sess_first", "https://shop.example.com/", "x", ""); // makes the day's row
    Connection connection = shop.server.server().postgres().writer();
    try (var statement = connection.createStatement()) {
      statement.execute(
          "select 1 from usage where project_id = '" + shop.project.id() + "' for update");
    }
    return connection;
  }

  @Test
  void a_batch_and_events_in_flight_leave_no_row() throws Exception {
    UUID session =
        shop.recorded("sess_ada", "https://shop.example.com/", "x", "&profile_id=" + ADA);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection held = holdUpCommits()) {
      // A chunk in a known session, one in a session that nobody sees yet, and events.
      Future<TestServer.Answer> known =
          threads.submit(() -> shop.record("sess_ada", "https://shop.example.com/", "x", ""));
      Future<TestServer.Answer> fresh =
          threads.submit(() ->
              shop.record("sess_new", "https://shop.example.com/", "x", "&profile_id=" + ADA));
      Future<TestServer.Answer> events =
          threads.submit(() -> shop.send("sess_event", "d", ADA, List.of(event("order"))));
      Shop.until(() -> waitingForUsage() >= 2);

      Future<TestServer.Answer> erasing = threads.submit(() -> shop.eraseProfile(ADA));
      Shop.until(() -> shop.count("tombstone") > 0);
      assertNotDone(erasing);
      assertThat(shop.count("session", "id = '" + session + "'")).isOne();
      held.rollback();

      assertThat(List.of(known.get().status(), fresh.get().status(), events.get().status()))
          .allMatch(status -> status == 200 || status == 410)
          .contains(200);
      receipt(erasing.get());
    }

    assertNothingIsLeft("name <> 'sess_first'");
    for (String later : List.of("sess_ada", "sess_new")) {
      int status =
          shop.record(later, "https://shop.example.com/", "x", "&profile_id=" + ADA).status();
      assertThat(status).isEqualTo(410);
    }
  }

  /** Group commits that stand before their last statement. */
  private long waitingForUsage() {
    return shop.server.count(
        """
        select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
        """);
  }

  private static void assertNotDone(Future<?> future) throws Exception {
    try {
      Object answer = future.get(500, TimeUnit.MILLISECONDS);
      throw new AssertionError("it did not wait: " + answer);
    } catch (TimeoutException waiting) {
      // As it should be.
    }
  }

  private void assertNothingIsLeft(String sessions) {
    assertThat(shop.count("session", sessions)).isZero();
    assertThat(shop.count("profile")).isZero();
    assertThat(shop.count("event")).isZero();
    for (String table : List.of("chunk", "page", "tab", "receipt", "open_session")) {
      String orphans =
          "session_id not in (select id from session where project_id = '%s')"
              .formatted(shop.project.id());
      assertThat(shop.count(table, orphans)).as(table).isZero();
    }
    assertThat(shop.count("erasure_task")).isZero();
  }

  @Test
  void many_writers_at_the_same_time_leave_nothing() throws Exception {
    int writers = 12;
    var going = new AtomicBoolean(true);
    var sent = new AtomicInteger();
    var statuses = new ConcurrentLinkedQueue<Integer>();
    shop.recorded("sess_ada", "https://shop.example.com/", "x", "&profile_id=" + ADA);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<Future<?>>();
      for (int i = 0; i < writers; i++) {
        int writer = i;
        running.add(
            threads.submit(() -> {
              for (int n = 0; going.get(); n++) {
                String session = "sess_" + writer + "_" + n / 3;
                TestServer.Answer answer =
                    switch (writer % 4) {
                      case 0 ->
                          shop.record(session, "https://a.example/", "x", "&profile_id=" + ADA);
                      case 1 -> shop.send(session, "d" + writer, ADA, List.of(event("order")));
                      case 2 -> shop.record("sess_ada", "https://a.example/", "x", "");
                      default -> shop.track("own-" + writer, "order", ADA, null);
                    };
                statuses.add(answer.status());
                sent.incrementAndGet();
              }
              return writer;
            }));
      }
      try {
        Shop.until(() -> sent.get() > 20 * writers);
        receipt(shop.eraseProfile(ADA));
        int atTheEnd = sent.get();
        assertNothingIsLeft("true");
        Shop.until(() -> sent.get() > atTheEnd + 5 * writers);
      } finally {
        going.set(false);
      }
      for (Future<?> each : running) {
        each.get();
      }
    }

    assertNothingIsLeft("true");
    assertThat(statuses).contains(200).containsAnyOf(410, 202).doesNotContain(500, 503);
  }

  @Test
  void an_erasure_that_is_held_up_says_so_and_ends_by_itself() throws Exception {
    UUID session = shop.recorded("sess_ada", "https://a.example/", "x", "&profile_id=" + ADA);
    Connection writer = shop.server.server().postgres().writer();
    try (var statement = writer.createStatement()) {
      statement.execute("lock table tombstone in row share mode");
    }
    TestServer.Answer late = shop.eraseSession(session);

    assertThat(late.status()).as(late.body()).isEqualTo(503);
    assertThat(late.header("Retry-After")).isNotEmpty();
    assertThat(late.json().get("detail").asString()).contains("goes on");
    String receipt = late.header("Location");
    assertThat(shop.server.get(receipt).admin().send().json().get("state").asString())
        .isEqualTo("removing_rows");
    assertThat(shop.server.call("DELETE", receipt + "/tombstones").admin().send().status())
        .isEqualTo(409);
    assertThat(shop.record("sess_ada", "https://a.example/", "x", "").status()).isEqualTo(410);

    writer.rollback();
    writer.close();
    assertThat(receipt(shop.eraseSession(session)).get("id").asString())
        .isEqualTo(receipt.substring(receipt.lastIndexOf('/') + 1));
    assertNothingIsLeft("true");
  }

  @Test
  void a_hundred_thousand_events_go_in_small_steps_while_others_are_stored() throws Exception {
    UUID session = shop.tracked("phone", "order", ADA, null);
    shop.server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into event (project_id, id, at, received_at, name, session_id, device_id,
                  profile_id, properties)
                select '%s', n, now(), now(), 'order', '%s', 'phone', '%s', '{"note":"x"}'
                from generate_series(1, 100000) n
                """
                    .formatted(shop.project.id(), session, ADA)));
    var slowest = new ArrayList<Long>();
    long began = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<TestServer.Answer> erasing = threads.submit(() -> shop.eraseProfile(ADA));
      int n = 0;
      while (!erasing.isDone() || n == 0) {
        long before = System.nanoTime();
        shop.recorded("sess_" + n++, "https://a.example/", "x", "");
        shop.tracked("tablet", "view", null, null);
        slowest.add((System.nanoTime() - before) / 1_000_000);
      }
      assertThat(receipt(erasing.get()).at("/removed/events").asInt()).isEqualTo(100_002);
      assertThat(n).isGreaterThan(1);
    }
    System.out.printf(
        "100,000 events erased in %d ms; beside it %d times a chunk and an event, %d ms at most%n",
        (System.nanoTime() - began) / 1_000_000,
        slowest.size(),
        slowest.stream().mapToLong(Long::longValue).max().orElse(0));
    assertThat(shop.count("event", "device_id = 'phone'")).isZero();
    assertThat(shop.count("event", "device_id = 'tablet'")).isPositive();
  }

  @Test
  void an_erasure_that_its_node_has_left_is_finished_by_another() throws Exception {
    UUID session = shop.recorded("sess_ada", "https://a.example/", "x", "&profile_id=" + ADA);
    UUID erasure = UUID.randomUUID();
    shop.server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute(
              "insert into erasure_secret (project_id, secret) values (?, ?)",
              shop.project.id(),
              new byte[32]);
          handle.execute(
              """
              insert into erasure (project_id, id, kind, subject, requested_at)
              values (?, ?, 'profile', ?, now() - interval '2 minutes')
              """,
              shop.project.id(),
              erasure,
              new byte[] {1});
          return handle.execute(
              """
              insert into erasure_task (project_id, erasure_id, kind, value)
              values (?, ?, 'profile', ?)
              """,
              shop.project.id(),
              erasure,
              ADA);
        });

    Shop.until(() -> shop.count("erasure", "rows_removed_at is not null") == 1);

    assertThat(shop.count("session", "id = '" + session + "'")).isZero();
    assertNothingIsLeft("true");
  }
}

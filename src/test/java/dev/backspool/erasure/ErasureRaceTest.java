package dev.backspool.erasure;

import static dev.backspool.erasure.Shop.event;
import static dev.backspool.erasure.Shop.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.eventday.DayArchive;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.server.TestServer;
import dev.backspool.session.Mark;
import java.sql.Connection;
import java.time.InstantSource;
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
      Shop.until(() -> waitingForLocks() >= 2);

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

  /** Statements that wait for what others hold. */
  private long waitingForLocks() {
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
  void who_waits_for_the_opener_of_an_erased_session_opens_no_other() throws Exception {
    UUID session = shop.recorded("sess_ada", "https://a.example/", "x", "&profile_id=" + ADA);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection held = shop.server.server().postgres().writer()) {
      try (var statement = held.createStatement()) {
        statement.execute(
            "select 1 from open_session where session_id = '" + session + "' for update");
      }
      Future<TestServer.Answer> erasing = threads.submit(() -> shop.eraseProfile(ADA));
      Shop.until(() -> waitingForLocks() == 1);
      // They began before the tombstone of their session was there, and name nobody.
      Future<TestServer.Answer> chunk =
          threads.submit(() -> shop.record("sess_ada", "https://a.example/", "x", ""));
      Future<TestServer.Answer> events =
          threads.submit(() -> shop.send("sess_ada", "d", null, List.of(event("order"))));
      Shop.until(() -> waitingForLocks() == 3);
      held.rollback();

      receipt(erasing.get());
      assertThat(List.of(chunk.get().status(), events.get().status())).containsOnly(410);
    }
    assertNothingIsLeft("true");
  }

  @Test
  void who_comes_too_late_to_an_erasure_writes_nothing_down_and_removes_nothing() {
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    String id = receipt(shop.eraseProfile(ADA)).get("id").asString();
    String tombstones = shop.path() + "/erasures/" + id + "/tombstones";
    assertThat(shop.server.call("DELETE", tombstones).admin().send().status()).isEqualTo(204);
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    long events = shop.count("event");

    Database database = shop.server.server().postgres();
    var ledger = new Ledger(database);
    var late =
        new Going(
            UUID.fromString(id), Mark.profile(shop.project.id(), ADA), new byte[] {1, 2, 3, 4});
    try (Archives archives = shop.server.archives()) {
      var days =
          new DayArchive(
              database,
              archives,
              new DataKeys(database),
              true,
              shop.server.folder().resolve("tmp"),
              InstantSource.system());
      ArchivedDays.Search search =
          new ArchivedDays(database, days).search(late.subject(), () -> true);
      assertThatThrownBy(() -> new Belongings(database, ledger).look(late, search))
          .isInstanceOf(Finished.class);
      assertThatThrownBy(() -> new Removal(database, ledger).pass(late, search))
          .isInstanceOf(Finished.class);
    }

    assertThat(shop.count("erasure_task")).isZero();
    assertThat(shop.count("tombstone")).isZero();
    assertThat(shop.count("profile")).isOne();
    assertThat(shop.count("event")).isEqualTo(events);
  }

  @Test
  void a_table_that_cannot_be_vacuumed_is_not_noted_as_vacuumed() throws Exception {
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    receipt(shop.eraseProfile(ADA));
    shop.server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                update erasure set touched = array['a word too many', 'event_19990101', 'tab'],
                  vacuumed_at = null
                """));

    // A day that is gone has no dead rows.
    Shop.until(() -> shop.count("erasure", "touched = array['a word too many']") == 1);

    assertThat(shop.count("erasure", "vacuumed_at is null")).isOne();
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
      statement.execute("set local idle_in_transaction_session_timeout = 0");
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
    Shop.until(() ->
        shop.server.get(receipt).admin().send().json().get("state").asString().equals("done"));
    assertNothingIsLeft("true");
    assertThat(receipt(shop.eraseSession(session)).get("id").asString())
        .isEqualTo(receipt.substring(receipt.lastIndexOf('/') + 1));
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
    Shop other = Shop.on(shop.server);
    other.recorded("sess_ada", "https://a.example/", "x", "&profile_id=" + ADA);
    leave(other, 3, new byte[0]); // No key: it fails whenever it is tried.
    leave(shop, 2, new byte[32]);

    Shop.until(() -> shop.count("erasure", "rows_removed_at is not null") == 1);

    assertThat(shop.count("session", "id = '" + session + "'")).isZero();
    assertNothingIsLeft("true");
    assertThat(other.count("erasure", "rows_removed_at is null")).isOne();
  }

  /** Leaves an erasure of Ada that was begun some minutes ago. */
  private static void leave(Shop shop, int minutes, byte[] secret) {
    UUID erasure = UUID.randomUUID();
    shop.server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute(
              "insert into erasure_secret (project_id, secret) values (?, ?)",
              shop.project.id(),
              secret);
          handle.execute(
              """
              insert into erasure (project_id, id, kind, subject, requested_at)
              values (?, ?, 'profile', ?, now() - make_interval(mins => ?))
              """,
              shop.project.id(),
              erasure,
              new byte[] {1},
              minutes);
          return handle.execute(
              """
              insert into erasure_task (project_id, erasure_id, kind, value)
              values (?, ?, 'profile', ?)
              """,
              shop.project.id(),
              erasure,
              ADA);
        });
  }
}

package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What goes when its time has come, what stays, and that nothing is left half done. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class RetentionTest {
  /** The archiver stays out of it: each test says what is archived. */
  private static final Map<String, String> SETTINGS = Map.of("BACKSPOOL_ARCHIVE_AFTER", "P9999D");

  /** Day partitions are made by the real date. */
  private Instant noon;

  private SettableClock clock;
  private TestServer server;
  private Shop shop;

  @BeforeEach
  void start() {
    noon = Instant.now().truncatedTo(ChronoUnit.DAYS).plus(12, ChronoUnit.HOURS);
    clock = new SettableClock(noon);
    server = TestServer.start(TestPostgres.freshDatabase(), SETTINGS, clock);
    shop = new Shop(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Archive archive() {
    return Archive.open(new ArchiveUrl.Directory(server.folder().resolve("archive")), null);
  }

  private String archived(String name) {
    String session = shop.recorded(name);
    shop.archive(session, archive());
    return session;
  }

  /** Sessions end soon after their last event. */
  private void days(int days) {
    clock.advance(Duration.ofHours(3));
    server.server().events().closer().closeDue();
    clock.advance(Duration.ofDays(days).minusHours(3));
  }

  /** The daily run, at its time. */
  private void run() {
    clock.set(Instant.parse(shop.retention().get("next_run_at").asString()));
    server.server().retention().look();
  }

  private static void counts(JsonNode report, String... expected) {
    for (int i = 0; i < expected.length; i += 2) {
      assertThat(report.get(expected[i]).asString()).as(expected[i]).isEqualTo(expected[i + 1]);
    }
  }

  private String today(String table) {
    return table
        + "_"
        + LocalDate.ofInstant(noon, ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE);
  }

  private boolean isThere(String table) {
    return !server.column("select to_regclass('" + table + "')::text").contains(null);
  }

  /** Objects that neither a recording names nor the list of those to be deleted. */
  private List<String> unreachable() throws IOException {
    List<String> named =
        server.column(
            """
            select project_id || '/' || object from recording_part
            union all select project_id || '/' || object from doomed_object
            """);
    return objects().stream().filter(name -> !named.contains(name)).toList();
  }

  /** What lies in the archive. */
  private List<String> objects() throws IOException {
    Path archive = server.folder().resolve("archive");
    if (!Files.exists(archive)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(archive)) {
      return files
          .map(file -> archive.relativize(file).toString())
          .filter(name -> name.endsWith(".bksp"))
          .toList();
    }
  }

  @Test
  void an_expired_recording_goes_with_its_rows_and_its_object() throws IOException {
    String old = archived("old");
    String waiting = shop.recorded("waiting");
    shop.archive(shop.recorded("archived-too"), archive());
    assertThat(shop.keeps("{\"recording_days\": 30}").status()).isEqualTo(200);
    days(29);
    run();
    assertThat(shop.has(old)).isTrue();
    assertThat(shop.rows("recording_part")).isEqualTo(2);
    counts(shop.lastRun(), "recordings", "0", "sessions", "0");

    days(3);
    run();

    assertThat(shop.has(old)).isFalse();
    assertThat(shop.has(waiting)).isFalse();
    for (String table : List.of("session", "tab", "page", "chunk", "recording_part")) {
      assertThat(shop.rows(table)).as(table).isZero();
    }
    assertThat(unreachable()).isEmpty();
    counts(shop.lastRun(), "recordings", "3", "objects", "2", "sessions", "3", "events", "0");
    assertThat(shop.lastRun().get("bytes").asLong()).isPositive();
    assertThat(shop.lastRun().get("error").isNull()).isTrue();
  }

  @Test
  void what_the_archiver_archived_leaves_the_archive_empty_when_it_expires() throws Exception {
    server.close();
    server = TestServer.start(TestPostgres.freshDatabase(), Map.of(), clock);
    shop = new Shop(server);
    String session = shop.recorded("s");
    shop.tracked("s", 3);
    String recording = shop.recording(session);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    days(2);
    server.server().archiver().archiveDue();
    assertThat(shop.rows("chunk")).isZero();
    assertThat(shop.recording(session)).isEqualTo(recording);
    assertThat(objects()).hasSize(1);

    days(10);
    run();
    server.server().archiver().doomed().deleteDue();
    assertThat(shop.has(session)).isFalse();
    assertThat(objects()).isEmpty();
    assertThat(server.count("select count(*) from doomed_object")).isZero();
    counts(shop.lastRun(), "recordings", "1", "objects", "1", "sessions", "1", "events", "5");
  }

  @Test
  void recordings_and_events_are_kept_apart() {
    String session = archived("s");
    assertThat(shop.tracked("s", 5)).isEqualTo(session);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 20}");
    days(12);
    run();

    JsonNode left = shop.session(session);
    assertThat(left.get("has_recording").asBoolean()).isFalse();
    assertThat(left.get("event_count").asInt()).isZero();
    assertThat(left.get("tracked_count").asInt()).isEqualTo(5);
    assertThat(left.get("tab_count").asInt()).isZero();
    assertThat(shop.recording(session)).isEmpty();
    assertThat(shop.events(session)).isEqualTo(7);
    assertThat(shop.rows("recording_part")).isZero();
    counts(shop.lastRun(), "recordings", "1", "objects", "1", "sessions", "0", "events", "0");

    days(10);
    run();
    assertThat(shop.has(session)).isFalse();
    assertThat(shop.rows("event")).isZero();
    counts(shop.lastRun(), "recordings", "0", "objects", "0", "sessions", "1", "events", "7");
  }

  @Test
  void a_recording_outlives_the_events_of_its_session() {
    String session = archived("s");
    shop.tracked("s", 5);
    String recording = shop.recording(session);
    shop.keeps("{\"recording_days\": 20, \"event_days\": 10}");
    days(12);
    run();

    assertThat(shop.session(session).get("tracked_count").asInt()).isZero();
    assertThat(shop.session(session).get("tracked_from").isNull()).isTrue();
    assertThat(shop.events(session)).isZero();
    assertThat(shop.rows("event")).isZero();
    assertThat(shop.recording(session)).isEqualTo(recording).isNotEmpty();
    counts(shop.lastRun(), "recordings", "0", "sessions", "0", "events", "7");

    days(10);
    run();
    assertThat(shop.has(session)).isFalse();
  }

  @Test
  void all_events_of_a_session_go_at_once_though_it_lasted_past_midnight() {
    clock.set(noon.plus(Duration.ofMinutes(11 * 60 + 50)));
    String session = shop.tracked("night", 3);
    clock.advance(Duration.ofMinutes(20));
    assertThat(shop.tracked("night", 4)).isEqualTo(session);
    String morning = shop.tracked("morning", 2);
    clock.advance(Duration.ofHours(2));
    server.server().events().closer().closeDue();
    assertThat(shop.events(session)).isEqualTo(9);
    shop.keeps("{\"event_days\": 30}");

    clock.set(noon.plus(Duration.ofDays(31)));
    JsonNode next = shop.retention().get("next");
    server.server().retention().look();

    assertThat(shop.has(session)).isFalse();
    assertThat(server.count("select count(*) from event where session_id = '" + session + "'"))
        .isZero();
    assertThat(shop.events(morning)).isEqualTo(4);
    counts(shop.lastRun(), "sessions", "1", "events", "9");
    counts(next, "sessions", "1", "events", "9");
  }

  @Test
  void a_day_of_events_is_dropped_whole_and_the_disk_gets_its_room_back() throws IOException {
    String session = shop.tracked("s", 1);
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into event (project_id, id, at, received_at, name, session_id, properties)
                select project_id, 1000000 + n, at, received_at, name, session_id,
                  (select string_agg(md5(n::text || i), '') from generate_series(1, 10) i)
                from event, generate_series(1, 20000) n where name = 'bought'
                """));
    String recorded = shop.recorded("r");
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                update chunk set payload = decode(repeat(md5(random()::text), 100000), 'hex')
                where session_id = cast(? as uuid)
                """,
                recorded));
    long before = server.count("select pg_database_size(current_database())");
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    days(12);
    run();

    assertThat(shop.has(session)).isFalse();
    assertThat(isThere(today("event"))).isFalse();
    assertThat(isThere(today("chunk"))).isFalse();
    counts(shop.lastRun(), "events", "20003");
    long after = server.count("select pg_database_size(current_database())");
    assertThat(before - after).isGreaterThan(10 << 20);
  }

  @Test
  void a_kept_session_survives_with_its_events_though_their_day_is_dropped() {
    String kept = archived("kept");
    shop.tracked("kept", 5);
    String other = shop.recorded("other");
    shop.tracked("other", 5);
    String recording = shop.recording(kept);
    shop.keep(kept);
    assertThat(shop.session(kept).get("kept_at").asString()).isEqualTo(clock.instant().toString());
    assertThat(shop.session(other).get("kept_at").isNull()).isTrue();
    assertThat(kept("true")).containsExactly(kept);
    assertThat(kept("false")).containsExactly(other);
    assertThat(kept("any")).containsExactlyInAnyOrder(kept, other);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10, \"kept_days\": 100}");
    days(12);
    run();

    assertThat(isThere(today("event"))).isFalse();
    assertThat(shop.has(other)).isFalse();
    assertThat(shop.events(kept)).isEqualTo(7);
    assertThat(shop.recording(kept)).isEqualTo(recording);
    assertThat(shop.rows("event_default")).isEqualTo(7);
    counts(shop.lastRun(), "recordings", "1", "sessions", "1", "events", "7");

    days(90);
    run();
    assertThat(shop.has(kept)).isFalse();
    assertThat(shop.rows("event")).isZero();
    assertThat(shop.rows("recording_part")).isZero();
    counts(shop.lastRun(), "recordings", "1", "objects", "1", "sessions", "1", "events", "7");
  }

  private List<String> kept(String which) {
    return shop.get("/sessions?kept=" + which)
        .json()
        .get("sessions")
        .valueStream()
        .map(session -> session.get("id").asString())
        .toList();
  }

  @Test
  void a_session_that_is_kept_no_longer_goes_with_the_next_run() {
    String session = archived("s");
    shop.tracked("s", 5);
    shop.keep(session);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    days(500);
    run();
    assertThat(shop.events(session)).isEqualTo(7);

    shop.release(session);
    JsonNode next = shop.retention().get("next");
    counts(next, "recordings", "1", "objects", "1", "sessions", "1", "events", "7");
    run();
    assertThat(shop.has(session)).isFalse();
    assertThat(shop.rows("event")).isZero();
  }

  @Test
  void a_project_without_limits_loses_nothing() throws IOException {
    var archives = new Shop(server);
    String session = archives.recorded("s");
    archives.tracked("s", 5);
    archives.archive(archives.recorded("t"), archive());
    String gone = shop.recorded("s");
    shop.tracked("s", 5);
    shop.keeps("{\"recording_days\": 1, \"event_days\": 1}");
    days(5_000);
    run();

    assertThat(shop.has(gone)).isFalse();
    assertThat(shop.rows("event")).isZero();
    assertThat(isThere(today("event"))).isTrue();
    assertThat(archives.events(session)).isEqualTo(7);
    assertThat(archives.rows("session")).isEqualTo(2);
    assertThat(archives.rows("recording_part")).isOne();
    assertThat(archives.rows("chunk")).isEqualTo(2);
    assertThat(archives.retention().get("runs").size()).isZero();
    counts(
        archives.retention().get("next"),
        "recordings",
        "0",
        "objects",
        "0",
        "bytes",
        "0",
        "sessions",
        "0",
        "events",
        "0");
    assertThat(unreachable()).isEmpty();
  }

  @Test
  void the_preview_is_what_the_run_then_removes() {
    for (int i = 0; i < 7; i++) {
      archived("archived-" + i);
    }
    for (int i = 0; i < 5; i++) {
      shop.recorded("recorded-" + i);
      shop.tracked("recorded-" + i, i + 1);
    }
    shop.tracked("tracked", 8);
    shop.keep(shop.tracked("recorded-3", 2));
    days(1);
    shop.tracked("later", 3);
    shop.keeps("{\"recording_days\": 3, \"event_days\": 3}");
    for (int day = 0; day < 5; day++) {
      JsonNode next = shop.retention().get("next");
      run();
      JsonNode done = shop.lastRun();
      for (String count : List.of("recordings", "objects", "bytes", "sessions", "events")) {
        assertThat(done.get(count).asLong()).as(count).isEqualTo(next.get(count).asLong());
      }
    }
    assertThat(shop.rows("session")).isOne();
    assertThat(shop.rows("event")).isEqualTo(8);
    assertThat(
            server.column(
                "select concat_ws(' ', sum(recordings), sum(objects), sum(sessions))"
                    + " from retention_run where project_id is not null"))
        .containsExactly("11 7 13");
  }

  @Test
  void a_run_on_demand_is_for_one_project_and_one_at_a_time() throws Exception {
    var other = new Shop(server);
    String others = other.recorded("s");
    other.tracked("s", 3);
    other.keeps("{\"recording_days\": 1, \"event_days\": 1}");
    String session = shop.recorded("s");
    shop.tracked("s", 3);
    shop.keeps("{\"recording_days\": 1, \"event_days\": 1}");
    days(4);

    var started = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    server
        .server()
        .retention()
        .witness(_ -> {
          started.countDown();
          await(goOn);
        });
    assertThat(server.post(shop.path() + "/retention/run").admin().send().status()).isEqualTo(202);
    await(started);
    var refused = server.post(other.path() + "/retention/run").admin().send();
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().get("code").asString()).isEqualTo("retention_running");
    JsonNode running = shop.retention().get("running");
    assertThat(running.get("step").asString()).isEqualTo("recordings");
    assertThat(running.get("total").asInt()).isOne();
    assertThat(running.get("started_at").asString()).isEqualTo(clock.instant().toString());
    assertThat(other.retention().get("running").get("step").asString()).isEqualTo("other_projects");
    assertThat(server.get("/metrics").admin().send().body())
        .contains("backspool_retention_running 1\n");
    goOn.countDown();
    while (!shop.retention().get("running").isNull()) {
      Thread.sleep(10);
    }

    assertThat(shop.has(session)).isFalse();
    assertThat(shop.rows("event")).isZero();
    counts(shop.lastRun(), "recordings", "1", "sessions", "1", "events", "5");
    assertThat(other.has(others)).isTrue();
    assertThat(other.events(others)).isEqualTo(5);
    assertThat(server.get("/metrics").admin().send().body())
        .contains("backspool_retention_sessions_total 1\n")
        .contains("backspool_retention_events_total 5\n")
        .contains("backspool_retention_running 0\n")
        .doesNotContain("backspool_retention_last_run_age_seconds ");

    run();
    assertThat(other.has(others)).isFalse();
    assertThat(server.get("/metrics").admin().send().body())
        .contains("backspool_retention_last_run_age_seconds 0\n");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void a_receipt_lives_longer_than_any_retry_and_not_for_ever() {
    String session = shop.batch("s", "once").json().get("session_id").asString();
    shop.tracked("s", 1);
    shop.keeps("{\"recording_days\": 1, \"event_days\": 1}");
    days(9);
    run();
    assertThat(shop.has(session)).isFalse();
    assertThat(shop.rows("event_key")).isOne();
    assertThat(shop.rows("open_session")).isOne();
    var again = shop.batch("s", "once").json();
    assertThat(again.get("deduped").asBoolean()).isTrue();
    assertThat(again.get("session_id").asString()).isEqualTo(session);

    days(2);
    run();
    assertThat(shop.rows("event_key")).isZero();
    assertThat(shop.batch("s", "once").json().get("deduped").asBoolean()).isTrue();

    days(20);
    run();
    assertThat(shop.rows("receipt")).isZero();
    assertThat(shop.rows("open_session")).isZero();
    assertThat(shop.rows("usage")).isOne();
    days(400);
    run();
    assertThat(shop.rows("usage")).isZero();
  }

  @Test
  void what_comes_to_a_session_whose_recording_expired_makes_a_new_one() {
    String session = shop.recorded("s");
    shop.tracked("s", 1);
    shop.keeps("{\"recording_days\": 5}");
    days(7);
    run();
    assertThat(shop.session(session).get("has_recording").asBoolean()).isFalse();

    // The clock of recordings is the real one, for which the session goes on.
    assertThat(shop.upload("s", "c")).isEqualTo(session);
    JsonNode again = shop.session(session);
    assertThat(again.get("has_recording").asBoolean()).isTrue();
    assertThat(again.get("chunk_count").asInt()).isOne();
    assertThat(again.get("tab_count").asInt()).isOne();
    assertThat(shop.recording(session).lines().count()).isEqualTo(3);
  }

  @Test
  void a_day_that_somebody_reads_is_dropped_later_and_uploads_go_on() throws Exception {
    shop.recorded("s");
    shop.tracked("s", 5);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    days(12);
    var goOn = new CountDownLatch(1);
    var reading = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader =
          threads.submit(() ->
              server
                  .server()
                  .postgres()
                  .own(handle -> {
                    handle.execute("lock table event in access share mode");
                    reading.countDown();
                    await(goOn);
                    return 0;
                  }));
      await(reading);
      Future<?> run = threads.submit(this::run);
      int uploads = 0;
      while (!run.isDone()) {
        shop.upload("later-" + uploads, "a");
        shop.tracked("later-" + uploads++, 1);
      }
      run.get();
      assertThat(uploads).isGreaterThan(10);
      assertThat(isThere(today("event"))).isTrue();
      assertThat(server.column("select error from retention_run where project_id is null"))
          .singleElement()
          .asString()
          .startsWith("In use all the time, dropped later: " + today("event"));
      goOn.countDown();
      reader.get();
    }

    clock.advance(Duration.ofMinutes(59));
    server.server().retention().look();
    assertThat(isThere(today("event"))).isTrue();
    clock.advance(Duration.ofMinutes(2));
    server.server().retention().look();
    assertThat(isThere(today("event"))).isFalse();
  }

  /** Has something done once, at the first such moment of a run. */
  private void at(String moment, Runnable work) {
    var done = new AtomicBoolean();
    server
        .server()
        .retention()
        .witness(now -> {
          if (now.equals(moment) && !done.getAndSet(true)) {
            work.run();
          }
        });
  }

  @Test
  void a_day_that_gets_somebody_elses_events_while_it_is_dropped_stays_with_them() {
    var archives = new Shop(server);
    shop.tracked("s", 5);
    shop.keeps("{\"event_days\": 10}");
    days(12);
    at(
        "before a drop",
        () ->
            server
                .server()
                .postgres()
                .own(handle ->
                    handle.execute(
                        """
                        insert into event (project_id, id, at, received_at, name, properties)
                        select ?, n, cast(? as timestamptz), cast(? as timestamptz), 'moved', '{}'
                        from generate_series(1, 3) n
                        """,
                        archives.id(),
                        noon.toString(),
                        noon.toString())));
    run();

    assertThat(archives.rows("event")).isEqualTo(3);
    assertThat(shop.rows("event")).isZero();
    assertThat(isThere(today("event"))).isTrue();
    counts(shop.lastRun(), "events", "7", "sessions", "1");
    assertThat(shop.lastRun().get("error").isNull()).isTrue();
  }

  @Test
  void what_is_kept_longer_since_a_run_began_is_not_removed_by_it() {
    String gone = shop.recorded("s");
    shop.tracked("s", 5);
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    var other = new Shop(server);
    String kept = other.recorded("s");
    other.tracked("s", 5);
    other.keeps("{\"recording_days\": 10, \"event_days\": 10}");
    days(12);
    at("after a commit", () -> other.keeps("{\"recording_days\": null, \"event_days\": null}"));
    run();

    assertThat(shop.has(gone)).isFalse();
    assertThat(shop.rows("event")).isZero();
    assertThat(other.session(kept).get("has_recording").asBoolean()).isTrue();
    assertThat(other.events(kept)).isEqualTo(7);
  }

  @Test
  void a_day_that_is_kept_longer_since_a_run_began_is_not_dropped() {
    shop.tracked("s", 5);
    shop.keeps("{\"event_days\": 10}");
    days(12);
    at("before a drop", () -> shop.keeps("{\"event_days\": null}"));
    run();

    assertThat(isThere(today("event"))).isTrue();
    assertThat(shop.rows("event")).isEqualTo(7);
    counts(shop.lastRun(), "events", "0");
  }

  @Test
  void events_that_stay_make_no_step_longer() {
    String kept = shop.tracked("kept", 1);
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into event (project_id, id, at, received_at, name, session_id, properties)
                select ?, 1000000 + n, '2020-01-01Z', '2020-01-01Z'::timestamptz + n * interval '1 s',
                  'old', case when n <= 12000 then cast(? as uuid) end, '{}'
                from generate_series(1, 12100) n
                """,
                shop.id(),
                kept));
    var slices =
        new Slices(
            "event_default",
            "received_at",
            "project_id = :project",
            "session_id is not null",
            Map.of("project", shop.id()),
            () -> noon);
    var deleted = new ArrayList<Integer>();
    while (!slices.isDone()) {
      deleted.add(server.server().postgres().write(slices::deleteNext));
    }
    assertThat(deleted).containsExactly(0, 0, 100);
  }

  private long waitingForLocks() {
    return server.count(
        """
        select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
        """);
  }

  private void awaitWaiting(int statements) throws InterruptedException {
    Instant givenUpAt = Instant.now().plusSeconds(30);
    while (waitingForLocks() < statements) {
      assertThat(Instant.now()).isBefore(givenUpAt);
      Thread.sleep(20);
    }
  }

  @Test
  void an_erasure_and_a_run_wait_for_each_other_in_one_order() throws Exception {
    String session = shop.recorded("s");
    shop.keeps("{\"recording_days\": 1}");
    days(4);
    long deadlocks = deadlocks();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection held = server.server().postgres().writer()) {
      try (var statement = held.createStatement()) {
        statement.execute("select 1 from session for update");
      }
      Future<TestServer.Answer> erasing =
          threads.submit(
              () -> server.call("DELETE", shop.path() + "/sessions/" + session).admin().send());
      awaitWaiting(1);
      Future<?> run = threads.submit(this::run);
      awaitWaiting(2);
      held.rollback();
      assertThat(erasing.get().status()).isEqualTo(200);
      run.get();
    }
    assertThat(shop.has(session)).isFalse();
    assertThat(shop.lastRun().get("error").isNull()).isTrue();
    assertThat(deadlocks()).isEqualTo(deadlocks);
  }

  private long deadlocks() {
    return server.count(
        "select deadlocks from pg_stat_database where datname = current_database()");
  }
}

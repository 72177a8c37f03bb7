package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Runs that end in the middle, and several nodes. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class CrashedRetentionTest {
  @TempDir Path folder;

  private SettableClock clock;
  private TestPostgres.Address database;
  private TestServer server;
  private Map<String, String> settings;

  /** The process dies: nothing is caught, nothing is put right. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @BeforeEach
  void start() {
    clock =
        new SettableClock(Instant.now().truncatedTo(ChronoUnit.DAYS).plus(12, ChronoUnit.HOURS));
    database = TestPostgres.freshDatabase();
    settings =
        Map.of(
            "BACKSPOOL_ARCHIVE_AFTER",
            "P9999D",
            "BACKSPOOL_ARCHIVE_URL",
            "file:" + folder.resolve("archive"),
            "BACKSPOOL_COLD_ARCHIVE_URL",
            "file:" + folder.resolve("cold"));
    server = TestServer.start(database, settings, clock);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A project with old and new, hot and archived, kept and cold. */
  private Shop filled() {
    var shop = new Shop(server);
    Archive main = Archive.open(new ArchiveUrl.Directory(folder.resolve("archive")), null);
    for (int i = 0; i < 3; i++) {
      String session = shop.recorded("archived-" + i);
      shop.tracked("archived-" + i, 3);
      shop.archive(session, main);
      shop.recorded("hot-" + i);
      shop.tracked("events-" + i, 2);
    }
    String kept = shop.recorded("kept");
    shop.tracked("kept", 3);
    shop.archive(kept, main);
    shop.keep(kept);
    clock.advance(Duration.ofHours(3));
    server.server().events().closer().closeDue();
    shop.keeps("{\"recording_days\": 10, \"event_days\": 10, \"cold_after_days\": 5}");
    return shop;
  }

  /** What a member sees is whole: a session is there with all that it tells of, or it is not. */
  private void isWhole(Shop shop) throws Exception {
    for (JsonNode session : shop.get("/sessions?limit=200").json().get("sessions")) {
      String id = session.get("id").asString();
      if (session.get("has_recording").asBoolean()) {
        assertThat(shop.recording(id).lines().count()).isEqualTo(6);
        assertThat(session.get("tab_count").asInt()).isEqualTo(2);
        JsonNode index = shop.get("/sessions/" + id + "/recording").json();
        assertThat(index.get("verdict").get("state").asString()).isEqualTo("playable");
      } else {
        assertThat(session.get("tracked_count").asInt()).isPositive();
      }
      if (session.get("tracked_count").asInt() > 0) {
        assertThat(shop.events(id)).isEqualTo(session.get("tracked_count").asInt() + 2);
      }
    }
    List<String> named =
        server.column(
            """
            select cold || ' ' || project_id || '/' || object from recording_part
            union all select cold || ' ' || project_id || '/' || object from doomed_object
            """);
    assertThat(objects("archive")).allSatisfy(key -> assertThat(named).contains("false " + key));
    assertThat(objects("cold")).allSatisfy(key -> assertThat(named).contains("true " + key));
  }

  private List<String> objects(String archive) throws Exception {
    Path root = folder.resolve(archive);
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .filter(name -> name.endsWith(".bksp"))
          .toList();
    }
  }

  private void expireLease() {
    server
        .server()
        .postgres()
        .own(handle -> handle.execute("update job set leased_until = now() - interval '1 second'"));
  }

  /** Lets a run crash at one moment after the other, each time a little later. */
  private int crashUntilDone(Shop shop) throws Exception {
    int crashes = 0;
    while (true) {
      var left = new AtomicInteger(crashes % 8 + 1);
      server
          .server()
          .retention()
          .witness(_ -> {
            if (left.decrementAndGet() == 0) {
              throw new Crash();
            }
          });
      try {
        server.server().retention().look();
        return crashes;
      } catch (Crash crash) {
        crashes++;
        server.server().retention().witness(_ -> {});
        isWhole(shop);
        assertThat(crashes).isLessThan(100);
        expireLease();
        clock.advance(Duration.ofMinutes(61));
      }
    }
  }

  @Test
  void whatever_moment_a_run_crashes_at_nothing_is_seen_half_and_the_next_goes_on()
      throws Exception {
    Shop shop = filled();
    isWhole(shop);

    clock.advance(Duration.ofDays(7));
    assertThat(crashUntilDone(shop)).isGreaterThan(3);
    isWhole(shop);
    assertThat(server.count("select count(*) from recording_part where cold")).isEqualTo(4);
    assertThat(shop.rows("session")).isEqualTo(10);

    clock.advance(Duration.ofDays(7));
    assertThat(crashUntilDone(shop)).isGreaterThan(3);
    isWhole(shop);
    assertThat(shop.rows("session")).isOne();
    assertThat(shop.rows("recording_part")).isOne();
    assertThat(shop.rows("event")).isEqualTo(5);
    List<String> errors =
        server.column("select distinct error from retention_run where error is not null");
    assertThat(errors).containsExactly("Its node stopped during the run");
    assertThat(
            server.column(
                "select concat_ws(' ', sum(recordings), sum(objects), sum(sessions), sum(events),"
                    + " sum(moved_to_cold)) from retention_run where project_id is not null"))
        .containsExactly("6 3 9 27 4");
  }

  @Test
  void of_two_nodes_one_runs_and_when_it_dies_the_other_follows() throws Exception {
    Shop shop = filled();
    clock.advance(Duration.ofDays(20));
    try (var second = TestServer.start(database, settings, clock)) {
      var started = new CountDownLatch(1);
      var goOn = new CountDownLatch(1);
      var moments = new AtomicInteger();
      server
          .server()
          .retention()
          .witness(_ -> {
            if (moments.incrementAndGet() == 2) {
              started.countDown();
              await(goOn);
              throw new Crash();
            }
          });
      var errors = new ArrayList<Throwable>();
      Thread first =
          Thread.ofVirtual()
              .uncaughtExceptionHandler((_, error) -> errors.add(error))
              .start(() -> server.server().retention().look());
      await(started);

      second.server().retention().look();
      assertThat(second.post(shop.path() + "/retention/run").admin().send().status())
          .isEqualTo(409);
      assertThat(shop.rows("session")).isEqualTo(1 + 3);
      goOn.countDown();
      first.join();
      assertThat(errors).singleElement().isInstanceOf(Crash.class);

      expireLease();
      second.server().retention().look();
      assertThat(server.count("select count(*) from retention_run where finished_at is null"))
          .as("tried again after an hour, not at once")
          .isEqualTo(2);
      clock.advance(Duration.ofMinutes(61));
      second.server().retention().look();
      assertThat(shop.rows("session")).isOne();
      assertThat(server.count("select count(*) from retention_run where finished_at is null"))
          .isZero();
      assertThat(server.count("select count(*) from retention_run where project_id is null"))
          .isEqualTo(2);

      clock.advance(Duration.ofHours(2));
      server.server().retention().witness(_ -> {});
      server.server().retention().look();
      second.server().retention().look();
      assertThat(server.count("select count(*) from retention_run where project_id is null"))
          .as("once a day")
          .isEqualTo(2);
    }
  }

  @Test
  void a_node_whose_lease_is_taken_changes_nothing_any_more() throws Exception {
    Shop shop = filled();
    clock.advance(Duration.ofDays(20));
    try (var second = TestServer.start(database, settings, clock)) {
      var moments = new AtomicInteger();
      server
          .server()
          .retention()
          .witness(_ -> {
            if (moments.incrementAndGet() == 2) {
              // It stood still for longer than its lease, and wakes up after another node's run.
              expireLease();
              clock.advance(Duration.ofMinutes(61));
              second.server().retention().look();
            }
          });
      server.server().retention().look();

      assertThat(shop.rows("session")).isOne();
      isWhole(shop);
      assertThat(
              server.column(
                  "select count(*) || ' ' || count(error) from retention_run"
                      + " where project_id is null and finished_at is not null"))
          .containsExactly("2 1");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}

package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.S3Server;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.recording.Part;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Recordings that move to the cold tier, and play from there. */
final class ColdTierTest {
  private final SettableClock clock = new SettableClock(Instant.now());

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private TestServer start(Map<String, String> more) {
    var settings = new HashMap<>(Map.of("BACKSPOOL_ARCHIVE_AFTER", "P9999D"));
    settings.putAll(more);
    return TestServer.start(TestPostgres.freshDatabase(), settings, clock);
  }

  private void run(TestServer server) {
    clock.advance(Duration.ofDays(1));
    server.server().retention().look();
  }

  /** The two kinds of cold tier behave alike; where the objects are is another matter. */
  private Part movesAndPlays(TestServer server, Archive main) throws Exception {
    var shop = new Shop(server);
    String session = shop.recorded("s");
    Part part = shop.archive(session, main);
    String recording = shop.recording(session);
    assertThat(shop.keeps("{\"cold_after_days\": 5, \"recording_days\": 100}").status())
        .isEqualTo(200);
    clock.advance(Duration.ofDays(3));
    run(server);
    assertThat(server.count("select count(*) from recording_part where cold")).isZero();

    clock.advance(Duration.ofDays(3));
    JsonNode next = shop.retention().get("next");
    assertThat(next.get("to_cold").asInt()).isOne();
    run(server);

    assertThat(server.count("select count(*) from recording_part where cold")).isOne();
    assertThat(shop.lastRun().get("moved_to_cold").asInt()).isOne();
    assertThat(shop.lastRun().get("error").isNull()).isTrue();
    assertThat(shop.recording(session)).isEqualTo(recording).isNotEmpty();
    server.server().archiver().doomed().deleteDue();
    assertThat(main.find(part.key())).as("a playback that has begun ends well").isPresent();

    run(server);
    server.server().archiver().doomed().deleteDue();
    assertThat(shop.lastRun().get("moved_to_cold").asInt()).isZero();
    assertThat(shop.recording(session)).isEqualTo(recording);
    assertThat(server.count("select count(*) from doomed_object")).isZero();
    return part;
  }

  @Test
  void to_another_archive() throws Exception {
    Path warm = folder.resolve("warm");
    Path cold = folder.resolve("cold");
    try (var server =
            start(
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL",
                    "file:" + warm,
                    "BACKSPOOL_COLD_ARCHIVE_URL",
                    "file:" + cold));
        Archive main = Archive.open(new ArchiveUrl.Directory(warm), null)) {
      Part part = movesAndPlays(server, main);

      Path copy = cold.resolve(part.key().toString());
      assertThat(Files.size(copy)).isEqualTo(part.bytes());
      assertThat(main.find(part.key())).isEmpty();
    }
  }

  @Test
  void to_the_buckets_own_class() throws Exception {
    try (S3Server s3 = S3Server.start(folder)) {
      Files.createDirectories(s3.folder("recordings"));
      String url =
          "s3://recordings/p?endpoint=%s&cold_storage_class=STANDARD_IA".formatted(s3.url());
      var keys = S3Server.KEYS;
      try (var server =
              start(
                  Map.of(
                      "BACKSPOOL_ARCHIVE_URL",
                      url,
                      "BACKSPOOL_S3_ACCESS_KEY",
                      keys.accessKey(),
                      "BACKSPOOL_S3_SECRET_KEY",
                      keys.secretKey()));
          Archive main = Archive.open(ArchiveUrl.parse(url), keys)) {
        Part part = movesAndPlays(server, main);
        assertThat(main.find(part.key())).isPresent();
      }
    }
  }

  @Test
  void an_object_that_comes_back_by_a_move_after_it_was_erased_goes_again() throws Exception {
    try (S3Server s3 = S3Server.start(folder)) {
      Files.createDirectories(s3.folder("recordings"));
      String url =
          "s3://recordings/p?endpoint=%s&cold_storage_class=STANDARD_IA".formatted(s3.url());
      var keys = S3Server.KEYS;
      try (var server =
              start(
                  Map.of(
                      "BACKSPOOL_ARCHIVE_URL",
                      url,
                      "BACKSPOOL_S3_ACCESS_KEY",
                      keys.accessKey(),
                      "BACKSPOOL_S3_SECRET_KEY",
                      keys.secretKey()));
          Archive main = Archive.open(ArchiveUrl.parse(url), keys)) {
        var shop = new Shop(server);
        String session = shop.recorded("s");
        Part part = shop.archive(session, main);
        shop.keeps("{\"cold_after_days\": 1}");
        clock.advance(Duration.ofDays(3));
        server
            .server()
            .retention()
            .witness(moment -> {
              if (moment.equals("after moves")) {
                eraseAndBringBack(server, shop, session, part, main);
              }
            });
        run(server);
        assertThat(shop.lastRun().get("moved_to_cold").asInt()).isZero();
        assertThat(main.find(part.key())).isPresent();

        server.server().archiver().doomed().deleteDue();
        assertThat(main.find(part.key())).isEmpty();
        assertThat(server.count("select count(*) from doomed_object")).isZero();
      }
    }
  }

  /** What a copy onto itself does that ends after the object was deleted. */
  private static void eraseAndBringBack(
      TestServer server, Shop shop, String session, Part part, Archive main) {
    try {
      var object = new ByteArrayOutputStream();
      main.get(part.key(), object);
      String path = shop.path() + "/sessions/" + session;
      assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(200);
      server.server().archiver().doomed().deleteDue();
      assertThat(main.find(part.key())).isEmpty();
      main.put(part.key(), object.toByteArray());
    } catch (ArchiveFailure | IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void what_a_copy_left_whose_process_died_goes_with_the_next_start() throws Exception {
    Path leftover = folder.resolve("tmp/cold-4711.bksp");
    Files.createDirectories(leftover.getParent());
    Files.writeString(leftover, "a recording in clear");
    try (var _ = start(Map.of("BACKSPOOL_DATA_DIR", folder.toString()))) {
      assertThat(leftover).doesNotExist();
    }
  }

  @Test
  void a_missing_object_is_reported_and_holds_up_no_other() throws Exception {
    Path warm = folder.resolve("warm");
    try (var server =
            start(
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL",
                    "file:" + warm,
                    "BACKSPOOL_COLD_ARCHIVE_URL",
                    "file:" + folder.resolve("cold")));
        Archive main = Archive.open(new ArchiveUrl.Directory(warm), null)) {
      var shop = new Shop(server);
      ObjectKey lost = shop.archive(shop.recorded("a"), main).key();
      shop.archive(shop.recorded("b"), main);
      Files.delete(warm.resolve(lost.toString()));
      shop.keeps("{\"cold_after_days\": 1}");
      clock.advance(Duration.ofDays(3));
      run(server);

      assertThat(shop.lastRun().get("moved_to_cold").asInt()).isOne();
      assertThat(shop.lastRun().get("error").asString()).contains(lost.name(), "holds no");
      assertThat(server.column("select object from recording_part where not cold"))
          .containsExactly(lost.name());
    }
  }

  @Test
  void an_archive_that_is_away_delays_the_move_and_nothing_else() throws Exception {
    Path cold = folder.resolve("cold");
    Path warm = folder.resolve("warm");
    try (var server =
            start(
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL",
                    "file:" + warm,
                    "BACKSPOOL_COLD_ARCHIVE_URL",
                    "file:" + cold));
        Archive main = Archive.open(new ArchiveUrl.Directory(warm), null)) {
      var shop = new Shop(server);
      String session = shop.recorded("s");
      shop.archive(session, main);
      Files.writeString(cold, "no directory");
      shop.keeps("{\"cold_after_days\": 1}");
      clock.advance(Duration.ofDays(3));
      run(server);
      assertThat(shop.lastRun().get("error").asString()).contains("could not be moved");
      assertThat(shop.recording(session)).isNotEmpty();

      Files.delete(cold);
      run(server);
      assertThat(shop.lastRun().get("error").isNull()).isTrue();
      assertThat(shop.lastRun().get("moved_to_cold").asInt()).isOne();
      assertThat(shop.recording(session)).isNotEmpty();
    }
  }

  @Test
  void a_limit_that_cannot_be_is_refused_and_its_field_named() {
    try (var server = start(Map.of())) {
      var shop = new Shop(server);
      refused(shop, "{\"cold_after_days\": 5}", "cold_after_days", "BACKSPOOL_COLD_ARCHIVE_URL");
      refused(shop, "{\"recording_days\": 0}", "recording_days", "from 1 to 36500");
      refused(shop, "{\"event_days\": 36501}", "event_days", "from 1 to 36500");
      refused(shop, "{\"kept_days\": \"ten\"}", "kept_days", "from 1 to 36500");
      assertThat(shop.keeps("{\"recording_days\": 36500, \"kept_days\": 1}").status())
          .isEqualTo(200);
    }
    try (var server = start(Map.of("BACKSPOOL_COLD_ARCHIVE_URL", "file:" + folder))) {
      var shop = new Shop(server);
      refused(
          shop,
          "{\"cold_after_days\": 30, \"recording_days\": 30}",
          "cold_after_days",
          "below recording_days, which is 30");
      JsonNode changed = shop.keeps("{\"cold_after_days\": 30, \"recording_days\": 31}").json();
      assertThat(changed.get("cold_after_days").asInt()).isEqualTo(30);
      assertThat(changed.get("recording_days").asInt()).isEqualTo(31);
      assertThat(changed.get("event_days").isNull()).isTrue();
      refused(shop, "{\"recording_days\": 30}", "recording_days", "above cold_after_days");
      JsonNode less = shop.keeps("{\"recording_days\": null}").json();
      assertThat(less.get("recording_days").isNull()).isTrue();
      assertThat(less.get("cold_after_days").asInt()).isEqualTo(30);
    }
  }

  private static void refused(Shop shop, String json, String field, String why) {
    var answer = shop.keeps(json);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    JsonNode error = answer.json().get("errors").get(0);
    assertThat(error.get("field").asString()).isEqualTo(field);
    assertThat(error.get("message").asString()).contains(why);
  }
}

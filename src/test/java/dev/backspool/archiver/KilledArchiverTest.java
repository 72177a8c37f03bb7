package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.archive.S3Server;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.archiver.Studio.Reading;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code kill -9} between any two steps: nothing is missing, and nothing stays that nothing names.
 */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // JUnit sets the field
final class KilledArchiverTest {
  @TempDir Path folder;

  private TestPostgres.Address database;
  private Map<String, String> settings;

  @BeforeEach
  void prepare() {
    database = TestPostgres.freshDatabase();
    settings = Map.of("BACKSPOOL_ARCHIVE_URL", "file:" + folder.resolve("archive"));
  }

  private void killAt(Step step) throws Exception {
    ArchiverChild.runUntil(step, childSettings(), folder.resolve("server.log"));
  }

  private Map<String, String> childSettings() {
    var all = new HashMap<>(settings);
    all.put("BACKSPOOL_PORT", "0");
    all.put("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN);
    all.put("BACKSPOOL_DATABASE_URL", TestServer.url(database));
    all.put("BACKSPOOL_DATA_DIR", folder.resolve("data").toString());
    all.put("BACKSPOOL_ARCHIVE_AFTER", "PT1S");
    return all;
  }

  /** The bucket has not got the object yet, or has it and could not say so. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void in_the_middle_of_a_put_to_a_bucket(boolean arrived) throws Exception {
    try (S3Server bucket = S3Server.start(folder);
        var proxy = new FaultyProxy(bucket.port())) {
      Files.createDirectory(bucket.folder("killed"));
      settings =
          Map.of(
              "BACKSPOOL_ARCHIVE_URL",
              "s3://killed?endpoint=" + proxy.url(),
              "BACKSPOOL_S3_ACCESS_KEY",
              S3Server.KEYS.accessKey(),
              "BACKSPOOL_S3_SECRET_KEY",
              S3Server.KEYS.secretKey());
      try (Studio studio = Studio.start(database, settings)) {
        var paths = List.of(studio.shortVisit("one").path(), studio.shortVisit("two").path());
        var before = read(studio, paths);
        var putting = new CountDownLatch(1);
        proxy.fault(exchange -> {
          if (!exchange.is("PUT")) {
            exchange.pass();
            return;
          }
          if (arrived) {
            exchange.store();
          }
          putting.countDown();
          exchange.ignore();
        });
        Process child =
            ArchiverChild.start(Step.RECORDED, childSettings(), folder.resolve("server.log"));
        try {
          assertThat(putting.await(1, TimeUnit.MINUTES)).isTrue();
        } finally {
          ArchiverChild.kill(child);
        }
        proxy.fault(FaultyProxy.NONE);

        assertThat(read(studio, paths)).isEqualTo(before);
        assertThat(studio.named()).isEmpty();
        settle(studio);
        assertThat(studio.chunks()).isZero();
        assertThat(read(studio, paths)).isEqualTo(before);
        studio.assertWhole();
      }
    }
  }

  private static List<Reading> read(Studio studio, List<String> paths) {
    return paths.stream().map(studio::read).toList();
  }

  /** Leases and plans of the killed one run out. */
  private static void settle(Studio studio) throws Exception {
    studio.clock.advance(Duration.ofHours(3));
    studio.archiver().archiveDue();
    studio.archiver().doomed().deleteDue();
    studio.archiver().mergeDue();
    studio.delete(Duration.ofHours(3));
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CLAIMED", "PACKED", "PLANNED", "PUT", "RECORDING", "RECORDED"})
  void while_it_archives(Step step) throws Exception {
    try (Studio studio = Studio.start(database, settings)) {
      var paths = new ArrayList<String>();
      for (int i = 0; i < 3; i++) {
        paths.add(studio.shortVisit("visit" + i).path());
      }
      paths.add(studio.sample("admin-short"));
      var before = read(studio, paths);

      killAt(step);

      assertThat(read(studio, paths)).isEqualTo(before);
      assertThat(studio.server.count("select count(*) from recording_part"))
          .isEqualTo(step == Step.RECORDED ? 4 : 0);
      settle(studio);
      assertThat(studio.chunks()).isZero();
      assertThat(studio.server.count("select count(*) from recording_part")).isEqualTo(4);
      assertThat(read(studio, paths)).isEqualTo(before);
      studio.assertWhole();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CLAIMED", "PACKED", "PLANNED", "PUT", "RECORDING", "RECORDED"})
  void while_it_merges(Step step) throws Exception {
    try (Studio studio = Studio.start(database, settings)) {
      Visit visit = studio.shortVisit("merged");
      studio.archive();
      visit.click(5_000).upload("&seq=8");
      studio.archive();
      var paths = List.of(visit.path());
      var before = read(studio, paths);
      studio.sql("update recording_part set archived_at = archived_at - interval '1 day'");
      assertThat(studio.session("merged", "part_count")).isEqualTo("2");

      killAt(step);

      assertThat(read(studio, paths)).isEqualTo(before);
      assertThat(studio.session("merged", "part_count"))
          .isEqualTo(step == Step.RECORDED ? "1" : "2");
      settle(studio);
      assertThat(studio.session("merged", "part_count")).isEqualTo("1");
      assertThat(read(studio, paths)).isEqualTo(before);
      studio.assertWhole();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"DOOMED", "DELETED", "FORGOTTEN"})
  void while_it_deletes(Step step) throws Exception {
    try (Studio studio = Studio.start(database, settings)) {
      Visit gone = studio.shortVisit("gone");
      Visit stays = studio.shortVisit("stays");
      studio.archive();
      var before = studio.read(stays);
      studio.sql("delete from session where id = '" + gone.id() + "'");

      killAt(step);

      assertThat(studio.objects()).hasSize(step == Step.DOOMED ? 2 : 1);
      settle(studio);
      assertThat(studio.objects()).hasSize(1);
      assertThat(studio.read(stays)).isEqualTo(before);
      studio.assertNothingLeftOver();
    }
  }
}

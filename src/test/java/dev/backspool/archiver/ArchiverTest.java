package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.api.Visit;
import dev.backspool.archive.StoredObject;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Part;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Parts;
import dev.backspool.server.TestServer;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is the same for every archive: damage, large recordings, figures. */
@SuppressWarnings("NullAway.Init") // JUnit sets the field
final class ArchiverTest {
  private Studio studio;

  @BeforeEach
  void start() {
    studio = Studio.start(Map.of());
  }

  @AfterEach
  void stop() {
    studio.close();
  }

  private void damage(String batch) {
    studio.sql(
        "update chunk set payload = set_byte(payload, octet_length(payload) - 1,"
            + " 255 - get_byte(payload, octet_length(payload) - 1)) where batch_id = '"
            + batch
            + "'");
  }

  private List<Path> passingFiles() throws Exception {
    Path folder = studio.server.folder().resolve("tmp");
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void nothing_is_archived_before_its_time() throws Exception {
    studio.shortVisit("fresh");
    studio.clock.advance(Duration.ofMinutes(59));

    assertThat(studio.archiver().archiveDue()).isEqualTo(new Archiver.Round(0, 0, 0));
    assertThat(studio.chunks()).isEqualTo(3);
  }

  @Test
  void a_large_recording_goes_by_way_of_a_file() throws Exception {
    String path = studio.sample("admin-long");
    var before = studio.read(path);
    assertThat(studio.server.count("select sum(octet_length(payload)) from chunk"))
        .isGreaterThan(4 << 20);

    assertThat(studio.archive().recorded()).isOne();

    assertThat(studio.read(path)).isEqualTo(before);
    assertThat(passingFiles()).isEmpty();
    assertThat(studio.server.folder().resolve("tmp")).isDirectory();
    studio.assertNothingLeftOver();
  }

  @Test
  void what_an_earlier_run_left_in_the_folder_is_removed() throws Exception {
    Path data = Files.createTempDirectory("backspool-test-");
    Path left = Files.createDirectories(data.resolve("tmp")).resolve("archiver-1.tmp");
    Files.writeString(left, "half a file");
    try (Studio other = Studio.start(Map.of("BACKSPOOL_DATA_DIR", data.toString()))) {
      assertThat(left).doesNotExist();
      assertThat(other.chunks()).isZero();
    }
  }

  @Test
  void a_damaged_upload_stays_and_the_others_go() throws Exception {
    Visit visit = studio.shortVisit("bruised");
    damage("bruised-1");
    String events = events(visit);

    assertThat(studio.archive().recorded()).isOne();

    assertThat(studio.server.column("select batch_id from chunk")).containsExactly("bruised-1");
    assertThat(studio.session("bruised", "hot_chunks")).isEqualTo("1");
    assertThat(studio.session("bruised", "archive_error"))
        .isEqualTo(
            "1 upload is damaged and cannot be archived:"
                + " the stored bytes are not those that were written");
    assertThat(events(visit)).isEqualTo(events);
    assertThat(studio.archiver().counts().failures(Trouble.DAMAGED_UPLOAD)).isOne();

    // It is looked at again each day, and is archived once it is whole again.
    assertThat(studio.archiver().archiveDue().claimed()).isZero();
    studio.clock.advance(Duration.ofHours(25));
    assertThat(studio.archiver().archiveDue()).isEqualTo(new Archiver.Round(1, 0, 1));
    damage("bruised-1");
    studio.clock.advance(Duration.ofHours(25));
    assertThat(studio.archiver().archiveDue().recorded()).isOne();
    assertThat(studio.chunks()).isZero();
    assertThat(studio.session("bruised", "archive_error is null and hot_since is null"))
        .isEqualTo("true");
    assertThat(studio.read(visit).frames()).hasSize(3);
  }

  private String events(Visit visit) {
    return studio.server.get(visit.path() + "/recording/events").admin().send().body();
  }

  @Test
  void late_uploads_are_merged_although_another_is_damaged() throws Exception {
    Visit visit = studio.shortVisit("both");
    damage("both-1");
    studio.archive();
    visit.click(9_000).upload("&seq=7");
    studio.clock.advance(Duration.ofHours(26));
    studio.archiver().archiveDue();
    assertThat(studio.session("both", "part_count")).isEqualTo("2");

    studio.clock.advance(Duration.ofHours(26));
    assertThat(studio.archiver().mergeDue().recorded()).isOne();

    assertThat(studio.session("both", "part_count")).isEqualTo("1");
    assertThat(studio.session("both", "hot_chunks")).isEqualTo("1");
  }

  @Test
  void what_cannot_be_read_whole_is_not_merged() throws Exception {
    Visit visit = studio.shortVisit("torn");
    studio.archive();
    visit.click(9_000).upload("&seq=7");
    studio.archive();
    StoredObject first = studio.objects().getFirst();
    Path file = studio.server.folder().resolve("archive").resolve(first.key().toString());
    byte[] whole = Files.readAllBytes(file);
    byte[] damaged = whole.clone();
    damaged[whole.length / 3] ^= 1;
    Files.write(file, damaged);
    studio.clock.advance(Studio.IDLE);

    assertThat(studio.archiver().mergeDue().recorded()).isZero();
    assertThat(studio.objects()).hasSize(2);
    assertThat(studio.session("torn", "part_count")).isEqualTo("2");
    assertThat(studio.session("torn", "archive_error")).contains(first.key().toString());

    assertThat(studio.archiver().mergeDue().claimed()).as("somebody has to see to it").isZero();
    JsonNode told =
        studio
            .server
            .get("/api/projects/" + studio.project.id() + "/storage")
            .admin()
            .send()
            .json()
            .get("hot");
    assertThat(told.get("sessions").asInt()).isZero();
    assertThat(told.get("failing_sessions").asInt()).isOne();
    assertThat(told.get("last_error").asString()).contains(first.key().toString());

    Files.delete(file);
    studio.clock.advance(Duration.ofHours(25));
    assertThat(studio.archiver().mergeDue().failed()).isOne();
    assertThat(studio.archiver().counts().failures(Trouble.DAMAGED_PART)).isEqualTo(2);

    Files.write(file, whole);
    studio.clock.advance(Duration.ofHours(25));
    assertThat(studio.archiver().mergeDue().recorded()).isOne();
    assertThat(studio.session("torn", "part_count")).isEqualTo("1");
    assertThat(studio.session("torn", "archive_error is null")).isEqualTo("true");
  }

  @Test
  void what_comes_late_is_archived_although_an_older_part_is_damaged() throws Exception {
    Visit visit = studio.shortVisit("torn");
    studio.archive();
    visit.click(9_000).upload("&seq=7");
    studio.archive();
    StoredObject first = studio.objects().getFirst();
    Files.writeString(
        studio.server.folder().resolve("archive").resolve(first.key().toString()), "torn");
    studio.clock.advance(Studio.IDLE);
    assertThat(studio.archiver().mergeDue().failed()).isOne();

    visit.click(9_500).upload("&seq=8");

    assertThat(studio.archiver().archiveDue().recorded()).isOne();
    assertThat(studio.chunks()).isZero();
    assertThat(studio.session("torn", "part_count")).isEqualTo("3");
  }

  @Test
  void what_was_uploaded_twice_is_kept_once() throws Exception {
    Visit visit =
        studio
            .visit("twice")
            .page(0, "https://shop.example.com/")
            .upload()
            .click(1_000)
            .click(2_000)
            .upload()
            .click(1_000)
            .click(2_000)
            .upload();
    assertThat(events(visit).lines()).hasSize(6);

    studio.archive();

    assertThat(events(visit).lines()).hasSize(4);
    assertThat(studio.server.column("select event_count from recording_part")).containsExactly("4");
    // A frame without events merges as well.
    visit.click(9_000).upload();
    studio.archive();
    studio.clock.advance(Studio.IDLE);
    assertThat(studio.archiver().mergeDue().recorded()).isOne();
    assertThat(events(visit).lines()).hasSize(5);
  }

  @Test
  void a_row_that_counts_chunks_that_are_not_there_is_put_right() throws Exception {
    studio.shortVisit("lost");
    studio.sql("delete from chunk");

    assertThat(studio.archive().recorded()).isZero();

    assertThat(studio.session("lost", "hot_since is null and hot_chunks = 0 and hot_bytes = 0"))
        .isEqualTo("true");
    assertThat(studio.archiver().archiveDue().claimed()).isZero();
  }

  @Test
  void a_session_that_cannot_be_archived_holds_up_no_other() throws Exception {
    studio.shortVisit("broken");
    studio.shortVisit("sound");
    studio.sql("update chunk set outline = '[]' where batch_id = 'broken-0'");

    assertThat(studio.archive()).isEqualTo(new Archiver.Round(2, 1, 1));

    assertThat(studio.session("sound", "part_count")).isEqualTo("1");
    assertThat(studio.session("broken", "archive_failures")).isEqualTo("1");
    assertThat(studio.session("broken", "archive_error is not null")).isEqualTo("true");
    assertThat(studio.archiver().counts().failures(Trouble.INTERNAL)).isOne();
  }

  @Test
  void a_session_whose_object_cannot_be_planned_holds_up_no_other() throws Exception {
    studio.shortVisit("broken");
    studio.shortVisit("sound");
    studio.sql(
        """
        create function refuse() returns trigger language plpgsql as $$
        begin
          raise exception 'told to';
        end $$
        """);
    // Whose lease is renewed, and nothing else of it changes, is just being planned.
    studio.sql(
        """
        create trigger refuse before update on session
        for each row
        when (old.name = 'broken' and old.archive_after is not null
          and new.archive_after is not null and new.archive_failures = old.archive_failures)
        execute function refuse()
        """);

    assertThat(studio.archive()).isEqualTo(new Archiver.Round(2, 1, 1));

    assertThat(studio.session("sound", "part_count")).isEqualTo("1");
    assertThat(studio.session("broken", "archive_failures")).isEqualTo("1");
    assertThat(studio.archiver().counts().failures(Trouble.INTERNAL)).isOne();
    studio.sql("drop trigger refuse on session");
    studio.clock.advance(Duration.ofMinutes(1));
    assertThat(studio.archiver().archiveDue().recorded()).isOne();
    studio.assertNothingLeftOver();
  }

  @Test
  void a_thread_outlives_what_the_machine_lacks() throws Exception {
    var failed = new CompletableFuture<Thread>();
    Steps.watch(step -> {
      if (step == Step.CLAIMED && failed.complete(Thread.currentThread())) {
        throw new OutOfMemoryError("told to");
      }
    });
    try (TestServer busy = TestServer.start(Map.of("BACKSPOOL_ARCHIVE_AFTER", "PT0.1S"))) {
      new Visit(busy, busy.project(), "unlucky").page(0, "https://shop.example.com/").upload();
      assertThat(failed.get(1, TimeUnit.MINUTES).join(Duration.ofMillis(300)))
          .as("it ended")
          .isFalse();
    } finally {
      Steps.watch(_ -> {});
    }
  }

  @Test
  void one_large_window_is_open_at_a_time() throws Exception {
    var packer =
        new Packer(
            new DataKeys(studio.server.server().postgres()),
            false,
            new PassingFiles(studio.server.folder().resolve("tmp")),
            studio.clock);
    var begun = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> one =
          threads.submit(() ->
              packer.alone(
                  64L << 20,
                  () -> {
                    begun.countDown();
                    return mayEnd.await(1, TimeUnit.MINUTES);
                  }));
      begun.await();
      Future<Boolean> other = threads.submit(() -> packer.alone(64L << 20, () -> true));
      assertThatThrownBy(() -> other.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      mayEnd.countDown();
      assertThat(one.get()).isTrue();
      assertThat(other.get()).isTrue();
    }
  }

  @Test
  void a_project_that_was_deleted_and_came_back_has_a_key_that_lasts() throws Exception {
    studio.shortVisit("first");
    studio.archive();
    String project = "/api/projects/" + studio.project.id();
    byte[] file = studio.server.get(project + "/export?keys=true").admin().send().response().body();
    assertThat(studio.server.call("DELETE", project).admin().send().status()).isLessThan(300);
    assertThat(studio.server.count("select count(*) from project_key")).isZero();

    try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(file))) {
      tar.getNextEntry();
      assertThat(
              studio
                  .server
                  .post("/api/projects/import")
                  .admin()
                  .body(tar.readAllBytes())
                  .send()
                  .status())
          .isEqualTo(200);
    }
    assertThat(studio.server.post(project + "/import").admin().body(file).send().status())
        .isEqualTo(200);
    studio.click("second", "t1", 0, studio.clock.instant());
    studio.archive();
    assertThat(studio.chunks()).isZero();

    // Nothing is known to a process that has just started.
    var keys = new DataKeys(studio.server.server().postgres());
    try (Archives archives = studio.server.archives()) {
      var files = new PartFiles(archives, keys, 1 << 20);
      List<Part> parts =
          studio
              .server
              .server()
              .postgres()
              .own(handle ->
                  handle
                      .createQuery("select * from recording_part")
                      .map((row, _) -> Parts.part(row))
                      .list());
      assertThat(parts).hasSize(2);
      for (Part part : parts) {
        assertThat(files.open(part).frames()).isNotEmpty();
      }
    }
  }

  @Test
  void a_part_tells_how_busy_the_person_was() throws Exception {
    studio
        .visit("busy")
        .page(0, "https://shop.example.com/")
        .click(0)
        .click(10)
        .upload()
        .click(31_900)
        .event(32_000, 3, Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 5))
        .upload();

    studio.archive();

    assertThat(studio.server.column("select array_to_string(activity, ',') from recording_part"))
        .containsExactly("2" + ",0".repeat(30) + ",2");
    assertThat(
            studio.server.count(
                "select extract(epoch from last_at - first_at)::bigint from recording_part"))
        .isEqualTo(32);
  }

  @Test
  void the_metrics_tell_what_waits_and_what_was_done() throws Exception {
    studio.shortVisit("counted");
    studio.clock.advance(Studio.IDLE);
    studio.archiver().lookWhatWaits();
    String waiting = studio.server.get("/metrics").admin().send().body();
    studio.archiver().archiveDue();
    studio.archiver().lookWhatWaits();
    String done = studio.server.get("/metrics").admin().send().body();

    assertThat(waiting).contains("\nbackspool_archive_waiting_sessions 1\n");
    assertThat(seconds(waiting)).isBetween(3_600.0, 7_260.0);
    assertThat(waiting).contains("\nbackspool_archived_total 0\n");
    assertThat(done).contains("\nbackspool_archive_waiting_sessions 0\n");
    assertThat(seconds(done)).isZero();
    assertThat(done).contains("\nbackspool_archived_total 1\n");
    assertThat(done).contains("\nbackspool_archive_failures_total{reason=\"archive\"} 0\n");
    assertThat(done)
        .contains("\nbackspool_archive_object_bytes_total " + studio.objects().getFirst().size());
  }

  private static double seconds(String metrics) {
    return metrics
        .lines()
        .filter(line -> line.startsWith("backspool_archive_oldest_waiting_seconds "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .findFirst()
        .orElseThrow();
  }
}

package dev.backspool.archiver;

import static java.time.temporal.ChronoUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.api.Visit;
import dev.backspool.archive.StoredObject;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.TestPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of recordings, whatever kind of archive they go to. */
@SuppressWarnings("NullAway.Init") // JUnit sets the field
abstract class ArchivingContract {
  @TempDir static Path shared;

  /** Settings of a new, empty archive. */
  abstract Map<String, String> archive() throws Exception;

  private Studio start() throws Exception {
    return Studio.start(archive());
  }

  private Studio start(String name, String value) throws Exception {
    var settings = new HashMap<>(archive());
    settings.put(name, value);
    return Studio.start(settings);
  }

  @Test
  void a_recording_reads_the_same_when_it_is_archived() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("same");
      String sample = studio.sample("grid");
      var before = studio.read(visit);
      var sampleBefore = studio.read(sample);

      assertThat(studio.archive().recorded()).isEqualTo(2);

      assertThat(studio.chunks()).isZero();
      assertThat(studio.server.count("select count(*) from recording_part")).isEqualTo(2);
      assertThat(
              studio.server.column("select distinct hot_chunks || ' ' || hot_bytes from session"))
          .containsExactly("0 0");
      assertThat(studio.session("same", "hot_since is null and archive_after is null"))
          .isEqualTo("true");
      assertThat(studio.session("same", "part_count")).isEqualTo("1");
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.read(sample)).isEqualTo(sampleBefore);
      studio.assertNothingLeftOver();
    }
  }

  @Test
  void late_uploads_make_a_second_part_and_then_one_of_both() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("late");
      studio.archive();
      visit
          .tab("t1")
          .click(4_000)
          .upload("&seq=2")
          .tab("t0")
          .page(500, "https://shop.example.com/early")
          .upload("&seq=0");
      var before = studio.read(visit);
      assertThat(before.frames()).hasSize(5);

      assertThat(studio.archive().recorded()).isOne();
      assertThat(studio.session("late", "part_count")).isEqualTo("2");
      assertThat(studio.chunks()).isZero();
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.objects()).hasSize(2);

      studio.clock.advance(Duration.ofMinutes(11));
      assertThat(studio.archiver().mergeDue().recorded()).isOne();
      assertThat(studio.session("late", "part_count")).isEqualTo("1");
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.archiver().doomed().deleteDue()).as("a playback may run").isZero();
      assertThat(studio.objects()).hasSize(3);

      assertThat(studio.delete(Duration.ofMinutes(11))).isEqualTo(2);
      studio.assertNothingLeftOver();
      assertThat(studio.read(visit)).isEqualTo(before);
    }
  }

  @Test
  void a_session_that_goes_on_is_archived_in_parts() throws Exception {
    try (Studio studio = start()) {
      Instant began = studio.clock.instant();
      String path = "";
      for (int minute = 0; minute <= 300; minute += 20) {
        path = studio.path(studio.click("long", "t1", minute, began.plus(minute, MINUTES)));
      }
      studio.clock.set(began.plus(305, MINUTES));
      var before = studio.read(path);
      assertThat(before.frames()).hasSize(16);

      assertThat(studio.archiver().archiveDue().recorded()).isOne();

      // What came within the last hour stays.
      assertThat(studio.chunks()).isEqualTo(3);
      assertThat(studio.session("long", "hot_chunks")).isEqualTo("3");
      assertThat(
              studio.session(
                  "long",
                  "hot_bytes = (select sum(octet_length(payload)) from chunk)"
                      + " and hot_since = (select min(received_at) from chunk)"))
          .isEqualTo("true");
      assertThat(studio.read(path)).isEqualTo(before);
      assertThat(studio.archiver().archiveDue().recorded()).isZero();

      studio.click("long", "t1", 320, began.plus(320, MINUTES));
      studio.clock.set(began.plus(600, MINUTES));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();
      assertThat(studio.chunks()).isZero();
      assertThat(studio.session("long", "part_count")).isEqualTo("2");
      studio.archiver().mergeDue();
      assertThat(studio.session("long", "part_count")).isEqualTo("1");
      assertThat(studio.read(path).frames()).startsWith(before.frames().toArray(String[]::new));
      studio.delete(Duration.ofHours(1));
      studio.assertNothingLeftOver();
    }
  }

  @Test
  void several_nodes_archive_each_session_once() throws Exception {
    TestPostgres.Address database = TestPostgres.freshDatabase();
    // All nodes have the same archive.
    var settings = new HashMap<>(archive());
    settings.putIfAbsent("BACKSPOOL_ARCHIVE_URL", "file:" + shared.resolve("archive"));
    try (Studio one = Studio.start(database, settings);
        Studio two = one.beside(database, settings)) {
      for (int i = 0; i < 150; i++) {
        one.click("s" + i, "t1", 0, one.clock.instant());
        one.click("s" + i, "t1", 1, one.clock.instant());
      }
      one.clock.advance(Studio.IDLE);
      int recorded = 0;
      try (var nodes = Executors.newFixedThreadPool(4)) {
        var rounds = new ArrayList<Future<Archiver.Round>>();
        for (int i = 0; i < 4; i++) {
          Studio node = i % 2 == 0 ? one : two;
          rounds.add(nodes.submit(() -> node.archiver().archiveSome()));
        }
        for (Future<Archiver.Round> round : rounds) {
          recorded += round.get().recorded();
        }
      }
      recorded += one.archiver().archiveDue().recorded();

      assertThat(recorded).isEqualTo(150);
      assertThat(one.server.count("select count(distinct session_id) from recording_part"))
          .isEqualTo(150);
      assertThat(one.server.count("select sum(frame_count) from recording_part")).isEqualTo(300);
      assertThat(one.chunks()).isZero();
      one.delete(Duration.ofHours(2));
      one.assertNothingLeftOver();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CLAIMED", "PACKED", "PLANNED", "PUT"})
  void of_a_session_that_is_erased_meanwhile_no_object_stays(Step moment) throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("erased");
      Visit other = studio.shortVisit("other");
      var before = studio.read(other);
      studio.clock.advance(Studio.IDLE);
      studio.at(
          moment,
          () -> {
            studio.sql("delete from chunk where session_id = '" + visit.id() + "'");
            studio.sql("delete from session where id = '" + visit.id() + "'");
          },
          () -> studio.archiver().archiveDue());

      studio.delete(Duration.ofHours(2));
      studio.archiver().archiveDue();

      assertThat(studio.server.count("select count(*) from session")).isOne();
      assertThat(studio.objects()).hasSize(1);
      studio.assertNothingLeftOver();
      assertThat(studio.read(other)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CLAIMED", "PACKED", "PLANNED", "PUT"})
  void who_has_lost_the_lease_changes_nothing(Step moment) throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("lost");
      var before = studio.read(visit);
      studio.clock.advance(Studio.IDLE);
      long tomorrow = studio.clock.instant().plus(Duration.ofDays(1)).toEpochMilli();
      studio.at(
          moment,
          () -> studio.sql("update session set archive_after = at(" + tomorrow + ")"),
          () -> assertThat(studio.archiver().archiveDue().recorded()).isZero());

      assertThat(studio.server.count("select count(*) from recording_part")).isZero();
      assertThat(studio.session("lost", "hot_chunks")).isEqualTo("3");
      assertThat(studio.session("lost", "archive_after = at(" + tomorrow + ")")).isEqualTo("true");
      studio.archiver().doomed().deleteDue();
      studio.assertNothingLeftOver();
      assertThat(studio.objects()).isEmpty();
      assertThat(studio.read(visit)).isEqualTo(before);

      studio.clock.advance(Duration.ofDays(1));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();
      assertThat(studio.read(visit)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"PLANNED", "PUT"})
  void an_object_whose_plan_ran_out_is_not_put_in_charge(Step moment) throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("slow");
      var before = studio.read(visit);
      studio.clock.advance(Studio.IDLE);
      studio.at(
          moment,
          () -> {
            studio.clock.advance(Duration.ofHours(3));
            assertThat(studio.archiver().doomed().deleteDue()).isOne();
          },
          () -> assertThat(studio.archiver().archiveDue().recorded()).isZero());

      assertThat(studio.session("slow", "hot_chunks")).isEqualTo("3");
      studio.delete(Duration.ZERO);
      assertThat(studio.objects()).isEmpty();
      studio.clock.advance(Duration.ofMinutes(1));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();
      assertThat(studio.read(visit)).isEqualTo(before);
      studio.assertNothingLeftOver();
    }
  }

  @Test
  void without_encryption_the_same_recording_makes_the_same_object() throws Exception {
    try (Studio studio = start("BACKSPOOL_ARCHIVE_ENCRYPTION", "off")) {
      Visit visit = studio.shortVisit("plain");
      var before = studio.read(visit);
      studio.clock.set(Instant.parse("2030-01-01T12:00:00Z"));
      studio.at(
          Step.RECORDING,
          () -> {
            throw new DatabaseUnavailable(new IllegalStateException("told to"));
          },
          () ->
              assertThatThrownBy(() -> studio.archiver().archiveDue())
                  .isInstanceOf(DatabaseUnavailable.class));
      List<StoredObject> put = studio.objects();
      assertThat(put).hasSize(1);
      assertThat(studio.named()).isEmpty();

      studio.clock.advance(Duration.ofMinutes(20));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();

      assertThat(studio.objects()).isEqualTo(put);
      studio.assertNothingLeftOver();
      assertThat(put.getFirst().key().name()).matches("recordings/2030-01-01/[0-9a-f]{40}\\.bksp");
      assertThat(studio.server.column("select data_key::text from recording_part"))
          .containsOnlyNulls();
      assertThat(studio.read(visit)).isEqualTo(before);
    }
  }

  @Test
  void who_is_late_with_a_deletion_leaves_what_came_back_alone() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("back");
      studio.archive();
      var before = studio.read(visit);
      byte[] bytes = studio.bytes(studio.objects().getFirst());
      var key = studio.objects().getFirst().key();
      studio.sql("create table came_back as select * from recording_part");
      studio.sql("delete from recording_part");
      studio.at(
          Step.DOOMED,
          () -> {
            // Another node takes over, is done with it, and the same object comes again.
            studio.clock.advance(DoomedObjects.LEASE.plusSeconds(1));
            assertThat(studio.archiver().doomed().deleteDue()).isOne();
            assertThat(studio.objects()).isEmpty();
            studio.put(key, bytes);
            studio.sql("insert into recording_part select * from came_back");
          },
          () -> assertThat(studio.delete(Duration.ZERO)).isZero());

      studio.assertNothingLeftOver();
      assertThat(studio.read(visit)).isEqualTo(before);
    }
  }

  @Test
  void a_session_that_is_gone_takes_its_object_with_it() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("gone");
      studio.shortVisit("stays");
      studio.archive();

      studio.sql("delete from session where id = '" + visit.id() + "'");
      assertThat(studio.objects()).hasSize(2);
      assertThat(studio.delete(Duration.ZERO)).isOne();
      assertThat(studio.objects()).hasSize(1);
      studio.sql("delete from project");
      studio.delete(Duration.ZERO);

      assertThat(studio.objects()).isEmpty();
      studio.assertNothingLeftOver();
    }
  }
}

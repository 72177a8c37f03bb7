package dev.backspool.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.api.Visit;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.recording.Archives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be wrong between the archive's objects and the rows that name them. */
final class ArchiveFaultsTest {
  private static final String STRAY =
      "recordings/2026-11-01/0123456789abcdef0123456789abcdef01234567.bksp";

  private static Workshop workshop;

  @BeforeAll
  static void open() {
    workshop = Workshop.open();
  }

  @AfterAll
  static void close() {
    workshop.close();
  }

  @BeforeEach
  void another() {
    workshop.another();
  }

  @Test
  void a_stray_object_is_found_and_deleted() throws Exception {
    workshop.archived("kept");
    Path stray = workshop.stray(STRAY, "no recording".getBytes(UTF_8));

    Verified found = workshop.verify();
    assertThat(found.kinds()).containsExactly(Kind.OBJECT_ORPHANED);
    Finding finding = found.findings().getFirst();
    assertThat(finding.place().project()).isEqualTo(workshop.project.id());
    assertThat(finding.place().name()).isEqualTo(STRAY);
    assertThat(finding.advice()).isNotBlank();
    assertThat(stray).exists();

    assertThat(workshop.repair().summary().clean()).isTrue();
    assertThat(stray).doesNotExist();
    assertThat(workshop.text(doomed("count(*)"))).isEqualTo("0");
    workshop.assertClean();
  }

  /** A newer copy of the database may have its key. */
  @Test
  void an_encrypted_object_that_no_row_names_is_kept() throws Exception {
    Visit visit = workshop.archived("encrypted");
    Path stray = workshop.stray(STRAY, Files.readAllBytes(workshop.file(workshop.object(visit))));

    Finding finding = workshop.repair().one(Kind.OBJECT_ORPHANED);
    assertThat(finding.repaired()).isFalse();
    assertThat(finding.advice()).contains("only copy");
    assertThat(stray).exists();
    Files.delete(stray);
  }

  private static String doomed(String what) {
    return "select %s from doomed_object where project_id = '%s'"
        .formatted(what, workshop.project.id());
  }

  @Test
  void a_young_object_may_be_on_its_way() throws Exception {
    Path stray = workshop.stray(STRAY, "young".getBytes(UTF_8));
    Files.setLastModifiedTime(stray, FileTime.from(Instant.now().minus(Duration.ofHours(23))));

    assertThat(workshop.repair().findings()).isEmpty();
    assertThat(stray).exists();
    Files.delete(stray);
  }

  @Test
  void objects_of_another_installation_are_left_alone() throws Exception {
    UUID stranger = UUID.randomUUID();
    Path other = workshop.studio.server.folder().resolve("archive").resolve(stranger + "/" + STRAY);
    Files.createDirectories(other.getParent());
    Files.writeString(other, "not ours");
    Files.setLastModifiedTime(other, FileTime.from(Instant.now().minus(Duration.ofDays(30))));

    Verified verified = Verified.of(workshop.studio.server, new Options(null, true, true));
    assertThat(verified.summary().listed()).isPositive();
    assertThat(verified.findings())
        .extracting(finding -> finding.place().project())
        .doesNotContain(stranger);
    assertThat(other).exists();
  }

  @Test
  void the_only_copy_of_uploads_is_not_deleted() throws Exception {
    try (Workshop plain = Workshop.open(Map.of("BACKSPOOL_ARCHIVE_ENCRYPTION", "off"))) {
      Visit visit = plain.archived("plain");
      String object = plain.object(visit);
      Path file = plain.file(object);
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
      plain.sql("delete from recording_part");
      plain.sql("delete from doomed_object");

      Verified repaired = plain.repair();
      assertThat(repaired.one(Kind.OBJECT_ORPHANED).repaired()).isFalse();
      assertThat(repaired.kinds()).contains(Kind.UPLOADS_MISSING);
      assertThat(file).exists();

      plain.sql("delete from session");
      Verified expired = plain.repair();
      assertThat(expired.one(Kind.OBJECT_ORPHANED).repaired()).isTrue();
      assertThat(file).as("its session was deleted").doesNotExist();
    }
  }

  @Test
  void many_stray_objects_mean_that_the_database_is_an_older_copy() throws Exception {
    workshop.archived("restored");
    for (int i = 0; i < 25; i++) {
      workshop.stray(STRAY.replace("0123456789ab", "%012d".formatted(i)), new byte[] {1});
    }

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).hasSize(25).containsOnly(Kind.OBJECT_ORPHANED);
    assertThat(repaired.findings())
        .allSatisfy(finding -> {
          assertThat(finding.repaired()).isFalse();
          assertThat(finding.advice()).contains("older copy");
        });
    assertThat(workshop.objectsOfProject()).hasSize(26);
  }

  private static void doom(String object, String reason, String notBefore, String more) {
    workshop.sql(
        "insert into doomed_object (project_id, object, cold, reason, not_before, doomed_at, deleting, failures, error) values ('%s', '%s', false, '%s', %s, now() - interval '1 day', %s)"
            .formatted(workshop.project.id(), object, reason, notBefore, more));
  }

  @Test
  void a_stray_plan_is_found_and_carried_out() throws Exception {
    Path stray = workshop.stray(STRAY, "put, and never recorded".getBytes(UTF_8));
    doom(STRAY, "planned", "now() - interval '3 hours'", "false, 0, null");
    workshop.sql("delete from job");
    assertThat(workshop.verify().findings()).as("no server had a chance since").isEmpty();
    workshop.sql("insert into job (name, started_at, finished_at) values ('any', now(), now())");

    Verified found = workshop.verify();
    assertThat(found.kinds()).containsExactly(Kind.DELETION_STUCK);
    assertThat(found.findings().getFirst().place().name()).isEqualTo(STRAY);
    assertThat(found.findings().getFirst().message()).contains("planned").contains("nobody tried");

    assertThat(workshop.repair().summary().clean()).isTrue();
    assertThat(stray).doesNotExist();
    assertThat(workshop.text(doomed("count(*)"))).isEqualTo("0");
  }

  @Test
  void a_deletion_that_fails_is_told_with_its_error() throws Exception {
    doom(STRAY, "removed", "now() + interval '5 minutes'", "true, 12, 'Access denied'");

    Finding finding = workshop.verify().one(Kind.DELETION_STUCK);
    assertThat(finding.message()).contains("12 tries failed: Access denied");
    assertThat(workshop.repair().summary().clean()).as("it can be deleted now").isTrue();
    workshop.assertClean();
  }

  @Test
  void a_plan_that_is_not_due_and_a_deletion_that_waits_are_no_findings() throws Exception {
    doom(STRAY, "planned", "now() + interval '1 hour'", "false, 0, null");
    workshop.assertClean();
    workshop.sql("delete from doomed_object");
  }

  @Test
  void an_object_that_a_recording_needs_is_saved_from_its_deletion() throws Exception {
    Visit visit = workshop.archived("needed");
    String object = workshop.object(visit);
    doom(object, "planned", "now() + interval '1 hour'", "false, 0, null");

    Verified found = workshop.verify();
    assertThat(found.kinds()).containsExactly(Kind.NEEDED_OBJECT_DOOMED);
    assertThat(found.findings().getFirst().place().session())
        .isEqualTo(UUID.fromString(visit.id()));
    assertThat(workshop.repair().summary().clean()).isTrue();
    assertThat(workshop.text(doomed("count(*)"))).isEqualTo("0");
    workshop.assertClean();

    doom(object, "removed", "now() + interval '5 minutes'", "true, 0, null");
    Finding begun = workshop.repair().one(Kind.NEEDED_OBJECT_DOOMED);
    assertThat(begun.repaired()).isFalse();
    assertThat(begun.advice()).contains("Copy the object away");
    assertThat(workshop.file(object)).exists();
    workshop.sql("delete from doomed_object");
  }

  @Test
  void nothing_is_said_of_an_archive_that_is_away() throws Exception {
    workshop.archived("away");
    Path archive = workshop.studio.server.folder().resolve("archive");
    Path aside = workshop.studio.server.folder().resolve("unmounted");
    try (var archives = new Archives(Archive.open(new ArchiveUrl.Directory(archive), null), null)) {
      archives.main().check();
      Files.move(archive, aside);
      assertThatThrownBy(() ->
              Verified.of(
                  workshop.studio.server,
                  archives,
                  new Options(workshop.project.id(), true, false),
                  Duration.ofMillis(50)))
          .isInstanceOf(ArchiveUnavailable.class);
    } finally {
      Files.move(aside, archive);
    }
    workshop.assertClean();
  }
}

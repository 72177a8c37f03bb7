package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A receipt says what is gone; here it is not. */
final class ErasureFaultsTest {
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

  private static void erase(String what) {
    var answer =
        workshop
            .studio
            .server
            .call("DELETE", "/api/projects/" + workshop.project.id() + what)
            .admin()
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    workshop.studio.delete(Duration.ofHours(2));
  }

  @Test
  void what_was_erased_is_not_missed() throws Exception {
    Visit session = workshop.archived("erased-session");
    Visit person =
        new Visit(workshop.studio.server, workshop.project, "erased-person")
            .by("ada", "Ada", "ada@example.com")
            .page(0, "https://shop.example.com/")
            .upload();
    workshop.live("stays");
    erase("/sessions/" + session.id());
    erase("/profiles/ada");

    Verified verified = workshop.verify();
    assertThat(verified.findings()).isEmpty();
    assertThat(verified.summary().sessions()).isOne();
    assertThat(workshop.objectsOfProject()).isEmpty();
    assertThat(person.id()).isNotEmpty();
  }

  @Test
  void a_session_that_came_back_from_a_backup_is_found() throws Exception {
    Visit visit = workshop.live("returned");
    workshop.sql("create table backup as select * from receipt");
    erase("/sessions/" + visit.id());
    workshop.assertClean();
    workshop.sql("insert into receipt select * from backup on conflict do nothing");

    Finding receipt = workshop.verify().one(Kind.ERASED_THERE);
    assertThat(receipt.place().session()).isEqualTo(UUID.fromString(visit.id()));
    assertThat(receipt.message()).contains("receipt.session_id");
    workshop.sql("drop table backup");
  }

  @Test
  void a_person_who_came_back_from_a_backup_is_found_and_not_named() throws Exception {
    Visit visit =
        new Visit(workshop.studio.server, workshop.project, "named")
            .by("grace", "Grace", "grace@example.com")
            .page(0, "https://shop.example.com/")
            .upload();
    erase("/profiles/grace");
    workshop.assertClean();
    workshop.sql(
        "insert into profile (project_id, id, first_seen_at, last_seen_at) values ('%s', 'grace', now(), now())"
            .formatted(workshop.project.id()));

    Finding finding = workshop.repair().one(Kind.ERASED_THERE);
    assertThat(finding.place().project()).isEqualTo(workshop.project.id());
    assertThat(finding.place().name()).isEqualTo("profile");
    assertThat(finding.toString()).doesNotContain("grace");
    assertThat(finding.repaired()).isFalse();
    assertThat(visit.id()).isNotEmpty();
  }

  @Test
  void an_object_that_a_receipt_says_is_gone_is_found_and_deleted() throws Exception {
    Visit visit = workshop.archived("object");
    String object = workshop.object(visit);
    Path file = workshop.file(object);
    byte[] content = Files.readAllBytes(file);
    erase("/sessions/" + visit.id());
    workshop
        .studio
        .server
        .get("/api/projects/" + workshop.project.id() + "/erasures")
        .admin()
        .send();
    assertThat(file).doesNotExist();
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.ERASED_OBJECT_THERE);
    assertThat(repaired.findings().getFirst().place().name()).isEqualTo(object);
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(file).doesNotExist();
    workshop.assertClean();
  }

  @Test
  void an_erasure_that_does_not_end_is_found() throws Exception {
    Visit visit = workshop.live("unfinished");
    erase("/sessions/" + visit.id());
    workshop.sql(
        "update erasure set rows_removed_at = null, requested_at = now() - interval '2 hours' where project_id = '%s'"
            .formatted(workshop.project.id()));

    assertThat(workshop.verify().one(Kind.ERASURE_UNFINISHED).message()).contains("session");
    workshop.sql(
        "update erasure set rows_removed_at = now() where project_id = '%s'"
            .formatted(workshop.project.id()));
    workshop.assertClean();
  }

  private static void leave(String opener, String session) {
    workshop.sql(
        "insert into open_session (project_id, opener, session_id, opened_at, last_received_at) values ('%s', '%s', '%s', now(), now())"
            .formatted(workshop.project.id(), opener, session));
  }

  private static String opener(Visit visit) {
    return workshop.text("select opener from session where id = '%s'".formatted(visit.id()));
  }

  @Test
  void an_opener_of_an_erased_session_is_found_and_forgotten() throws Exception {
    Visit visit = workshop.live("opener");
    String opener = opener(visit);
    erase("/sessions/" + visit.id());
    workshop.assertClean();
    leave(opener, visit.id());

    Finding finding = workshop.verify().one(Kind.ERASED_THERE);
    assertThat(finding.place().name()).isEqualTo("open_session");
    assertThat(finding.message()).contains("session's opener");
    assertThat(finding.toString()).doesNotContain(opener);
    assertThat(workshop.repair().one(Kind.ERASED_THERE).repaired()).isTrue();
    workshop.assertClean();
  }

  /** After its longest time a session is followed by another of the same name. */
  @Test
  void an_opener_of_a_later_session_is_no_trace_of_an_erased_one() throws Exception {
    Visit first = workshop.live("same-name");
    String opener = opener(first);
    workshop.sql("delete from open_session where opener = '%s'".formatted(opener));
    Visit second = workshop.live("later");
    workshop.sql(
        "update open_session set opener = '%s' where session_id = '%s'"
            .formatted(opener, second.id()));
    workshop.sql("update session set opener = '%s' where id = '%s'".formatted(opener, second.id()));
    erase("/sessions/" + first.id());

    Verified repaired = workshop.repair();
    assertThat(repaired.findings()).isEmpty();
    assertThat(
            workshop.text(
                "select session_id from open_session where opener = '%s'".formatted(opener)))
        .isEqualTo(second.id());
  }

  /** Unencrypted, the same recording has the same name. */
  @Test
  void an_object_that_was_recorded_again_is_not_taken_for_an_erased_one() throws Exception {
    Visit visit = workshop.archived("recorded-again");
    workshop.sql(
        """
        insert into erasure (project_id, id, kind, subject, rows_removed_at, objects_removed_at, vacuumed_at, lifted_at)
        values ('%1$s', '%1$s', 'session', '\\x00', now(), now(), now(), now())
        """
            .formatted(workshop.project.id()));
    workshop.sql(
        "insert into erasure_object (project_id, erasure_id, object) values ('%1$s', '%1$s', '%2$s')"
            .formatted(workshop.project.id(), workshop.object(visit)));
    workshop.assertClean();
  }
}

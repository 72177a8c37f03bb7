package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be wrong with a session, and how it is found, named and repaired. */
final class RecordingFaultsTest {
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

  private static void assertNames(Finding finding, Visit visit) {
    assertThat(finding.place().project()).isEqualTo(workshop.project.id());
    assertThat(finding.place().session()).isEqualTo(UUID.fromString(visit.id()));
    assertThat(finding.advice()).isNotBlank();
  }

  @Test
  void a_flipped_bit_in_an_object_is_found_with_the_uploads_that_it_costs() throws Exception {
    Visit visit = workshop.archived("flipped");
    List<Long> frames = workshop.frames(visit);
    workshop.assertClean();
    String object = workshop.object(visit);
    Workshop.flip(workshop.file(object), 60);

    Finding finding = workshop.verify().one(Kind.OBJECT_DAMAGED);
    assertNames(finding, visit);
    assertThat(finding.place().name()).isEqualTo(object);
    assertThat(finding.place().frames()).containsExactlyInAnyOrderElementsOf(frames);
    assertThat(finding.message()).contains("3 uploads in it cannot be read");

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.OBJECT_DAMAGED);
    assertThat(repaired.findings().getFirst().repaired()).isFalse();
    assertThat(repaired.summary().clean()).isFalse();
    assertThat(workshop.file(object)).as("the damaged copy may be the last").exists();
  }

  @Test
  void a_flipped_bit_in_an_index_is_found_by_a_quick_look_too() throws Exception {
    Visit visit = workshop.archived("index");
    Path file = workshop.file(workshop.object(visit));
    Workshop.flip(file, Files.size(file) - 120);

    for (Verified verified : List.of(workshop.verify(), workshop.quickly())) {
      assertThat(verified.kinds()).containsExactly(Kind.OBJECT_DAMAGED);
      assertNames(verified.one(Kind.OBJECT_DAMAGED), visit);
    }
  }

  @Test
  void a_quick_look_opens_no_group() throws Exception {
    Visit visit = workshop.archived("unopened");
    Workshop.flip(workshop.file(workshop.object(visit)), 60);

    Verified quick = workshop.quickly();
    assertThat(quick.findings()).isEmpty();
    assertThat(quick.summary().uploads()).isEqualTo(3);
    assertThat(quick.summary().bytes()).isZero();
  }

  @Test
  void a_truncated_object_is_found() throws Exception {
    Visit visit = workshop.archived("truncated");
    Path file = workshop.file(workshop.object(visit));
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));

    for (Verified verified : List.of(workshop.verify(), workshop.quickly())) {
      Finding finding = verified.one(Kind.OBJECT_DAMAGED);
      assertNames(finding, visit);
      assertThat(finding.message())
          .contains("%,d of %,d bytes".formatted(whole.length - 1, whole.length));
    }
    Files.write(file, whole);
    workshop.assertClean();
  }

  @Test
  void a_deleted_object_is_found_and_nothing_of_it_is_forgotten() throws Exception {
    Visit visit = workshop.archived("deleted");
    String object = workshop.object(visit);
    Path file = workshop.file(object);
    byte[] whole = Files.readAllBytes(file);
    Files.delete(file);

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.OBJECT_MISSING);
    Finding finding = repaired.findings().getFirst();
    assertNames(finding, visit);
    assertThat(finding.repaired()).isFalse();
    assertThat(finding.message()).contains("3 uploads");
    Files.createDirectories(file.getParent());
    Files.write(file, whole);
    workshop.assertClean();
  }

  @Test
  void a_key_that_is_not_the_objects_is_found() throws Exception {
    Visit visit = workshop.archived("wrong-key");
    Visit other = workshop.archived("other-key");
    String object = workshop.object(visit);
    workshop.sql(
        "update recording_part set data_key = (select data_key from recording_part where object = '%s') where object = '%s'"
            .formatted(workshop.object(other), object));

    Finding finding = workshop.verify().one(Kind.OBJECT_DAMAGED);
    assertNames(finding, visit);
    assertThat(finding.message()).contains("another key");

    workshop.sql(
        "update recording_part set data_key = set_byte(data_key, 5, 255 - get_byte(data_key, 5)) where object = '%s'"
            .formatted(object));
    assertNames(workshop.verify().one(Kind.KEY_LOST), visit);
  }

  @Test
  void a_project_without_its_key_is_found_and_gets_no_new_one() throws Exception {
    Visit visit = workshop.archived("keyless");
    String secret =
        workshop.text(
            "select encode(secret, 'hex') from project_key where project_id = '%s'"
                .formatted(workshop.project.id()));
    workshop.sql(
        "delete from project_key where project_id = '%s'".formatted(workshop.project.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.KEY_LOST, Kind.PROJECT_KEY_MISSING);
    assertNames(repaired.one(Kind.KEY_LOST), visit);
    assertThat(repaired.one(Kind.PROJECT_KEY_MISSING).place().project())
        .isEqualTo(workshop.project.id());

    workshop.sql(
        "insert into project_key values ('%s', decode('%s', 'hex'))"
            .formatted(workshop.project.id(), secret));
    workshop.assertClean();
  }

  @Test
  void a_flipped_bit_in_a_payload_is_found() throws Exception {
    Visit visit = workshop.live("payload");
    workshop.sql(
        "update chunk set payload = set_byte(payload, 20, 255 - get_byte(payload, 20)) where batch_id = 'payload-1' and session_id = '%s'"
            .formatted(visit.id()));

    Verified verified = workshop.verify();
    assertThat(verified.kinds()).containsExactly(Kind.PAYLOAD_DAMAGED);
    Finding finding = verified.findings().getFirst();
    assertNames(finding, visit);
    assertThat(finding.place().tab()).isEqualTo("t1");
    assertThat(finding.place().frames()).containsExactly(workshop.frames(visit).get(1));
    assertThat(finding.message()).contains("upload 1, batch payload-1");
    assertThat(workshop.quickly().findings()).isEmpty();
  }

  @Test
  void a_payload_of_another_upload_is_no_miscount() throws Exception {
    Visit visit = workshop.live("swapped");
    workshop.sql(
        "update chunk set payload = (select payload from chunk where batch_id = 'swapped-0' and session_id = '%1$s') where batch_id = 'swapped-1' and session_id = '%1$s'"
            .formatted(visit.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).contains(Kind.PAYLOAD_DAMAGED).doesNotContain(Kind.PAYLOAD_COUNT);
    assertNames(repaired.one(Kind.PAYLOAD_DAMAGED), visit);
    assertThat(repaired.one(Kind.PAYLOAD_DAMAGED).repaired()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0, t1, 0", "1, t1, 1", "2, t2, 0"})
  void a_deleted_upload_is_found_by_its_number_and_its_receipt(int batch, String tab, int ordinal)
      throws Exception {
    Visit visit = workshop.live("gone-" + batch);
    workshop.sql(
        "delete from chunk where batch_id = 'gone-%1$d-%1$d' and session_id = '%2$s'"
            .formatted(batch, visit.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.UPLOADS_MISSING, Kind.HOT_COUNT);
    Finding finding = repaired.one(Kind.UPLOADS_MISSING);
    assertNames(finding, visit);
    assertThat(finding.place().tab()).isEqualTo(tab);
    assertThat(finding.message())
        .contains("1 is in PostgreSQL no more and in no object: " + ordinal)
        .contains("batch gone-%1$d-%1$d with".formatted(batch));
    assertThat(finding.repaired()).isFalse();
    assertThat(repaired.one(Kind.HOT_COUNT).repaired()).isTrue();

    Verified again = workshop.repair();
    assertThat(again.kinds()).as("a repair hides no loss").containsExactly(Kind.UPLOADS_MISSING);
  }

  @ParameterizedTest
  @CsvSource({
    "hot_chunks, hot_chunks + 1, HOT_COUNT",
    "hot_bytes, hot_bytes - 1, HOT_COUNT",
    "hot_since, null, HOT_COUNT",
    "hot_since, hot_since + interval '1 hour', HOT_COUNT",
    "part_count, part_count + 1, PART_COUNT",
    "chunk_count, chunk_count + 2, UPLOAD_COUNT",
    "chunk_count, chunk_count - 1, UPLOAD_COUNT",
    "event_count, event_count + 1, UPLOAD_COUNT",
    "event_count, event_count - 1, UPLOAD_COUNT",
    "archive_after, now() + interval '30 days', LEASE_STUCK",
    "screen_view_count, 7, EVENT_COUNT",
    "revenue, revenue + 100, EVENT_COUNT",
  })
  void a_session_that_counts_wrong_is_counted_again(String column, String wrong, Kind kind)
      throws Exception {
    for (Visit visit : List.of(workshop.archived("counted"), workshop.live("counted-live"))) {
      String ours = "from session where id = '%s'".formatted(visit.id());
      String hot = workshop.text("select (hot_since is not null)::text " + ours);
      String before = workshop.text("select coalesce(" + column + "::text, '') " + ours);
      String value = column.equals("hot_since") && hot.equals("false") ? "now()" : wrong;
      workshop.sql(
          "update session set %s = %s where id = '%s'".formatted(column, value, visit.id()));

      Verified found = workshop.verify();
      assertThat(found.kinds()).containsExactly(kind);
      assertNames(found.findings().getFirst(), visit);
      Verified repaired = workshop.repair();
      assertThat(repaired.one(kind).repaired()).isTrue();
      assertThat(repaired.summary().clean()).isTrue();
      assertThat(workshop.text("select coalesce(" + column + "::text, '') " + ours))
          .isEqualTo(before);
      workshop.assertClean();
    }
  }

  @ParameterizedTest
  @CsvSource({"chunk_count + 1", "chunk_count - 1"})
  void a_tab_that_counts_wrong_is_counted_again(String wrong) throws Exception {
    for (Visit visit : List.of(workshop.archived("tab"), workshop.live("tab-live"))) {
      workshop.sql(
          "update tab set chunk_count = %s where session_id = '%s' and id = 't1'"
              .formatted(wrong, visit.id()));

      Verified repaired = workshop.repair();
      assertThat(repaired.kinds()).containsExactly(Kind.TAB_COUNT);
      assertThat(repaired.findings().getFirst().place().tab()).isEqualTo("t1");
      assertThat(repaired.summary().clean()).isTrue();
      assertThat(
              workshop.text(
                  "select chunk_count from tab where session_id = '%s' and id = 't1'"
                      .formatted(visit.id())))
          .isEqualTo("2");
      workshop.assertClean();
    }
  }

  @Test
  void a_tab_that_has_no_row_gets_one_with_its_clock() throws Exception {
    for (Visit visit : List.of(workshop.archived("tabless"), workshop.live("tabless-live"))) {
      String row =
          "select id || ' ' || shift_ms || ' ' || chunk_count from tab where session_id = '%s' and id = 't2'"
              .formatted(visit.id());
      String before = workshop.text(row);
      workshop.sql("delete from tab where session_id = '%s' and id = 't2'".formatted(visit.id()));

      assertThat(workshop.verify().one(Kind.TAB_MISSING).place().tab()).isEqualTo("t2");
      assertThat(workshop.repair().summary().clean()).isTrue();
      assertThat(workshop.text(row)).isEqualTo(before);
      workshop.assertClean();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "frame_count, frame_count + 1",
    "event_count, event_count - 1",
    "raw_bytes, 5",
    "bytes, bytes + 10"
  })
  void a_parts_row_is_set_by_its_object(String column, String wrong) throws Exception {
    Visit visit = workshop.archived("part-" + column);
    String value =
        "select %s from recording_part where session_id = '%s'".formatted(column, visit.id());
    String before = workshop.text(value);
    workshop.sql(
        "update recording_part set %s = %s where session_id = '%s'"
            .formatted(column, wrong, visit.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.OBJECT_COUNT);
    assertThat(repaired.findings().getFirst().place().session())
        .isEqualTo(UUID.fromString(visit.id()));
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(workshop.text(value)).isEqualTo(before);
    workshop.assertClean();
  }

  @ParameterizedTest
  @CsvSource({"event_count, event_count + 4", "raw_bytes, raw_bytes - 1"})
  void an_uploads_row_is_set_by_its_payload(String column, String wrong) throws Exception {
    Visit visit = workshop.live("row-" + column);
    String value =
        "select %s from chunk where session_id = '%s' and ordinal = 1"
            .formatted(column, visit.id());
    String before = workshop.text(value);
    workshop.sql(
        "update chunk set %s = %s where session_id = '%s' and ordinal = 1"
            .formatted(column, wrong, visit.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.PAYLOAD_COUNT);
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(workshop.text(value)).isEqualTo(before);
    workshop.assertClean();
  }

  /** Gives a session that was archived one of its chunks back, with other columns if asked. */
  private static void restore(Visit visit, int ordinal, String payload) {
    workshop.sql(
        "insert into chunk select project_id, session_id, id, tab_id, batch_id, client_session, ordinal, seq, received_at, first_at, last_at, event_count, user_events, raw_bytes, outline, %s from copied where session_id = '%s' and tab_id = 't1' and ordinal = %d"
            .formatted(payload, visit.id(), ordinal));
  }

  @Test
  void an_upload_in_both_places_stays_in_the_object_when_both_are_the_same() throws Exception {
    Visit visit = workshop.live("both");
    workshop.sql("create table copied as select * from chunk");
    workshop.studio.archive();
    workshop.assertClean();
    restore(visit, 1, "payload");

    Verified found = workshop.verify();
    assertThat(found.kinds()).containsExactly(Kind.HOT_COUNT, Kind.UPLOAD_TWICE);
    Finding finding = found.one(Kind.UPLOAD_TWICE);
    assertNames(finding, visit);
    assertThat(finding.place().name()).isEqualTo(workshop.object(visit));
    assertThat(finding.place().frames()).containsExactly(workshop.frames(visit).get(1));
    assertThat(finding.message()).contains("byte for byte");

    assertThat(workshop.repair().summary().clean()).isTrue();
    assertThat(
            workshop.text(
                "select count(*) from chunk where session_id = '%s'".formatted(visit.id())))
        .isEqualTo("0");
    workshop.assertClean();

    restore(
        visit,
        1,
        "(select payload from copied c where c.session_id = copied.session_id and tab_id = 't1' and ordinal = 0)");
    Verified repaired = workshop.repair();
    assertThat(repaired.one(Kind.UPLOAD_TWICE).message()).contains("with other bytes");
    assertThat(repaired.one(Kind.UPLOAD_TWICE).repaired()).isFalse();
    assertThat(
            workshop.text(
                "select count(*) from chunk where session_id = '%s'".formatted(visit.id())))
        .as("which of the two is right is not for us to say")
        .isEqualTo("1");
    workshop.sql("drop table copied");
  }

  @Test
  void two_uploads_of_one_number_are_told() throws Exception {
    Visit visit = workshop.live("numbers");
    workshop.sql(
        "update chunk set ordinal = 0 where session_id = '%s' and tab_id = 't1'"
            .formatted(visit.id()));

    Finding finding = workshop.repair().one(Kind.ORDINAL_TWICE);
    assertNames(finding, visit);
    assertThat(finding.place().tab()).isEqualTo("t1");
    assertThat(finding.repaired()).isFalse();
  }

  @Test
  void what_was_sent_twice_is_counted_as_it_was_sent() throws Exception {
    Visit visit =
        new Visit(workshop.studio.server, workshop.project, "repeated")
            .page(0, "https://shop.example.com/a")
            .click(1_000)
            .upload("&seq=0")
            .page(0, "https://shop.example.com/a")
            .click(1_000)
            .upload("&seq=1")
            .click(2_000)
            .upload("&seq=2");
    workshop.studio.archive();
    assertThat(
            workshop.text(
                "select session.event_count - part.event_count from session join recording_part part on session_id = id where id = '%s'"
                    .formatted(visit.id())))
        .isEqualTo("3");
    workshop.assertClean();

    workshop.sql(
        "update session set event_count = event_count + 1 where id = '%s'".formatted(visit.id()));
    assertThat(workshop.repair().one(Kind.UPLOAD_COUNT).repaired()).isTrue();
    assertThat(
            workshop.text("select event_count from session where id = '%s'".formatted(visit.id())))
        .isEqualTo("7");
    workshop.assertClean();
  }

  @Test
  void uploads_are_not_deleted_for_an_object_that_is_to_go() throws Exception {
    Visit visit = workshop.live("doomed");
    workshop.sql("create table copied as select * from chunk");
    workshop.studio.archive();
    restore(visit, 1, "payload");
    workshop.sql("drop table copied");
    workshop.sql(
        "insert into doomed_object (project_id, object, cold, reason, not_before) values ('%s', '%s', false, 'removed', now() + interval '1 day')"
            .formatted(workshop.project.id(), workshop.object(visit)));

    Verified repaired = workshop.repair();
    assertThat(repaired.one(Kind.UPLOAD_TWICE).repaired()).isFalse();
    assertThat(repaired.one(Kind.NEEDED_OBJECT_DOOMED).repaired()).isTrue();
    assertThat(
            workshop.text(
                "select count(*) from chunk where session_id = '%s'".formatted(visit.id())))
        .isEqualTo("1");
    assertThat(workshop.repair().one(Kind.UPLOAD_TWICE).repaired()).isTrue();
    workshop.assertClean();
  }
}

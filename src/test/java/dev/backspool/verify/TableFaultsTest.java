package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.api.Visit;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be wrong with tables, jobs, and rows that name sessions. */
final class TableFaultsTest {
  private static Workshop workshop;

  @BeforeAll
  static void open() {
    workshop = Workshop.open();
  }

  @AfterAll
  static void close() {
    workshop.close();
  }

  /** A visit of three analytics events. */
  private static String tracked(String session) {
    for (String name : new String[] {"screen_view", "added_to_cart", "screen_view"}) {
      var answer =
          workshop
              .studio
              .server
              .post("/v1/events")
              .bearer(workshop.project.sdkKey())
              .header("User-Agent", Visit.CHROME)
              .json(
                  Map.of(
                      "session_id",
                      session,
                      "events",
                      new Object[] {Map.of("name", name, "path", "/a")}))
              .send();
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }
    return workshop.text("select id from session where name = '%s'".formatted(session));
  }

  private static String partition(String parent) {
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    return parent + "_" + today.format(DateTimeFormatter.BASIC_ISO_DATE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chunk", "event"})
  void a_day_that_was_taken_out_is_found_and_put_back(String parent) throws Exception {
    workshop.another();
    tracked("detached-" + parent);
    workshop.live("detached-live-" + parent);
    workshop.assertClean();
    workshop.sql("alter table %s detach partition %s".formatted(parent, partition(parent)));

    Verified found = workshop.verify();
    assertThat(found.one(Kind.PARTITION_MISSING).place().name()).isEqualTo(partition(parent));
    Verified repaired = workshop.repair();
    assertThat(repaired.one(Kind.PARTITION_MISSING).repaired()).isTrue();
    workshop.assertClean();
  }

  @ParameterizedTest
  @ValueSource(strings = {"chunk", "event"})
  void the_table_of_all_other_days_is_made_again(String parent) throws Exception {
    workshop.sql("drop table %s_default".formatted(parent));

    assertThat(workshop.verify().one(Kind.PARTITION_MISSING).place().name())
        .isEqualTo(parent + "_default");
    assertThat(workshop.repair().summary().clean()).isTrue();
    workshop.assertClean();
    assertThat(
            workshop.text(
                "select string_agg(polname, ' ' order by polname) from pg_policy where polrelid = '%s_default'::regclass"
                    .formatted(parent)))
        .isEqualTo("read write");
  }

  @Test
  void a_table_that_does_not_keep_projects_apart_is_found_and_does_again() throws Exception {
    workshop.sql("alter table %s disable row level security".formatted(partition("chunk")));
    workshop.sql("drop policy write on event_default");

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.POLICY_MISSING, Kind.POLICY_MISSING);
    assertThat(repaired.summary().clean()).isTrue();
    workshop.assertClean();
  }

  @Test
  void a_job_that_nobody_can_take_is_given_back() throws Exception {
    workshop.another();
    workshop.sql("delete from job");
    workshop.sql(
        """
        insert into job (name, holder, leased_until, started_at) values
          ('stuck', gen_random_uuid(), now() + interval '30 days', now()),
          ('dead', gen_random_uuid(), now() - interval '5 days', now() - interval '5 days'),
          ('working', gen_random_uuid(), now() + interval '15 minutes', now())
        """);
    assertThat(workshop.verify().one(Kind.LEASE_STUCK).place().name())
        .as("perhaps no server has run since the other one died")
        .isEqualTo("stuck");
    workshop.sql("insert into job (name, started_at, finished_at) values ('done', now(), now())");

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.LEASE_STUCK, Kind.LEASE_STUCK);
    assertThat(repaired.findings())
        .extracting(finding -> finding.place().name())
        .containsExactly("dead", "stuck");
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(
            workshop.studio.server.column(
                "select name from job where leased_until is not null and name in ('stuck', 'dead', 'working')"))
        .containsExactly("working");
    workshop.sql("delete from job");
  }

  @Test
  void another_verification_is_waited_for_by_nobody() throws Exception {
    workshop.sql(
        """
        insert into job (name, holder, leased_until, started_at)
        values ('verify', gen_random_uuid(), now() + interval '1 minute', now())
        on conflict (name) do update set
          holder = excluded.holder, leased_until = excluded.leased_until
        """);
    assertThatThrownBy(workshop::verify).isInstanceOf(Verification.Running.class);
    workshop.sql("update job set leased_until = now() - interval '1 second'");
    workshop.assertClean();
  }

  @Test
  void a_session_that_counts_too_few_events_counts_them_again() throws Exception {
    workshop.another();
    String session = tracked("few-events");
    workshop.assertClean();
    workshop.sql(
        "update session set tracked_count = 1, screen_view_count = 9 where id = '%s'"
            .formatted(session));

    Verified repaired = workshop.repair();
    Finding finding = repaired.one(Kind.EVENT_COUNT);
    assertThat(finding.place().session()).isEqualTo(UUID.fromString(session));
    assertThat(finding.message()).contains("1 event, 9 screen views").contains("there are 3, 2");
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(
            workshop.text(
                "select tracked_count || ' ' || screen_view_count from session where id = '%s'"
                    .formatted(session)))
        .isEqualTo("3 2");
    workshop.assertClean();
  }

  @Test
  void a_session_that_counts_more_events_than_there_are_goes_on_telling_of_them() throws Exception {
    workshop.another();
    String session = tracked("lost-events");
    workshop.sql(
        "delete from event where session_id = '%s' and name = 'added_to_cart'".formatted(session));

    Finding finding = workshop.repair().one(Kind.EVENT_COUNT);
    assertThat(finding.repaired()).isFalse();
    assertThat(finding.advice()).contains("Events may be lost");
    assertThat(finding.message()).contains("3 events").contains("there are 2");
  }

  @Test
  void rows_of_sessions_that_are_gone_are_found() throws Exception {
    workshop.another();
    String tracked = tracked("gone-events");
    Visit visit = workshop.live("gone-uploads");
    workshop.sql("delete from session where id in ('%s', '%s')".formatted(tracked, visit.id()));

    Verified repaired = workshop.repair();
    assertThat(repaired.kinds()).containsExactly(Kind.EVENT_SESSION_GONE, Kind.UPLOAD_SESSION_GONE);
    Finding events = repaired.one(Kind.EVENT_SESSION_GONE);
    assertThat(events.place().session()).isEqualTo(UUID.fromString(tracked));
    assertThat(events.place().name()).isEqualTo(partition("event"));
    assertThat(events.message()).startsWith("4 events");
    Finding uploads = repaired.one(Kind.UPLOAD_SESSION_GONE);
    assertThat(uploads.place().session()).isEqualTo(UUID.fromString(visit.id()));
    assertThat(uploads.message()).startsWith("3 uploads");
    assertThat(uploads.repaired()).as("they may be the only copy").isFalse();
  }

  @Test
  void rows_of_a_session_that_is_being_erased_are_not_missed() throws Exception {
    workshop.another();
    String tracked = tracked("going-events");
    Visit visit = workshop.live("going-uploads");
    // As an erasure that is held up leaves it: the session's row has gone first.
    UUID erasure = UUID.randomUUID();
    workshop.sql(
        "insert into erasure (project_id, id, kind, subject) values ('%s', '%s', 'profile', '\\x00')"
            .formatted(workshop.project.id(), erasure));
    for (String session : List.of(tracked, visit.id())) {
      workshop.sql(
          "insert into erasure_task (project_id, erasure_id, kind, value) values ('%s', '%s', 'session', '%s')"
              .formatted(workshop.project.id(), erasure, session));
      workshop.sql("delete from session where id = '%s'".formatted(session));
    }
    workshop.assertClean();

    workshop.sql("delete from erasure where id = '%s'".formatted(erasure));
    assertThat(workshop.verify().kinds())
        .containsExactly(Kind.EVENT_SESSION_GONE, Kind.UPLOAD_SESSION_GONE);
  }

  @Test
  void receipts_outlive_their_session_for_a_while() throws Exception {
    workshop.another();
    Visit visit = workshop.live("receipts");
    workshop.sql("delete from chunk where session_id = '%s'".formatted(visit.id()));
    workshop.sql("delete from session where id = '%s'".formatted(visit.id()));
    workshop.assertClean();
    workshop.sql(
        "update receipt set received_at = now() - interval '40 days' where session_id = '%s' and batch_id <> 'receipts-1'"
            .formatted(visit.id()));

    Verified repaired = workshop.repair();
    Finding finding = repaired.one(Kind.RECEIPT_SESSION_GONE);
    assertThat(finding.place().session()).isEqualTo(UUID.fromString(visit.id()));
    assertThat(finding.message()).startsWith("2 receipts");
    assertThat(repaired.summary().clean()).isTrue();
    assertThat(
            workshop.text(
                "select batch_id from receipt where session_id = '%s'".formatted(visit.id())))
        .isEqualTo("receipts-1");
  }
}

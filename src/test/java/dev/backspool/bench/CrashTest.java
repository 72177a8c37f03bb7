package dev.backspool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.bench.Audit.Finding;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Hard kills of the real program in a process of its own; {@code bench crash} does more of them.
 */
final class CrashTest {
  private static final int CLIENTS = 16;
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration NEVER = Duration.ofHours(1);

  @Test
  void everything_acknowledged_survives_kills_in_all_copies_and_every_other_is_absent_or_whole()
      throws Exception {
    try (var crash = new Crash(CLIENTS, SOON)) {
      for (int n = 0; n < 3; n++) {
        Crash.Round round = crash.round(Duration.ofSeconds(2), n == 1);
        assertThat(round.finding().problems()).isEmpty();
        assertThat(round.finding().batches().acknowledged()).isPositive();
        assertThat(round.finding().events().acknowledged()).isPositive();
      }
      Finding last = crash.stopAndLook();
      assertThat(last.problems()).isEmpty();
      assertThat(crash.lookAtCopies()).isEmpty();
    }
  }

  @Test
  void answers_what_is_in_flight_before_it_stops() throws Exception {
    try (var crash = new Crash(CLIENTS, SOON)) {
      Crash.Stopped stopped = crash.stopUnderLoad(Duration.ofSeconds(2));

      assertThat(stopped.exitCode()).isEqualTo(143); // as the JVM ends on SIGTERM
      assertThat(stopped.finding().problems()).isEmpty();
      // What is stored was also answered: no client was cut off after its commit.
      for (Audit.Count count : List.of(stopped.finding().batches(), stopped.finding().events())) {
        assertThat(count.acknowledged()).isPositive();
        assertThat(count.unansweredStored()).isZero();
      }
    }
  }

  @Test
  void the_audit_sees_what_the_archive_has_lost() throws Exception {
    try (var crash = new Crash(2, SOON)) {
      do {
        Finding whole = crash.round(Duration.ofSeconds(8), false).finding();
        assertThat(whole.problems()).isEmpty();
      } while (crash.objects() == 0);

      assertThat(crash.lookWithoutObjects().problems())
          .anyMatch(problem -> problem.startsWith("unreadable: object"))
          .anyMatch(problem -> problem.startsWith("torn or double"));
    }
  }

  @Test
  void the_audit_sees_what_is_missing_double_or_changed() throws Exception {
    try (var crash = new Crash(1, NEVER)) {
      crash.round(Duration.ofSeconds(2), false);

      Finding lost =
          crash.lookAfter(
              "delete from receipt where batch_id in (select min(batch_id) from receipt)");
      assertThat(lost.problems())
          .anyMatch(problem -> problem.startsWith("lost"))
          .anyMatch(problem -> problem.startsWith("torn or double"));

      Finding torn = crash.lookAfter("delete from chunk where id in (select max(id) from chunk)");
      assertThat(torn.problems())
          .anyMatch(problem -> problem.contains("does not count its chunks"))
          .anyMatch(problem -> problem.contains("the usage of"));
    }
  }

  @Test
  void the_audit_sees_events_that_are_missing_double_or_astray() throws Exception {
    try (var crash = new Crash(4, NEVER)) {
      Finding whole = crash.round(Duration.ofSeconds(6), false).finding();
      while (whole.events().acknowledged() < 500) { // a cold server may have taken none yet
        whole = crash.round(Duration.ofSeconds(6), false).finding();
      }

      assertDamage(
          crash,
          """
          delete from event where id in (
            select max(id) from event
            where name = 'screen_view'
              and properties::json ->> 'mark' not like '%-0' -- not alone in its request
              and session_id in (select id from session where screen_view_count > 1))
          """,
          "torn",
          "lost: the id",
          "does not count its events",
          "the usage of");
      assertDamage(
          crash,
          """
          insert into event select * from event
          where id in (select min(id) from event where name = 'screen_view')
          """,
          "double");
      assertDamage(
          crash,
          """
          delete from event where name = 'session_start' and session_id in (
            select min(session_id::text)::uuid from event where name = 'session_start')
          """,
          "has not one session_start");
      assertDamage(
          crash,
          """
          update event set device_id = 'another' where id in (
            select min(id) from event where name = 'click')
          """,
          "holds an event of another device");
      assertDamage(
          crash,
          """
          delete from event where properties::json ->> 'mark' in (
            select properties::json ->> 'mark' from event
            where properties::json ->> 'mark' like '%-1'
            group by 1 having count(*) = 1
            limit 1)
          """,
          "torn");
      assertDamage(crash, "delete from event", "lost: request");
    }
  }

  private static void assertDamage(Crash crash, String damage, String... problems)
      throws Exception {
    Finding finding = crash.lookAfter(damage);
    for (String problem : problems) {
      assertThat(finding.problems())
          .as("%s after %s", finding, damage)
          .anyMatch(each -> each.contains(problem));
    }
  }
}

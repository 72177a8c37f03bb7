package dev.backspool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.bench.Audit.Finding;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Hard kills of the real program in a process of its own; {@code bench crash} does more of them.
 */
final class CrashTest {
  private static final int CLIENTS = 16;

  @Test
  void every_acknowledged_batch_survives_kills_and_every_other_is_absent_or_whole()
      throws Exception {
    try (var crash = new Crash(CLIENTS)) {
      for (int n = 0; n < 3; n++) {
        Crash.Round round = crash.round(Duration.ofSeconds(2), n == 1);
        assertThat(round.finding().problems()).isEmpty();
        assertThat(round.finding().acknowledged()).isPositive();
      }
      Finding last = crash.stopAndLook();
      assertThat(last.problems()).isEmpty();
    }
  }

  @Test
  void answers_what_is_in_flight_before_it_stops() throws Exception {
    try (var crash = new Crash(CLIENTS)) {
      Crash.Stopped stopped = crash.stopUnderLoad(Duration.ofSeconds(2));

      assertThat(stopped.exitCode()).isEqualTo(143); // as the JVM ends on SIGTERM
      assertThat(stopped.finding().problems()).isEmpty();
      assertThat(stopped.finding().acknowledged()).isPositive();
      // What is stored was also answered: no client was cut off after its commit.
      assertThat(stopped.finding().unansweredStored()).isZero();
    }
  }

  @Test
  void the_audit_sees_what_is_missing_double_or_changed() throws Exception {
    try (var crash = new Crash(1)) {
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
}

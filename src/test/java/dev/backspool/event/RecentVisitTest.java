package dev.backspool.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the other tests build upon, at every second of a day. */
final class RecentVisitTest {
  private static final Instant MIDNIGHT = Instant.parse("2026-11-21T00:00:00Z");
  private static final Duration AGO = Duration.ofMinutes(10);

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 25, 900})
  void a_visit_is_recent_and_in_one_half_hour_whenever_it_is_asked_for(int seconds) {
    Duration length = Duration.ofSeconds(seconds);
    for (int second = 0; second < 86_400; second++) {
      Instant now = MIDNIGHT.plusSeconds(second);
      Instant begin = RecentVisit.begun(now, AGO, length);

      assertThat(SessionIds.bucket(begin.plus(length).toEpochMilli()))
          .as("at %s", now)
          .isEqualTo(SessionIds.bucket(begin.toEpochMilli()));
      assertThat(begin).isBetween(now.minus(AGO).minus(length), now.minus(AGO));
    }
  }
}

package dev.backspool.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How slowly a body may come. */
final class PaceTest {
  private final AtomicLong now = new AtomicLong(-1);
  private final Pace pace = new Pace(now::get);

  private boolean isTooSlowAfter(Duration time, long bytes) {
    now.set(time.toNanos() - 1);
    return pace.isTooSlow(bytes);
  }

  @Test
  void a_sender_may_be_silent_for_half_a_minute_in_all() {
    assertThat(isTooSlowAfter(Duration.ofSeconds(30), 0)).isFalse();
    assertThat(isTooSlowAfter(Duration.ofSeconds(30).plusNanos(1), 0)).isTrue();
  }

  @Test
  void the_time_that_bytes_take_at_the_least_rate_is_added() {
    long tenMinutes = 600 * 16 * 1024;

    assertThat(isTooSlowAfter(Duration.ofSeconds(630), tenMinutes)).isFalse();
    assertThat(isTooSlowAfter(Duration.ofSeconds(631), tenMinutes)).isTrue();
  }
}

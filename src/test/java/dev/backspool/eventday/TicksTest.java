package dev.backspool.eventday;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is done while somebody waits. */
final class TicksTest {
  @Test
  void they_come_again_and_again_until_the_end() throws Exception {
    var three = new CountDownLatch(3);
    var count = new AtomicInteger();
    try (var ticks =
        new Ticks(
            Duration.ofMillis(5),
            () -> {
              count.incrementAndGet();
              three.countDown();
            })) {
      assertThat(three.await(20, TimeUnit.SECONDS)).isTrue();
      ticks.end();
      int atTheEnd = count.get();
      Thread.sleep(50);
      assertThat(count).hasValue(atTheEnd);
    }
  }

  @Test
  void what_one_throws_is_thrown_at_the_end() throws Exception {
    var begun = new CountDownLatch(1);
    try (var ticks =
        new Ticks(
            Duration.ofMillis(5),
            () -> {
              begun.countDown();
              throw new IllegalStateException("lost");
            })) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(ticks::end).hasMessage("lost");
    }
  }
}

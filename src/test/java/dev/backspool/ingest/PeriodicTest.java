package dev.backspool.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is done again and again. */
final class PeriodicTest {
  @Test
  void no_failure_ends_it() throws Exception {
    var tries = new CountDownLatch(3);
    try (var _ =
        new Periodic(
            "failing",
            Duration.ofMillis(1),
            () -> {
              tries.countDown();
              if (tries.getCount() == 2) {
                throw new IllegalStateException("told to");
              }
              throw new OutOfMemoryError("told to");
            })) {
      assertThat(tries.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}

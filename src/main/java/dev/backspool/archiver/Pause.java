package dev.backspool.archiver;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to leave alone what failed. */
final class Pause {
  private static final Duration FIRST = Duration.ofSeconds(15);
  private static final Duration MOST = Duration.ofMinutes(10);
  private static final int MOST_DOUBLINGS = 10;

  /** For what does not get well by itself: somebody has to see to it. */
  static final Duration LONG = Duration.ofDays(1);

  private Pause() {}

  /**
   * Doubles from failure to failure, up to ten minutes, and is shortened by chance, by half at
   * most, so that what failed together does not come back together.
   *
   * @param failures so far, this one not counted
   */
  static Duration after(int failures) {
    long whole =
        Math.min(
            MOST.toMillis(), FIRST.toMillis() << Math.min(MOST_DOUBLINGS, Math.max(0, failures)));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(whole / 2, whole + 1));
  }
}

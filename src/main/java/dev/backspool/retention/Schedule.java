package dev.backspool.retention;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * When the daily run is due: once a UTC day, at the same time on every node.
 *
 * @param atDay the time since midnight
 */
record Schedule(Duration atDay) {
  private static final Duration EARLIEST = Duration.ofHours(1);
  private static final long SPREAD_SECONDS = Duration.ofHours(4).toSeconds();

  /**
   * A time between one and five o'clock, so that installations that share a disk or a bucket do not
   * all begin at once.
   *
   * @param installedAt any moment that is an installation's own
   */
  static Schedule of(Instant installedAt) {
    return new Schedule(
        EARLIEST.plusSeconds(Math.floorMod(installedAt.getEpochSecond(), SPREAD_SECONDS)));
  }

  /** The last time it was due. */
  Instant before(Instant now) {
    Instant today = now.truncatedTo(ChronoUnit.DAYS).plus(atDay);
    return today.isAfter(now) ? today.minus(1, ChronoUnit.DAYS) : today;
  }

  /** The next time it is due. */
  Instant after(Instant now) {
    return before(now).plus(1, ChronoUnit.DAYS);
  }
}

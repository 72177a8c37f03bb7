package dev.backspool.sync;

import dev.backspool.postgres.Lease;
import java.time.Duration;

/**
 * A lease that is kept from round to round, and renewed when a third of it is over. One thread
 * works with it.
 */
final class Held {
  private final Lease lease;
  private final Duration length;
  private volatile long renewedAt = System.nanoTime();
  private volatile long usedAt = System.nanoTime();

  Held(Lease lease, Duration length) {
    this.lease = lease;
    this.length = length;
  }

  Lease lease() {
    return lease;
  }

  /**
   * Renews it when it is time.
   *
   * @throws Lease.Lost when another node has it
   */
  void keep() {
    usedAt = System.nanoTime();
    if (usedAt - renewedAt > length.toNanos() / 3) {
      lease.renew(null);
      renewedAt = usedAt;
    }
  }

  /** How long nobody needed it. */
  Duration idle() {
    return Duration.ofNanos(System.nanoTime() - usedAt);
  }
}

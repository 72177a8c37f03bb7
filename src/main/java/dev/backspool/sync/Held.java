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

  /**
   * Keeps it by a thread of its own, for as long as one thing takes that has no end in sight. That
   * it was lost all the same is for the other thread to find out.
   */
  Keeping keeping() {
    Thread keeper =
        Thread.ofVirtual()
            .name("sync-keep")
            .start(() -> {
              try {
                while (true) {
                  Thread.sleep(length.dividedBy(3));
                  lease.renew(null);
                }
              } catch (InterruptedException | RuntimeException over) {
                // It is over, or was lost.
              }
            });
    return keeper::interrupt;
  }

  /** Ends with what it was kept for. */
  @FunctionalInterface
  interface Keeping extends AutoCloseable {
    @Override
    void close();
  }

  /** How long nobody needed it. */
  Duration idle() {
    return Duration.ofNanos(System.nanoTime() - usedAt);
  }
}

package dev.backspool.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How slowly a body may come: its sender may be silent for 30 s in all, on top of the time that its
 * bytes take at 16 KiB/s.
 */
final class Pace {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long LEAST_BYTES_PER_SECOND = 16 * 1024;

  private final LongSupplier nanos;
  private final long begunAt;

  /** A pace that begins now. */
  Pace() {
    this(System::nanoTime);
  }

  Pace(LongSupplier nanos) {
    this.nanos = nanos;
    begunAt = nanos.getAsLong();
  }

  /**
   * Whether the time is over in which so much should have come.
   *
   * @param bytes that came since the beginning
   */
  boolean isTooSlow(long bytes) {
    long fair = PATIENCE_NANOS + bytes * 1_000_000_000L / LEAST_BYTES_PER_SECOND;
    return nanos.getAsLong() - begunAt > fair;
  }
}

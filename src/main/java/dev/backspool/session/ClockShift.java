package dev.backspool.session;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Brings a client's clock to the server's. The shift of a tab is fixed at first contact and never
 * changes, so that network delay cannot reorder or stretch a recording; what is still absurd after
 * it is clamped where bounds are stored. The payload keeps the client's own times.
 */
public final class ClockShift {
  /** A client clock this near the server's is taken as right; the rest is network delay. */
  private static final Duration TOLERANCE = Duration.ofSeconds(30);

  /** Without a send time, a first chunk whose last event is older than this has a wrong clock. */
  private static final Duration PLAUSIBLE_DELAY = Duration.ofHours(1);

  private static final Duration OLDEST = Duration.ofDays(7);
  private static final Duration NEWEST = Duration.ofMinutes(1);

  private ClockShift() {}

  /**
   * The shift for a tab whose first chunk this is, in ms.
   *
   * @param sentAt the client's clock as it sent; null where the contract does not tell
   * @param lastEventMs the newest event's own time; null when none has one
   */
  public static long atFirstContact(
      Instant receivedAt, @Nullable Instant sentAt, @Nullable Long lastEventMs) {
    long received = receivedAt.toEpochMilli();
    if (sentAt != null) {
      long shift = received - sentAt.toEpochMilli();
      return Math.abs(shift) <= TOLERANCE.toMillis() ? 0 : shift;
    }
    if (lastEventMs == null) {
      return 0;
    }
    boolean plausible =
        lastEventMs >= received - PLAUSIBLE_DELAY.toMillis()
            && lastEventMs <= received + NEWEST.toMillis();
    return plausible ? 0 : received - lastEventMs;
  }

  /**
   * A shifted event time as it may stand in a row: at most a week before and a minute after
   * receipt.
   */
  public static long clamp(long eventMs, Instant receivedAt) {
    long received = receivedAt.toEpochMilli();
    return Math.clamp(eventMs, received - OLDEST.toMillis(), received + NEWEST.toMillis());
  }
}

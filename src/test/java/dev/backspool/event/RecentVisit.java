package dev.backspool.event;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * When a visit of a little while ago began, so that all of it is one session at whatever time of
 * day the test runs: events go into sessions by half hours ({@link SessionIds}), and a visit across
 * the border of two of them is two sessions.
 */
public final class RecentVisit {
  private RecentVisit() {}

  /**
   * The begin of a visit, to the millisecond.
   *
   * @param ago how long ago; where the border lies in the visit, longer ago by its length
   * @param length from the first event to the last, a quarter of an hour at most
   */
  public static Instant begun(Duration ago, Duration length) {
    return begun(Instant.now(), ago, length);
  }

  static Instant begun(Instant now, Duration ago, Duration length) {
    Instant begin = now.minus(ago).truncatedTo(ChronoUnit.MILLIS);
    boolean isWhole = halfHour(begin) == halfHour(begin.plus(length));
    return isWhole ? begin : begin.minus(length);
  }

  private static long halfHour(Instant moment) {
    return SessionIds.bucket(moment.toEpochMilli());
  }
}

package dev.backspool.retention;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Deletes what serves for a while only, of all projects: what makes retries harmless, which session
 * an opener goes on with, and the daily counts of long ago.
 */
final class ShortLived {
  private static final String STEP = "records";

  /** A recorder that was offline sends what it has within days, and a batch it is told of once. */
  private static final Duration RECEIPTS = Duration.ofDays(30);

  /** Twice as long as an event may be late: an older one is refused, sent twice or not. */
  private static final Duration EVENT_KEYS = Duration.ofDays(10);

  /** Much longer than a session is let go on; after that, no opener finds its old one. */
  private static final Duration OPENERS = Duration.ofDays(30);

  /** A year, and what is needed to compare a month with the same one of the year before. */
  private static final int DAYS_COUNTED = 400;

  private ShortLived() {}

  /**
   * Deletes it.
   *
   * @param sessionMax the age at which a session is split
   */
  static void remove(Work work, Instant now, Duration sessionMax) {
    Duration openers = OPENERS.compareTo(sessionMax) > 0 ? OPENERS : sessionMax.plusDays(1);
    delete(work, new Slices("receipt", "received_at", now.minus(RECEIPTS)));
    delete(work, new Slices("event_key", "received_at", now.minus(EVENT_KEYS)));
    delete(work, new Slices("open_session", "opened_at", now.minus(openers)));
    LocalDate counted = LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(DAYS_COUNTED);
    work.write(handle ->
        handle.execute("delete from usage where day < ?", counted)
            + handle.execute("delete from refusal where day < ?", counted)
            + handle.execute(
                "delete from retention_run where started_at < ?",
                counted.atStartOfDay().atOffset(ZoneOffset.UTC)));
  }

  private static void delete(Work work, Slices slices) {
    while (!slices.isDone()) {
      work.write(slices::deleteNext);
      work.progress(null, STEP, 0, 0);
    }
  }
}

package dev.backspool.retention;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/**
 * Old rows of a table, deleted a slice of time after the other: each finds its rows by the index of
 * their times, and does not look again at those that are gone or that stay. One thread.
 */
final class Slices {
  /** So many rows are looked at for a slice, and all others of the same moment. */
  private static final int ROWS = 5_000;

  private final String table;
  private final String time;
  private final String which;
  private final String butFor;
  private final Map<String, UUID> values;
  private final Supplier<Instant> before;
  private Instant after = Terms.NEVER;
  private boolean done;

  /**
   * Deletes nothing yet.
   *
   * @param time the indexed column of the rows' times
   * @param before what is younger stays
   */
  Slices(String table, String time, Instant before) {
    this(table, time, "true", "false", Map.of(), () -> before);
  }

  /**
   * Of some rows.
   *
   * @param which more conditions, named {@code :so} and bound by {@code values}
   * @param butFor a condition of rows that stay; a slice is no longer for having many of them
   * @param before is asked in each transaction anew
   */
  Slices(
      String table,
      String time,
      String which,
      String butFor,
      Map<String, UUID> values,
      Supplier<Instant> before) {
    this.table = table;
    this.time = time;
    this.which = which;
    this.butFor = butFor;
    this.values = values;
    this.before = before;
  }

  boolean isDone() {
    return done;
  }

  /** Deletes the next slice, in the caller's transaction, and tells how many rows went. */
  int deleteNext(Handle handle) {
    Instant until = before.get();
    Optional<Instant> end =
        handle
            .createQuery(
                """
                select %2$s from %1$s
                where %2$s > :after and %2$s < :before and %3$s
                order by %2$s
                offset %4$d limit 1
                """
                    .formatted(table, time, which, ROWS - 1))
            .bindMap(values)
            .bind("after", after.atOffset(ZoneOffset.UTC))
            .bind("before", until.atOffset(ZoneOffset.UTC))
            .mapTo(OffsetDateTime.class)
            .findOne()
            .map(OffsetDateTime::toInstant);
    int deleted =
        handle
            .createUpdate(
                "delete from %1$s where %2$s > :after and %2$s %4$s :end and %3$s and not (%5$s)"
                    .formatted(table, time, which, end.isPresent() ? "<=" : "<", butFor))
            .bindMap(values)
            .bind("after", after.atOffset(ZoneOffset.UTC))
            .bind("end", end.orElse(until).atOffset(ZoneOffset.UTC))
            .execute();
    after = end.orElse(until);
    done = end.isEmpty();
    return deleted;
  }
}

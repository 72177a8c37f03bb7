package dev.backspool.retention;

import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The day partitions of a table. To drop one, nobody may be reading or writing the table for a
 * moment; who comes meanwhile waits behind. So the wait for that moment is kept short, and made
 * again.
 *
 * @param table {@code chunk} or {@code event}
 */
record DayPartitions(String table) {
  private static final String LOCK_TIMEOUT = "55P03";
  private static final int FEW = 10;

  /** With the pauses, longer than anything of ours may read. */
  private static final int MANY = 100;

  private static final Duration PAUSE = Duration.ofMillis(300);

  /** Something that is not to go came to a partition since it was looked at. */
  static final class InUse extends RuntimeException {
    private static final long serialVersionUID = 1;

    InUse() {
      super("not to be dropped any more", null, false, false);
    }
  }

  /** The days that have a partition, the oldest first. */
  List<LocalDate> days(Handle handle) {
    return handle
        .createQuery(
            """
            select substring(relname from '_(\\d{8})$')
            from pg_inherits join pg_class on pg_class.oid = inhrelid
            where inhparent = cast(:table as regclass) and relname ~ '_\\d{8}$'
            order by 1
            """)
        .bind("table", table)
        .mapTo(String.class)
        .map(day -> LocalDate.parse(day, DateTimeFormatter.BASIC_ISO_DATE))
        .list();
  }

  /** The partition's name. */
  String of(LocalDate day) {
    return table + "_" + day.format(DateTimeFormatter.BASIC_ISO_DATE);
  }

  /** The partition that takes what belongs to no day. */
  String rest() {
    return table + "_default";
  }

  /** Takes a day's partition out, in the caller's transaction: what it holds is in no list. */
  void detach(Handle handle, LocalDate day) {
    waitBriefly(handle);
    handle.execute("alter table %s detach partition %s".formatted(table, of(day)));
  }

  /** Deletes a partition that was taken out. */
  void drop(Handle handle, LocalDate day) {
    handle.execute("drop table " + of(day));
  }

  /** From here on to its end, the caller's transaction fails rather than hold others up. */
  static void waitBriefly(Handle handle) {
    handle.execute("set local lock_timeout = '100ms'");
  }

  /**
   * The same, and what it does while others wait takes no long time either: it is to find its rows
   * by indexes, and gives up where that is not enough.
   */
  static void hurry(Handle handle) {
    waitBriefly(handle);
    handle.execute("set local statement_timeout = '2s'");
    handle.execute("set local enable_seqscan = off");
  }

  /**
   * Does something that waits briefly, until it succeeds or was tried often enough.
   *
   * @return whether it succeeded
   */
  static boolean tryOften(Runnable work) {
    return tryOften(FEW, () -> {}, work);
  }

  /**
   * The same for work that cost much to prepare: it waits until everybody is done who reads now.
   *
   * @param between done before each try but the first, and may throw
   */
  static boolean tryVeryOften(Runnable between, Runnable work) {
    return tryOften(MANY, between, work);
  }

  private static boolean tryOften(int most, Runnable between, Runnable work) {
    for (int tries = 1; ; tries++) {
      try {
        work.run();
        return true;
      } catch (RuntimeException failure) {
        if (!States.is(failure, LOCK_TIMEOUT)) {
          throw failure;
        }
        if (tries == most) {
          return false;
        }
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException ends) {
        Thread.currentThread().interrupt();
        return false;
      }
      between.run();
    }
  }
}

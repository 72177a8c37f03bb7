package dev.backspool.transfer;

import dev.backspool.postgres.Database;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has the events of earlier days lie in the days' own partitions, as where they came from: there
 * they are found and forgotten by the day, and what catches the rest stays small. To make one,
 * nobody may be reading or writing events for a moment; who comes meanwhile waits behind. So the
 * wait for that moment is kept short, and made again. Any thread may call.
 */
final class EventDays {
  private static final Pattern ENTRY = Pattern.compile("events/([0-9-]{10})/.*");

  /** Nothing was ever received before. */
  private static final LocalDate EARLIEST = LocalDate.of(2010, 1, 1);

  /** Some events of the day are caught elsewhere already. */
  private static final String CAUGHT = "23514";

  /** Another node made its partition. */
  private static final Set<String> MADE = Set.of("42P07", "23505");

  private static final String LOCK_TIMEOUT = "55P03";

  /** With the pauses, longer than anything of ours may read events. */
  private static final int TRIES = 100;

  private static final Duration PAUSE = Duration.ofMillis(300);

  private final Database database;

  /** Days whose events are caught elsewhere: to find that out takes looking at all of those. */
  private final Set<LocalDate> caught = ConcurrentHashMap.newKeySet();

  EventDays(Database database) {
    this.database = database;
  }

  /**
   * Makes the partition that the events of an entry belong to, if it makes sense and there is none:
   * a day that was there a moment ago may have left.
   *
   * @throws NotNow when events were read or written without a break
   */
  void make(String entry) throws NotNow {
    Matcher matcher = ENTRY.matcher(entry);
    if (!matcher.matches()) {
      return;
    }
    try {
      LocalDate day = LocalDate.parse(matcher.group(1));
      if (!day.isBefore(EARLIEST)
          && !day.isAfter(LocalDate.now(ZoneOffset.UTC))
          && !caught.contains(day)
          && !isThere(day)) {
        make(day);
      }
    } catch (DateTimeException e) {
      // No such day: the events lie where those without a partition do.
    }
  }

  private boolean isThere(LocalDate day) {
    return database.write(handle ->
        handle
            .createQuery("select to_regclass('event_' || to_char(:day, 'YYYYMMDD')) is not null")
            .bind("day", day)
            .mapTo(Boolean.class)
            .one());
  }

  private void make(LocalDate day) throws NotNow {
    for (int tries = 1; !tryToMake(day); tries++) {
      if (tries == TRIES) {
        throw new NotNow("The table of events is in use all the time: no day can be added to it");
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NotNow("The import was stopped", e);
      }
    }
  }

  /** False when the table is in use. */
  private boolean tryToMake(LocalDate day) {
    try {
      database.own(handle -> {
        handle.execute("set local lock_timeout = '100ms'");
        return handle
            .createQuery("select add_event_day(:day)")
            .bind("day", day)
            .mapTo(String.class)
            .list();
      });
      return true;
    } catch (RuntimeException failure) {
      String state = state(failure);
      if (state.equals(LOCK_TIMEOUT)) {
        return false;
      }
      if (state.equals(CAUGHT)) {
        caught.add(day);
      } else if (!MADE.contains(state)) {
        throw failure;
      }
      return true;
    }
  }

  /** PostgreSQL's code; empty when it was something else that failed. */
  private static String state(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return String.valueOf(sql.getSQLState());
      }
    }
    return "";
  }
}

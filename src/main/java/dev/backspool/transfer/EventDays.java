package dev.backspool.transfer;

import dev.backspool.postgres.Database;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has the events of earlier days lie in the days' own partitions, as where they came from: there
 * they are found and forgotten by the day, and what catches the rest stays small. Any thread may
 * call.
 */
final class EventDays {
  private static final Pattern ENTRY = Pattern.compile("events/([0-9-]{10})/.*");

  /** Nothing was ever received before. */
  private static final LocalDate EARLIEST = LocalDate.of(2010, 1, 1);

  /** Some events of the day are caught elsewhere already, or another node made its partition. */
  private static final Set<String> NOT_NEEDED = Set.of("23514", "42P07", "23505");

  private final Database database;
  private final Set<LocalDate> made = ConcurrentHashMap.newKeySet();

  EventDays(Database database) {
    this.database = database;
  }

  /** Makes the partition that the events of an entry belong to, if it makes sense. */
  void make(String entry) {
    Matcher matcher = ENTRY.matcher(entry);
    if (!matcher.matches()) {
      return;
    }
    try {
      LocalDate day = LocalDate.parse(matcher.group(1));
      if (!day.isBefore(EARLIEST)
          && !day.isAfter(LocalDate.now(ZoneOffset.UTC))
          && !made.contains(day)) {
        make(day);
        made.add(day);
      }
    } catch (DateTimeException e) {
      // No such day: the events lie where those without a partition do.
    }
  }

  private void make(LocalDate day) {
    try {
      database.own(handle ->
          handle
              .createQuery("select add_event_day(:day)")
              .bind("day", day)
              .mapTo(String.class)
              .list());
    } catch (RuntimeException failure) {
      if (!(failure.getCause() instanceof SQLException sql)
          || !NOT_NEEDED.contains(String.valueOf(sql.getSQLState()))) {
        throw failure;
      }
    }
  }
}

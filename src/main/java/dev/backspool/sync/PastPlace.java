package dev.backspool.sync;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a load stands that has read what is in PostgreSQL, and now reads what has left it: the last
 * event that is in the sink. In that order, so that what leaves PostgreSQL meanwhile is met at
 * least once.
 */
record PastPlace(Instant receivedAt, long id) {
  /** Comes after every time of receipt: nothing in PostgreSQL is missing any more. */
  private static final String BEYOND = "infinity";

  private static final Instant FIRST = Instant.parse("2000-01-01T00:00:00Z");

  /** Before the first. */
  static final PastPlace START = new PastPlace(FIRST, Long.MIN_VALUE);

  /** The place that a cursor tells of; null where it is still in PostgreSQL. */
  static @Nullable PastPlace of(@Nullable List<String> loadAfter) {
    return loadAfter != null && loadAfter.getFirst().equals(BEYOND)
        ? new PastPlace(Instant.parse(loadAfter.get(1)), Long.parseLong(loadAfter.get(2)))
        : null;
  }

  /** As the cursor keeps it. */
  List<String> loadAfter() {
    return List.of(BEYOND, receivedAt.toString(), Long.toString(id));
  }

  LocalDate day() {
    return LocalDate.ofInstant(receivedAt, ZoneOffset.UTC);
  }

  /** Before all events of a day. */
  static PastPlace before(LocalDate day) {
    return new PastPlace(day.atStartOfDay().toInstant(ZoneOffset.UTC), Long.MIN_VALUE);
  }

  boolean isBehind(PastEvents.Event event) {
    int order = event.receivedAt().compareTo(receivedAt);
    return order > 0 || (order == 0 && event.id() > id);
  }
}

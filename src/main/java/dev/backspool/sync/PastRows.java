package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.HandleFunction;
import dev.backspool.sync.PastEvents.Day;
import dev.backspool.sync.PastEvents.Event;
import dev.backspool.sync.PastEvents.Reader;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Goes through what has left PostgreSQL. */
final class PastRows {
  private static final LocalDate FIRST = LocalDate.of(2000, 1, 1);

  private final PastEvents past;
  private final Asked asked;
  private final UUID project;
  private final Mapping mapping;

  /** As one snapshot sees it. */
  PastRows(PastEvents past, Handle handle, UUID project, Mapping mapping) {
    this(
        past,
        new Asked() {
          @Override
          public <T> T in(HandleFunction<T> work) {
            return work.in(handle);
          }
        },
        project,
        mapping);
  }

  /** As it is by now; no transaction is open while the archive is read. */
  PastRows(PastEvents past, Database database, UUID project, Mapping mapping) {
    this(
        past,
        new Asked() {
          @Override
          public <T> T in(HandleFunction<T> work) {
            return database.view(work);
          }
        },
        project,
        mapping);
  }

  private PastRows(PastEvents past, Asked asked, UUID project, Mapping mapping) {
    this.past = past;
    this.asked = asked;
    this.project = project;
    this.mapping = mapping;
  }

  /** In which transaction the database is asked. */
  private interface Asked {
    <T> T in(HandleFunction<T> work);
  }

  /** Is told of events, and throws what the sink throws. */
  @FunctionalInterface
  interface Seen {
    void add(List<Event> events) throws IOException;
  }

  /** All days; none of another source than events. */
  private List<Day> days() {
    return mapping.source() == Source.EVENT
        ? asked.in(handle -> past.days(handle, project, FIRST, Integer.MAX_VALUE))
        : List.of();
  }

  private Reader open(Day day) {
    return asked.in(handle -> past.open(handle, project, day, mapping));
  }

  /** Shows all of them, some thousands at a time. */
  void all(Seen seen) throws IOException {
    for (Day day : days()) {
      Reader reader = open(day);
      for (List<Event> some = reader.next(); !some.isEmpty(); some = reader.next()) {
        seen.add(some);
      }
    }
  }

  /** Those with some ids; opens the days that may have one. */
  Map<Long, Event> of(Collection<Long> ids) throws IOException {
    var found = new HashMap<Long, Event>();
    Set<Long> wanted = new HashSet<>(ids);
    for (Day day : wanted.isEmpty() ? List.<Day>of() : days()) {
      boolean mayHave = wanted.stream().anyMatch(id -> id >= day.firstId() && id <= day.lastId());
      if (mayHave) {
        Reader reader = open(day);
        for (List<Event> some = reader.next();
            !some.isEmpty() && !wanted.isEmpty();
            some = reader.next()) {
          for (Event event : some) {
            if (wanted.remove(event.id())) {
              found.put(event.id(), event);
            }
          }
        }
      }
    }
    return found;
  }
}

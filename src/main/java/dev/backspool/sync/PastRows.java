package dev.backspool.sync;

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

/** Goes through what has left PostgreSQL, as one snapshot sees it. */
final class PastRows {
  private static final LocalDate FIRST = LocalDate.of(2000, 1, 1);

  private final PastEvents past;
  private final Handle handle;
  private final UUID project;
  private final Mapping mapping;

  PastRows(PastEvents past, Handle handle, UUID project, Mapping mapping) {
    this.past = past;
    this.handle = handle;
    this.project = project;
    this.mapping = mapping;
  }

  /** Is told of events, and throws what the sink throws. */
  @FunctionalInterface
  interface Seen {
    void add(List<Event> events) throws IOException;
  }

  /** All days; none of another source than events. */
  private List<Day> days() {
    return mapping.source() == Source.EVENT
        ? past.days(handle, project, FIRST, Integer.MAX_VALUE)
        : List.of();
  }

  /** Shows all of them, some thousands at a time. */
  void all(Seen seen) throws IOException {
    for (Day day : days()) {
      Reader reader = past.open(handle, project, day, mapping);
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
        Reader reader = past.open(handle, project, day, mapping);
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

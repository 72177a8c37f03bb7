package dev.backspool.sync;

import dev.backspool.postgres.Database;
import dev.backspool.sync.PastEvents.Day;
import dev.backspool.sync.PastEvents.Event;
import dev.backspool.sync.PastEvents.Reader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads for a load what has left PostgreSQL, from a place on; a block of lines is decompressed and
 * parsed while the one before it is used.
 */
final class PastLoad {
  private final Database database;
  private final PastEvents past;
  private final UUID project;
  private @Nullable Open open;

  PastLoad(Database database, PastEvents past, UUID project) {
    this.database = database;
    this.past = past;
    this.project = project;
  }

  /** A day that is being read, up to a place. */
  private static final class Open {
    private final Day day;
    private final Reader reader;
    private PastPlace place;
    private List<Event> rest = List.of();
    private FutureTask<List<Event>> ahead;

    Open(Day day, Reader reader, PastPlace place) {
      this.day = day;
      this.reader = reader;
      this.place = place;
      ahead = readAhead();
    }

    private FutureTask<List<Event>> readAhead() {
      var task = new FutureTask<>(reader::next);
      Thread.ofVirtual().name("sync-past").start(task);
      return task;
    }

    /** The next events behind the place, at least one and about so many; empty when it has none. */
    List<Event> next(int most) throws IOException {
      var events = new ArrayList<Event>(most);
      while (events.size() < most) {
        if (rest.isEmpty()) {
          rest = await();
          if (rest.isEmpty()) {
            break;
          }
          ahead = readAhead();
        }
        int some = Math.min(rest.size(), most - events.size());
        for (Event event : rest.subList(0, some)) {
          if (place.isBehind(event)) {
            events.add(event);
          }
        }
        rest = rest.subList(some, rest.size());
      }
      if (!events.isEmpty()) {
        place = new PastPlace(events.getLast().receivedAt(), events.getLast().id());
      }
      return events;
    }

    private List<Event> await() throws IOException {
      try {
        return ahead.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the load was interrupted", e);
      } catch (ExecutionException failure) {
        switch (failure.getCause()) {
          case IOException unreadable -> throw unreadable;
          case RuntimeException unexpected -> throw unexpected;
          case null, default -> throw new IllegalStateException(failure);
        }
      }
    }
  }

  /**
   * The next events, about so many, as days tell them that are in charge at this moment; empty
   * behind the last.
   *
   * @throws IOException when a day cannot be read now
   */
  synchronized List<Event> next(PastPlace from, Mapping mapping, int most) throws IOException {
    PastPlace place = from;
    try {
      while (true) {
        Open day = at(place, mapping);
        if (day == null) {
          return List.of();
        }
        List<Event> events = day.next(most);
        if (!events.isEmpty()) {
          return events;
        }
        place = PastPlace.before(day.day.day().plusDays(1));
      }
    } catch (IOException | RuntimeException failure) {
      open = null;
      throw failure;
    }
  }

  /** The day in which to go on. One that was written anew meanwhile is opened again. */
  private @Nullable Open at(PastPlace place, Mapping mapping) {
    Open found =
        database.view(handle -> {
          List<Day> days = past.days(handle, project, place.day(), 1);
          if (days.isEmpty()) {
            return null;
          }
          Day day = days.getFirst();
          Open known = open;
          if (known != null && known.day.equals(day) && known.place.equals(place)) {
            return known;
          }
          return new Open(day, past.open(handle, project, day, mapping), place);
        });
    open = found;
    return found;
  }
}

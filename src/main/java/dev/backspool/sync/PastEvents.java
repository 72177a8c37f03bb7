package dev.backspool.sync;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Events that have left PostgreSQL, a day of a project at a time: a sink that is filled from
 * scratch is to have them too. Any thread may call.
 */
public interface PastEvents {
  /** None have. */
  PastEvents NONE =
      new PastEvents() {
        @Override
        public List<Day> days(Handle handle, UUID project, LocalDate first, int most) {
          return List.of();
        }

        @Override
        public Reader open(Handle handle, UUID project, Day day, Mapping mapping) {
          throw new IllegalStateException("There is no such day");
        }
      };

  /**
   * A day.
   *
   * @param edition another one whenever what is in it has changed
   * @param events how many there are
   * @param firstId the lowest of their ids
   * @param lastId the highest
   */
  record Day(LocalDate day, String edition, long events, long firstId, long lastId) {}

  /**
   * An event.
   *
   * @param values a value for each column of the mapping but the key's
   */
  record Event(Instant receivedAt, long id, List<@Nullable Object> values) {
    /** The key's only value. */
    List<Object> key() {
      return List.of(id);
    }
  }

  /** Days of a project from one on, the earliest first, as the transaction sees them. */
  List<Day> days(Handle handle, UUID project, LocalDate first, int most);

  /**
   * Opens a day.
   *
   * @throws IOException when it cannot be read now, or ever; here as from the reader
   */
  Reader open(Handle handle, UUID project, Day day, Mapping mapping) throws IOException;

  /**
   * Reads a day, by the time of receipt and then by id. Nothing is held open between two calls. One
   * thread.
   */
  interface Reader {
    /** The next events, some thousands; empty behind the last. */
    List<Event> next() throws IOException;
  }
}

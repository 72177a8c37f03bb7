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

    /** About how many bytes it has, as {@link Rows#bytes} counts them. */
    long bytes() {
      return 8L * (1 + values.size()) + values.stream().mapToLong(Event::textLength).sum();
    }

    private static long textLength(@Nullable Object value) {
      return switch (value) {
        case String text -> text.length();
        case List<?> texts -> texts.stream().mapToLong(Event::textLength).sum();
        case null, default -> 0;
      };
    }
  }

  /** Days of a project from one on, the earliest first, as the transaction sees them. */
  List<Day> days(Handle handle, UUID project, LocalDate first, int most);

  /**
   * Begins to read a day; nothing of it is fetched before the reader is asked, as the transaction
   * is not to wait for the archive.
   */
  Reader open(Handle handle, UUID project, Day day, Mapping mapping);

  /**
   * Reads a day, by the time of receipt and then by id. Nothing is held open between two calls. One
   * thread.
   */
  interface Reader {
    /**
     * The next events, some thousands; empty behind the last.
     *
     * @throws IOException when the day cannot be read now, or ever
     */
    List<Event> next() throws IOException;
  }
}

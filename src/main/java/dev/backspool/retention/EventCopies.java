package dev.backspool.retention;

import java.time.Instant;
import java.util.Collection;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Those who copy events elsewhere. What they have not read yet stays, however old it is. */
@FunctionalInterface
public interface EventCopies {
  /** Nobody copies events. */
  EventCopies NONE = () -> Instant.MAX;

  /** All events that were received before this have been read. */
  Instant readUpTo();

  /**
   * Is told, in the transaction in which it happens, that events leave PostgreSQL for the archive:
   * who has not read them, and was not waited for, is to read them there.
   *
   * @param from the first time of their receipt
   * @param until the first beyond
   */
  default void leave(Handle handle, Collection<UUID> projects, Instant from, Instant until) {}
}

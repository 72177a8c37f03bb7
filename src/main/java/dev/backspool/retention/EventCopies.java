package dev.backspool.retention;

import java.time.Instant;

/** Those who copy events elsewhere. What they have not read yet stays, however old it is. */
@FunctionalInterface
public interface EventCopies {
  /** Nobody copies events. */
  EventCopies NONE = () -> Instant.MAX;

  /** All events that were received before this have been read. */
  Instant readUpTo();
}

package dev.backspool.rrweb;

import dev.backspool.Reason;
import org.jspecify.annotations.Nullable;

/** Events that cannot be taken. Nothing of what was read with them is kept. */
public abstract sealed class EventsRefused extends Exception
    permits MalformedEvents, TooManyEvents, OversizedEvents {
  EventsRefused(String message) {
    super(message);
  }

  /** One sentence that may be told to the sender. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** Why, as the rest of the program counts it. */
  public Reason reason() {
    return switch (this) {
      case MalformedEvents _ -> Reason.MALFORMED;
      case TooManyEvents _ -> Reason.TOO_MANY_EVENTS;
      case OversizedEvents _ -> Reason.TOO_LARGE;
    };
  }

  /** Which event or member is at fault; null where it is their number or size. */
  public @Nullable String at() {
    return this instanceof MalformedEvents malformed ? malformed.field() : null;
  }
}

package dev.backspool.rrweb;

/** Events that cannot be taken. Nothing of what was read with them is kept. */
public abstract sealed class EventsRefused extends Exception
    permits MalformedEvents, TooManyEvents, OversizedEvents {
  EventsRefused(String message) {
    super(message);
  }
}

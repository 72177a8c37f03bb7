package dev.backspool.rrweb;

/** More bytes of JSON than {@link Limits#maxBytes} in one block: HTTP answers 413. */
public final class OversizedEvents extends EventsRefused {
  OversizedEvents(int limit) {
    super("more than " + limit + " bytes of events");
  }
}

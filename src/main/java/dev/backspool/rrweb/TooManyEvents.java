package dev.backspool.rrweb;

/** More events than {@link Limits#maxEvents} in one block: HTTP answers 413 or 400. */
public final class TooManyEvents extends EventsRefused {
  TooManyEvents(int limit) {
    super("more than " + limit + " events");
  }
}

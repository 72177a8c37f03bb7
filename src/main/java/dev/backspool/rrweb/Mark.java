package dev.backspool.rrweb;

/**
 * A moment worth a mark on the player's timeline.
 *
 * @param timestamp when, milliseconds since 1970 by the client's clock
 */
public record Mark(long timestamp, Kind kind) {
  /** What happened. */
  public enum Kind {
    CLICK,
    INPUT,
    ERROR
  }
}

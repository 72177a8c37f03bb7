package dev.backspool.rrweb;

/** How much an element must be an event. */
public enum Manner {
  /**
   * Each is an event with a whole-number {@code type} and a finite {@code timestamp}, or refused.
   */
  STRICT,

  /** Any JSON value is kept; what is not an event does not count as one. */
  LENIENT
}

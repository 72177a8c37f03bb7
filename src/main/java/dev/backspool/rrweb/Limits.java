package dev.backspool.rrweb;

/**
 * How much one block of events may hold.
 *
 * @param maxEvents events in it
 * @param maxDepth objects and arrays inside each other, the event itself being the first
 * @param maxBytes bytes of JSON in it after unpacking, line ends included: the guard against packed
 *     events that inflate to more than anyone sent
 */
public record Limits(int maxEvents, int maxDepth, int maxBytes) {
  /** The greatest array that every JVM can make, with room to spare. */
  private static final int GREATEST = 1 << 30;

  public Limits {
    if (maxEvents < 1 || maxDepth < 1 || maxBytes < 1 || maxBytes > GREATEST) {
      throw new IllegalArgumentException(
          "limits must be positive, and maxBytes at most " + GREATEST);
    }
  }
}

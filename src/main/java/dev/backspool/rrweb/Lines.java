package dev.backspool.rrweb;

import dev.backspool.SpareArrays;

/** The newline-delimited JSON of a block, growing in one array. */
final class Lines {
  private static final byte[] NONE = new byte[0];

  private final int maxBytes;
  private byte[] bytes = NONE;
  private int length;
  private int lineStart;

  Lines(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** How many more bytes fit. */
  int room() {
    return maxBytes - length;
  }

  /** Makes sure that so many more bytes go in without growing step by step. */
  void expect(int more) {
    if (more > bytes.length - length) {
      grow((int) Math.min((long) length + more, maxBytes));
    }
  }

  private void grow(int size) {
    byte[] larger = SpareArrays.take(size);
    System.arraycopy(bytes, 0, larger, 0, length);
    SpareArrays.giveBack(bytes);
    bytes = larger;
  }

  /** Adds bytes to the line that is being written. */
  void append(byte[] from, int start, int end) throws OversizedEvents {
    int more = end - start;
    makeRoom(more);
    System.arraycopy(from, start, bytes, length, more);
    length += more;
  }

  /**
   * Ends the line, a JSON value.
   *
   * @param join whether line breaks in it must become spaces. A string cannot hold a raw one, so no
   *     value changes
   */
  void endLine(boolean join) throws OversizedEvents {
    if (join) {
      for (int p = lineStart; p < length; p++) {
        if (bytes[p] == '\n' || bytes[p] == '\r') {
          bytes[p] = ' ';
        }
      }
    }
    makeRoom(1);
    bytes[length++] = '\n';
    lineStart = length;
  }

  private void makeRoom(int more) throws OversizedEvents {
    if (more > maxBytes - length) {
      throw new OversizedEvents(maxBytes);
    }
    if (more > bytes.length - length) {
      long doubled = Math.max(2L * bytes.length, (long) length + more);
      grow((int) Math.min(doubled, maxBytes));
    }
  }

  /** The array; only {@link #length} bytes of it are lines. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Lets the array go, for other lines to be written into. Nothing is in here any more. */
  void forget() {
    SpareArrays.giveBack(bytes);
    bytes = NONE;
    length = 0;
    lineStart = 0;
  }
}

package dev.backspool.rrweb;

import java.util.Arrays;

/** The newline-delimited JSON of a block, growing in one array. */
final class Lines {
  private final int maxBytes;
  private byte[] bytes;
  private int length;
  private int lineStart;

  Lines(int expectedBytes, int maxBytes) {
    this.maxBytes = maxBytes;
    this.bytes = new byte[Math.min(expectedBytes, maxBytes)];
  }

  /** How many more bytes fit. */
  int room() {
    return maxBytes - length;
  }

  /** Makes sure that so many more bytes go in without growing step by step. */
  void expect(int more) {
    if (more > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min((long) length + more, maxBytes));
    }
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
      bytes = Arrays.copyOf(bytes, (int) Math.min(doubled, maxBytes));
    }
  }

  /** The array; only {@link #length} bytes of it are lines. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }
}

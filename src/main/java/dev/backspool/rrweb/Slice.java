package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Some bytes of a larger array, not copied.
 *
 * @param from index of the first byte
 * @param to index after the last byte
 */
@SuppressWarnings("ArrayRecordComponent") // A view: whoever holds it knows whose array it is.
public record Slice(byte[] bytes, int from, int to) {
  public int length() {
    return to - from;
  }

  /** A copy of the bytes alone. */
  public byte[] copy() {
    return Arrays.copyOfRange(bytes, from, to);
  }

  /** The bytes as UTF-8 text. */
  public String text() {
    return new String(bytes, from, to - from, UTF_8);
  }
}

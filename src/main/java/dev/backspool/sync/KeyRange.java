package dev.backspool.sync;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of all keys, by their hash: those whose hash is {@code from} or above and below {@code
 * to}. Sinks sort keys in ways of their own; hashes they all sort alike.
 *
 * <p>The hash of a key is the first four bytes, most significant first, of the MD5 of its values
 * one after the other; the hash of a row the first eight bytes of that of the key's values and then
 * the other columns'. A value is its length in bytes, a colon and its text; an absent one is a
 * hyphen. Texts are:
 *
 * <ul>
 *   <li>of a text or JSON, what is held,
 *   <li>of a UUID the usual, in lower case,
 *   <li>of a whole number its decimal digits,
 *   <li>of a boolean {@code t} or {@code f},
 *   <li>of a real or double its millionfold, rounded to a whole number,
 *   <li>of a timestamp the microseconds since 1970,
 *   <li>of texts these with U+001E between.
 * </ul>
 *
 * @param from from 0
 * @param to up to {@link #END}
 */
public record KeyRange(long from, long to) {
  /** Above the highest hash. */
  public static final long END = 1L << 32;

  /** All keys. */
  public static final KeyRange ALL = new KeyRange(0, END);

  /** It in so many parts, which are equal but for a hash or so. */
  public List<KeyRange> split(int parts) {
    var ranges = new ArrayList<KeyRange>(parts);
    for (int i = 0; i < parts; i++) {
      ranges.add(
          new KeyRange(from + (to - from) * i / parts, from + (to - from) * (i + 1) / parts));
    }
    return ranges;
  }
}

package dev.backspool.sync;

import java.util.List;

/**
 * What is held of some ranges of keys.
 *
 * @param sums one for each of the ranges asked for, in their order
 */
public record RangeSums(List<Sum> sums) {

  /**
   * One range.
   *
   * @param rows that are not deleted
   * @param hash sum of the rows' hashes, see {@link KeyRange}, wrapped at 64 bits
   */
  public record Sum(long rows, long hash) {
    /** Of a range without rows. */
    public static final Sum NONE = new Sum(0, 0);

    /** Both together. */
    public Sum plus(Sum other) {
      return new Sum(rows + other.rows, hash + other.hash);
    }
  }
}

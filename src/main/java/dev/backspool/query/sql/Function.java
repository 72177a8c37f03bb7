package dev.backspool.query.sql;

/**
 * A function that may be asked.
 *
 * @param printed its name in the store; with a closing parenthesis at its end the whole of it, of
 *     one that takes nothing
 */
public record Function(String printed, Kind kind, Growth growth) {
  /** Where it may stand. */
  public enum Kind {
    /** Of one row. */
    SCALAR,
    /** Of many; also over a window. */
    AGGREGATE,
    /** Over a window only. */
    WINDOW
  }

  /** How much longer than its arguments a text can be that it makes. */
  public enum Growth {
    /** As long as the longest of them. */
    NONE,
    /** As long as all of them together. */
    SUM,
    /** As long as the first times what is put into it. */
    PRODUCT
  }

  boolean isWhole() {
    return printed.endsWith(")");
  }
}

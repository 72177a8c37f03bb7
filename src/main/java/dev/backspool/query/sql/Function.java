package dev.backspool.query.sql;

/**
 * A function that may be asked.
 *
 * @param printed its name in the store; with a closing parenthesis at its end the whole of it, of
 *     one that takes nothing
 * @param most arguments
 */
public record Function(String printed, Kind kind, Growth growth, int most) {
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
    /** As long as all of them together; a list among them is written with its quotes. */
    SUM,
    /** The same, with the first between the others. */
    SEPARATED,
    /** As long as the first with the third in the place of each of its characters. */
    REPLACED,
    /** As long as the first with the third between and in the place of its characters. */
    MATCHED,
    /** As long as the first, a list, with the second between its elements. */
    JOINED,
    /** As long as the first for each path that the second has, or could have. */
    PATHS,
    /** As long as all of them together, with several characters for each, or an element. */
    SPELLED,
    /** As long as there are rows; see {@link Dialect#gathered}. */
    ROWS
  }

  boolean isWhole() {
    return printed.endsWith(")");
  }
}

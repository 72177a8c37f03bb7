package dev.backspool.query.sql;

/** A query that cannot be asked, and where in its text. Expected, so without a stack trace. */
public final class SqlError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int position;

  /**
   * Refuses a query.
   *
   * @param position in its text, in characters from 0
   */
  SqlError(int position, String what) {
    super(what, null, false, false);
    this.position = position;
  }

  /**
   * What is wrong, with its place.
   *
   * @param text the query
   * @return for example {@code line 1, column 15: there is no view called foo}
   */
  public String in(String text) {
    String before = text.substring(0, Math.min(position, text.length()));
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    int column = before.length() - before.lastIndexOf('\n');
    return "line %d, column %d: %s".formatted(line, column, getMessage());
  }
}

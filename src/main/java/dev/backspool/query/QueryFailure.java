package dev.backspool.query;

import org.jspecify.annotations.Nullable;

/**
 * Why a query has no answer. Its text holds nothing of any row, and no name that the project does
 * not know. Expected, so without a stack trace.
 */
public final class QueryFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What kind of failure; the word is stable. */
  public enum Kind {
    /** It cannot be asked: its grammar, a name, a function, a parameter. */
    REFUSED,
    /** It was asked, and the store failed at it. */
    FAILED,
    /** Its time was up. */
    TIMEOUT,
    /** More rows or bytes than an answer holds. */
    TOO_LARGE,
    /** Its client went away. */
    ABANDONED,
    /** Too many others are asked now. */
    BUSY,
    /** The store does not answer. */
    UNAVAILABLE,
    /** There is no columnar store. */
    OFF
  }

  private final Kind kind;
  private final @Nullable String parameter;

  private QueryFailure(Kind kind, String text, @Nullable String parameter) {
    super(text, null, false, false);
    this.kind = kind;
    this.parameter = parameter;
  }

  /** A failure with a sentence about it. */
  public static QueryFailure of(Kind kind, String text) {
    return new QueryFailure(kind, text, null);
  }

  static QueryFailure parameter(String name, String text) {
    return new QueryFailure(Kind.REFUSED, text, name);
  }

  public Kind kind() {
    return kind;
  }

  /** A sentence for whoever asked. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** The parameter at fault; null where it is none. */
  public @Nullable String parameter() {
    return parameter;
  }
}

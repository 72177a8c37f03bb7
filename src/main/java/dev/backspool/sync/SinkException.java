package dev.backspool.sync;

import org.jspecify.annotations.Nullable;

/** Why a sink did not do what it was asked. The message holds no secrets and no values of rows. */
public final class SinkException extends Exception {
  private static final long serialVersionUID = 1;

  /** What to do about it. */
  public enum Kind {
    /** It does not answer, or not now: try again later. */
    UNREACHABLE,
    /** A row of the page is not taken: find out which, leave it out. */
    REFUSED_ROW,
    /** Its tables are not what was made: the mapping stops until a resync. */
    SCHEMA_DRIFT,
    /** It does not let us in or do this: somebody must change something there. */
    REFUSED
  }

  private final Kind kind;

  /**
   * @param message a sentence for whoever looks after the sink
   */
  public SinkException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}

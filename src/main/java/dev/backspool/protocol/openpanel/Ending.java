package dev.backspool.protocol.openpanel;

import dev.backspool.Reason;
import dev.backspool.ingest.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of a row.
 *
 * @param status HTTP status where the row is the whole request
 * @param error one sentence for the sender; empty for a row that is stored
 * @param retryAfter when the same row may succeed; null when it never will
 */
record Ending(int status, String error, @Nullable Duration retryAfter) {
  /** Committed, now or before. */
  static final Ending STORED = new Ending(200, "", null);

  static final Ending NO_PROFILE = new Ending(404, "Profile not found", null);
  static final Ending NO_NUMBER = new Ending(400, "Property value is not a number", null);
  static final Ending ERASED = of(Outcome.Refused.erased());
  static final Ending UNSTORABLE = new Ending(500, "Internal server error", null);

  /** The sender's fault. */
  static Ending invalid(String error) {
    return new Ending(400, error, null);
  }

  /** The project does not take it from this sender. */
  static Ending unauthorized(String error) {
    return new Ending(401, error, null);
  }

  /** Turned away by the core, which has counted it. */
  static Ending of(Outcome.Refused refused) {
    return of(refused.reason(), refused.detail(), refused.retryAfter());
  }

  /** The same, with its parts. */
  static Ending of(Reason reason, String detail, @Nullable Duration retryAfter) {
    return new Ending(reason.status(), detail, retryAfter);
  }

  /** Whether it ends so each time, which the SDKs would find out by three more tries. */
  boolean isFinal() {
    return equals(NO_PROFILE) || equals(NO_NUMBER) || equals(ERASED);
  }

  boolean isStored() {
    return status == 200;
  }

  /** Whether the same row may succeed later. */
  boolean isPassing() {
    return retryAfter != null;
  }

  /** The word of a batch's answer. */
  String reason() {
    return status >= 500 || isPassing() ? "internal" : "validation";
  }
}

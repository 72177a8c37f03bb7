package dev.backspool.ingest;

import dev.backspool.Reason;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How a command ended. */
public sealed interface Outcome {
  /**
   * Committed, by this request or by an earlier one with the same batch id.
   *
   * @param deduped true when an earlier request stored the batch; the other values are that one's
   * @param events how many events the stored batch holds
   */
  record Stored(UUID session, boolean deduped, int events) implements Outcome {}

  /**
   * Turned away; nothing is stored.
   *
   * @param detail one sentence for the client
   * @param retryAfter when the same request may succeed; null when it never will
   */
  record Refused(Reason reason, String detail, @Nullable Duration retryAfter) implements Outcome {
    public static Refused forGood(Reason reason, String detail) {
      return new Refused(reason, detail, null);
    }

    /** What names a person or session that was erased, in whatever way it names it. */
    public static Refused erased() {
      return forGood(
          Reason.ERASED, "This session or person was erased, and is not recorded any more");
    }

    public static Refused forNow(Reason reason, String detail, Duration retryAfter) {
      return new Refused(reason, detail, retryAfter);
    }
  }
}

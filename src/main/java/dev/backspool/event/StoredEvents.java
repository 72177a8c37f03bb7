package dev.backspool.event;

import dev.backspool.Reason;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How a command to store events ended. */
public sealed interface StoredEvents {

  /**
   * Everything that could be stored is committed.
   *
   * @param rows what became of each row, in order
   * @param device the asker's device; null where nobody asked
   * @param session the asker's session, whether or not an event has opened it; null as above
   */
  record Committed(List<RowOutcome> rows, @Nullable String device, @Nullable UUID session)
      implements StoredEvents {}

  /**
   * Turned away; nothing is stored.
   *
   * @param retryAfter when the same request may succeed; null when it never will
   */
  record Refused(Reason reason, String detail, @Nullable Duration retryAfter)
      implements StoredEvents {}

  /** What became of one row. */
  enum RowOutcome {
    /** Committed. */
    STORED,
    /** Committed before: its key is known. */
    REPEATED,
    /** No such profile; nothing stored. */
    NO_PROFILE,
    /** The property to add to is no number; nothing stored. */
    NO_NUMBER,
    /** It tells of a person or a session that was erased; nothing stored. */
    ERASED,
    /** The database refuses this row; nothing stored. */
    UNSTORABLE
  }
}

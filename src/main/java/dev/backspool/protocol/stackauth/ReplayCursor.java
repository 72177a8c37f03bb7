package dev.backspool.protocol.stackauth;

import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of replays ended: the contract's replay id, and behind it the moment by which that
 * replay was sorted then. A replay that goes on while pages are turned moves to the front of the
 * list; without the moment, the next page would begin there again.
 *
 * @param lastEventMicros epoch microseconds; null in a bare replay id, which is a cursor too
 */
record ReplayCursor(UUID id, @Nullable Long lastEventMicros) {
  private static final char MARK = '.';

  /** The cursor, empty when the text is none. */
  static Optional<ReplayCursor> parse(String text) {
    int mark = text.indexOf(MARK);
    if (mark < 0) {
      return StackIds.parse(text).map(id -> new ReplayCursor(id, null));
    }
    try {
      long micros = Long.parseLong(text.substring(mark + 1));
      return micros < 0 || micros > Query.LAST_MOMENT * 1_000
          ? Optional.empty()
          : StackIds.parse(text.substring(0, mark)).map(id -> new ReplayCursor(id, micros));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  String text() {
    return lastEventMicros == null ? id.toString() : id + String.valueOf(MARK) + lastEventMicros;
  }
}

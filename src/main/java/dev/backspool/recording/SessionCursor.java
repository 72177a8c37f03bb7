package dev.backspool.recording;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * A place in the list of sessions: after this one. Sessions that come or grow meanwhile move to the
 * list's start and disturb nothing behind it.
 */
public record SessionCursor(Instant lastEventAt, UUID id) {

  /** The cursor as an opaque word for addresses. */
  public String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((lastEventAt + " " + id).getBytes(StandardCharsets.US_ASCII));
  }

  /** The cursor that a word stands for; empty when it is none of ours. */
  public static Optional<SessionCursor> parse(String text) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
      int space = plain.indexOf(' ');
      if (space < 0) {
        return Optional.empty();
      }
      var cursor =
          new SessionCursor(
              Instant.parse(plain.substring(0, space)),
              UUID.fromString(plain.substring(space + 1)));
      return cursor.text().equals(text) ? Optional.of(cursor) : Optional.empty();
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }
}

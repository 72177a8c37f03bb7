package dev.backspool.postgres;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Function;

/**
 * A place in a list that is ordered by a time and then by an id: after this row. What is added
 * elsewhere meanwhile disturbs nothing behind it.
 *
 * @param <I> the id's type
 */
public record Cursor<I>(Instant at, I id) {

  /** The cursor as an opaque word for addresses. */
  public String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((at + " " + id).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The cursor that a word stands for; empty when it is none of ours.
   *
   * @param id reads an id's own text; throws IllegalArgumentException when it is none
   */
  public static <I> Optional<Cursor<I>> parse(String text, Function<String, I> id) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      int space = plain.indexOf(' ');
      if (space < 0) {
        return Optional.empty();
      }
      var cursor =
          new Cursor<>(
              Instant.parse(plain.substring(0, space)), id.apply(plain.substring(space + 1)));
      return cursor.text().equals(text) ? Optional.of(cursor) : Optional.empty();
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }
}

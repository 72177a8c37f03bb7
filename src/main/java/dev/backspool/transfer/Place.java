package dev.backspool.transfer;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where an export goes on.
 *
 * @param until when the export began: no event that was received then or later is in it
 * @param section what is being written
 * @param number of the section's last entry, of the last day's for events; 0 before the first
 * @param after the {@link Section#key} of the last row that is written; empty before the first
 */
public record Place(Instant until, Section section, int number, String after) {
  private static final int PARTS = 4;
  private static final int DAY_LENGTH = "2026-11-21".length();

  /** The start of an export that begins now, behind the project itself. */
  static Place start(Instant now) {
    return new Place(now, Section.FIRST, 0, "");
  }

  /**
   * The place behind the next entry.
   *
   * @param last the entry's last row
   */
  Place behind(JsonNode last) {
    String key = section.key(last);
    boolean another = section == Section.EVENTS && !day(key).equals(day(after));
    return new Place(until, section, another ? 1 : number + 1, key);
  }

  /** The name of the entry that this is the place behind. */
  String entry() {
    return section.entry(after, number);
  }

  private static String day(String eventKey) {
    return eventKey.substring(0, Math.min(DAY_LENGTH, eventKey.length()));
  }

  /** The start of the next section; empty at the end of the last. */
  Optional<Place> nextSection() {
    return section.next().map(next -> new Place(until, next, 0, ""));
  }

  /** The place as an opaque word for addresses. */
  public String text() {
    String plain = until + " " + section + " " + number + " " + after;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  /** The place that a word stands for; empty when it is none of ours. */
  public static Optional<Place> parse(String word) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(word), StandardCharsets.UTF_8);
      String[] parts = plain.split(" ", PARTS);
      if (parts.length < PARTS) {
        return Optional.empty();
      }
      return Optional.of(
          new Place(
              Instant.parse(parts[0]),
              Section.valueOf(parts[1]),
              Integer.parseInt(parts[2]),
              parts[3]));
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }
}

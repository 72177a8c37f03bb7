package dev.backspool.transfer;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The parts of a project file, in their order. */
enum Section {
  /** First, so that what was erased is kept out of what follows. */
  ERASURES("erasures/", "[0-9]{5,}\\.ndjson"),
  GROUPS("groups/", "[0-9]{5,}\\.ndjson"),
  PROFILES("profiles/", "[0-9]{5,}\\.ndjson"),
  EVENT_KEYS("event-keys/", "[0-9]{5,}\\.ndjson"),

  /** Each session's entry, followed by those of its recording. */
  SESSIONS("sessions/", "[0-9a-f-]{36}\\.json"),

  EVENTS("events/", "[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9]{5,}\\.ndjson");

  static final Section FIRST = ERASURES;

  private static final Pattern NUMBER = Pattern.compile("([0-9]+)\\.ndjson$");

  private final String folder;
  private final Pattern rest;

  Section(String folder, String rest) {
    this.folder = folder;
    this.rest = Pattern.compile(rest);
  }

  /** What comes behind it; empty behind the last. */
  Optional<Section> next() {
    return switch (this) {
      case ERASURES -> Optional.of(GROUPS);
      case GROUPS -> Optional.of(PROFILES);
      case PROFILES -> Optional.of(EVENT_KEYS);
      case EVENT_KEYS -> Optional.of(SESSIONS);
      case SESSIONS -> Optional.of(EVENTS);
      case EVENTS -> Optional.empty();
    };
  }

  /** The section that an entry of this name begins in; the recordings' entries begin in none. */
  static Optional<Section> of(String entry) {
    for (Section section : values()) {
      if (entry.startsWith(section.folder)
          && section.rest.matcher(entry.substring(section.folder.length())).matches()) {
        return Optional.of(section);
      }
    }
    return Optional.empty();
  }

  /**
   * Name of an entry.
   *
   * @param key of its last row
   * @param number counts the section's entries from 1, those of the events each day
   */
  String entry(String key, int number) {
    return switch (this) {
      case SESSIONS -> folder + key + ".json";
      case EVENTS -> "%s%.10s/%05d.ndjson".formatted(folder, key, number);
      default -> "%s%05d.ndjson".formatted(folder, number);
    };
  }

  /** The number in an entry's name; 0 where the name has none. */
  static int number(String entry) {
    Matcher number = NUMBER.matcher(entry);
    return number.find() ? Integer.parseInt(number.group(1)) : 0;
  }

  /** What the rows of a section are ordered by: behind a row's key, an export goes on. */
  String key(JsonNode row) {
    return switch (this) {
      case ERASURES, GROUPS, PROFILES, SESSIONS -> row.path("id").asString("");
      case EVENT_KEYS -> row.path("key").asString("");
      case EVENTS -> row.path("received_at").asString("") + " " + row.path("id").asString("");
    };
  }
}

package dev.backspool.erasure;

import java.util.Locale;

/** What an erasure counts. */
enum Removed {
  SESSIONS,
  TABS,
  PAGES,
  CHUNKS,
  OBJECTS,
  OBJECT_BYTES,
  EVENTS,
  PROFILES,
  RECEIPTS,
  /** Details of refusals, and exclusions in the project's settings, that named the person. */
  MENTIONS;

  /** The word in receipts, for example {@code object_bytes}. */
  String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}

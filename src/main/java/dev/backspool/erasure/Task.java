package dev.backspool.erasure;

import java.util.Locale;

/** Something that an erasure has to remove, kept in clear until it is. */
record Task(Kind kind, String value) {
  /** What it is. */
  enum Kind {
    /** A profile's id: the row, its events, what excludes it. */
    PROFILE,
    /** A session's id: everything that refers to it. */
    SESSION,
    /** A word that free text may hold. */
    WORD;

    String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

package dev.backspool;

import java.util.Locale;

/** The wire contract by which a session's first chunk came. */
public enum Source {
  BACKSPOOL,
  STACKAUTH,
  UXCAM,
  OPENPANEL,
  IMPORT;

  /** The source as stored and shown, for example {@code stackauth}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}

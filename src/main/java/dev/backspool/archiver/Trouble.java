package dev.backspool.archiver;

import java.util.Locale;

/** Why an object did not come to be. */
public enum Trouble {
  /** The archive is away, has no room or does not let us in. */
  ARCHIVE,
  /** The local disk, on which large files are made. */
  DISK,
  /** An upload in PostgreSQL is not what was written; the others are archived. */
  DAMAGED_UPLOAD,
  /** An object is missing or not what was written; it is joined with no other. */
  DAMAGED_PART,
  /** Somebody else was at the session meanwhile, or it was erased. Nothing is wrong. */
  OVERTAKEN,
  /** A fault of ours. */
  INTERNAL;

  /** Its label in the metrics. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}

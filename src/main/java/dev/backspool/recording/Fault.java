package dev.backspool.recording;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.MissingObject;
import java.io.IOException;

/** Why a piece of a recording cannot be read. */
public enum Fault {
  /** What should be there is gone. */
  MISSING,
  /** It is there, and not what was written, or its key is not. */
  DAMAGED,
  /** The archive does not answer: it can be read later. */
  UNAVAILABLE;

  /**
   * What an exception of {@link Playback#verified}, {@link Reel#read} or {@link PartFiles#open}
   * tells.
   */
  public static Fault of(IOException failure) {
    if (!(failure instanceof PartFiles.Unreadable unreadable)) {
      return DAMAGED;
    }
    return switch (unreadable.failure()) {
      case ArchiveUnavailable _ -> UNAVAILABLE;
      case MissingObject _ -> MISSING;
      default -> DAMAGED;
    };
  }
}

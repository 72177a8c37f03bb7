package dev.backspool.eventday;

import dev.backspool.archive.ArchiveUnavailable;
import java.io.IOException;

/** The archive does not answer; the same may be tried later. */
public final class DayAway extends IOException {
  private static final long serialVersionUID = 1;

  DayAway(ArchiveUnavailable failure) {
    super("The archive does not answer: " + failure.getMessage(), failure);
  }
}

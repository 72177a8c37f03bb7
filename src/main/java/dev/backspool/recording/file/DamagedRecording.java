package dev.backspool.recording.file;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A recording's file, or a part of it, that is not what was written: cut short, changed, of an
 * unknown version, or opened with another key. The other groups may still be read.
 */
public final class DamagedRecording extends IOException {
  private static final int NO_GROUP = -1;

  private final int group;

  private DamagedRecording(int group, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.group = group;
  }

  static DamagedRecording whole(String why) {
    return new DamagedRecording(NO_GROUP, "the recording " + why, null);
  }

  static DamagedRecording whole(String why, Throwable cause) {
    return new DamagedRecording(NO_GROUP, "the recording " + why, cause);
  }

  static DamagedRecording group(int group, String why) {
    return new DamagedRecording(group, "group " + group + " " + why, null);
  }

  static DamagedRecording group(int group, String why, Throwable cause) {
    return new DamagedRecording(group, "group " + group + " " + why, cause);
  }

  /** The number of the damaged group, from 0; empty when it is the index or the whole file. */
  public OptionalInt group() {
    return group == NO_GROUP ? OptionalInt.empty() : OptionalInt.of(group);
  }
}

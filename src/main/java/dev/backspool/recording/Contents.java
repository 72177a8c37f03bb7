package dev.backspool.recording;

import java.io.IOException;
import java.util.List;

/**
 * What there is of a recording.
 *
 * @param frames all that can be read, in play order
 * @param unread the parts of which not even the index can be read now
 */
public record Contents(List<Frame> frames, List<Unread> unread) {
  /**
   * A part that cannot be read.
   *
   * @param why {@link PartFiles.Unreadable}, {@link LostKey} or {@link
   *     dev.backspool.recording.file.DamagedRecording}
   */
  public record Unread(Part part, IOException why) {}
}

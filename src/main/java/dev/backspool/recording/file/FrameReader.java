package dev.backspool.recording.file;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads many frames of one recording: quickest in its own order, and right in any. It holds one
 * group, compressed, which is read from the file once while frames of it are asked for one after
 * the other; what is decompressed ahead of them lies in the {@link ReadAhead} that all share, and
 * leaves it when it is asked for. One thread at a time.
 */
public final class FrameReader {
  private static final int NONE = -1;

  private final ArchivedRecording recording;
  private int group = NONE;
  private byte[] frame = new byte[0];

  /** Why the group cannot be read from a place on; null while it can. */
  private @Nullable DamagedRecording damage;

  private int damagedFrom;

  FrameReader(ArchivedRecording recording) {
    this.recording = recording;
  }

  /**
   * The lines of a frame, checked.
   *
   * @param n the frame's {@link dev.backspool.recording.Frame#n}
   * @return empty when there is no such frame
   * @throws DamagedRecording when they cannot be had any more; names the group
   * @throws IOException when the file cannot be read
   */
  public Optional<byte[]> lines(long n) throws IOException {
    Integer place = recording.place(n);
    return place == null ? Optional.empty() : Optional.of(linesAt(place));
  }

  private byte[] linesAt(int place) throws IOException {
    byte[] ahead = recording.takeAhead(place);
    if (ahead != null) {
      return ahead;
    }
    hold(recording.group(place));
    if (damage != null && place >= damagedFrom) {
      throw damage;
    }
    int last = recording.lastAhead(place);
    List<byte[]> run;
    try {
      run = recording.cut(frame, place, last);
    } catch (DamagedRecording e) {
      run = List.of(alone(place, last, e));
    }
    recording.putAhead(place + 1, run.subList(1, run.size()));
    return run.getFirst();
  }

  /** What lies beyond a frame may be damaged, and the frame itself not. */
  private byte[] alone(int place, int last, DamagedRecording failed) throws DamagedRecording {
    if (place < last) {
      try {
        return recording.cut(frame, place, place).getFirst();
      } catch (DamagedRecording e) {
        throw damagedFrom(place, e);
      }
    }
    throw damagedFrom(place, failed);
  }

  private void hold(int wanted) throws IOException {
    if (wanted == group) {
      return;
    }
    group = NONE;
    damage = null;
    frame = new byte[0];
    try {
      frame = recording.groupFrame(wanted, recording.groupBytes(wanted));
    } catch (DamagedRecording e) {
      damagedFrom(0, e);
    }
    group = wanted;
  }

  private DamagedRecording damagedFrom(int place, DamagedRecording why) {
    damagedFrom = place;
    damage = why;
    return why;
  }
}

package dev.backspool.recording.file;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.recording.Frame;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a recording's frames from first to last. It holds one group compressed, the window over it
 * and one frame. One thread at a time; close it, as the window lies outside the heap.
 */
public final class FrameCursor implements AutoCloseable {
  private final ArchivedRecording recording;
  private final List<Frame> frames;
  private int place;

  /** The lines of the group from the place on; null before a group. */
  private @Nullable InputStream group;

  FrameCursor(ArchivedRecording recording, List<Frame> frames) {
    this.recording = recording;
    this.frames = frames;
  }

  /**
   * A frame and its events.
   *
   * @param lines a line of JSON for each event; do not change the array
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes on their way out; never compared.
  public record FrameLines(Frame frame, byte[] lines) {}

  /**
   * The next frame, checked; empty after the last.
   *
   * @throws DamagedRecording when the rest of a group is damaged, which it names; the next call
   *     gives the first frame of the next group
   * @throws IOException when the file cannot be read; the next call tries again
   */
  public Optional<FrameLines> next() throws IOException {
    if (place == frames.size()) {
      return Optional.empty();
    }
    int number = recording.group(place);
    int groupEnd = recording.endOfGroup(number);
    try {
      InputStream from = group == null ? open(number) : group;
      Frame frame = frames.get(place);
      byte[] lines = from.readNBytes(Math.toIntExact(frame.rawBytes()));
      recording.check(place, lines);
      if (place + 1 == groupEnd) {
        close();
      }
      place++;
      return Optional.of(new FrameLines(frame, lines));
    } catch (ZstdIOException e) {
      throw passOver(groupEnd, DamagedRecording.group(number, "cannot be read", e));
    } catch (DamagedRecording e) {
      throw passOver(groupEnd, e);
    }
  }

  private InputStream open(int number) throws IOException {
    byte[] frame = recording.groupFrame(number, recording.groupBytes(number));
    var lines = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(frame));
    group = lines;
    return lines;
  }

  private DamagedRecording passOver(int to, DamagedRecording why) throws IOException {
    place = to;
    close();
    return why;
  }

  /** The place of the next frame. */
  int place() {
    return place;
  }

  /** The frames that were passed over since a place. */
  List<Frame> passed(int since) {
    return frames.subList(since, place);
  }

  @Override
  public void close() throws IOException {
    if (group != null) {
      group.close();
      group = null;
    }
  }
}

package dev.backspool.transfer;

import dev.backspool.recording.Frame;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * What a project file says of a frame; see {@link Frame}. The rest is in its events.
 *
 * @param events how many lines it has
 * @param uploaded how many events the upload had, as its receipt says: what was sent twice is
 *     stored once; null where the receipt is kept no more
 * @param bytes of these lines, their ends included
 */
record FrameLine(
    long n,
    String tab,
    String batchId,
    @Nullable String clientSession,
    int ordinal,
    @Nullable Long seq,
    Instant receivedAt,
    Instant firstAt,
    Instant lastAt,
    int events,
    @Nullable Integer uploaded,
    long bytes) {
  /** The largest upload that a server can be told to take. */
  private static final long MOST_BYTES = 512 << 20;

  static FrameLine of(Frame frame, @Nullable Integer uploaded) {
    return new FrameLine(
        frame.n(),
        frame.tab(),
        frame.batchId(),
        frame.clientSession(),
        frame.ordinal(),
        frame.seq(),
        frame.receivedAt(),
        frame.firstAt(),
        frame.lastAt(),
        frame.events(),
        uploaded,
        frame.rawBytes());
  }

  /** The same as another of its tab's frames. */
  FrameLine at(long number, int place) {
    return new FrameLine(
        number,
        tab,
        batchId,
        clientSession,
        place,
        seq,
        receivedAt,
        firstAt,
        lastAt,
        events,
        uploaded,
        bytes);
  }

  /**
   * All frames that an entry tells of.
   *
   * @param count how many there must be
   * @throws ProjectFileException when they are not, or one of them is no frame
   */
  static List<FrameLine> all(EntryReader entries, int count) throws IOException {
    String entry = entries.entry().name();
    var frames = new ArrayList<FrameLine>();
    for (EntryReader.Line line : entries.lines()) {
      frames.add(of(line.json(), "%s, line %d".formatted(entry, frames.size() + 1)));
    }
    if (frames.size() != count) {
      throw new ProjectFileException(
          "%s tells of %d frames, and its session of %d".formatted(entry, frames.size(), count));
    }
    return frames;
  }

  private static FrameLine of(byte[] json, String where) throws ProjectFileException {
    FrameLine frame;
    try {
      frame = Json.read(json, FrameLine.class);
    } catch (JacksonException e) {
      throw new ProjectFileException("%s: %s".formatted(where, e.getOriginalMessage()), e);
    }
    if (frame.isFrame()) {
      return frame;
    }
    throw new ProjectFileException(where + " is no frame");
  }

  @SuppressWarnings("ConstantValue") // Whoever wrote the file may have left them out.
  private boolean isFrame() {
    return tab != null
        && batchId != null
        && receivedAt != null
        && firstAt != null
        && lastAt != null
        && n >= 0
        && n <= Sequences.MOST
        && ordinal >= 0
        && events >= 0
        && (uploaded == null || uploaded >= 0)
        && bytes >= 0
        && bytes <= MOST_BYTES;
  }
}

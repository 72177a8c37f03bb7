package dev.backspool.transfer;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.backspool.recording.Contents;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Reel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The two entries of a session's recording: its events, and beside them which upload brought which.
 * Read from wherever the frames are, one in memory at a time, into spools: an entry's size stands
 * before it.
 */
final class RecordingEntries implements AutoCloseable {
  private static final String FOLDER = "recordings/";
  private static final String FRAMES = ".frames.ndjson";
  private static final String LINES = ".ndjson.zst";

  /** What every zstd reads without being told to: windows of up to 128 MB. */
  static final int MOST_WINDOW_LOG = 27;

  private static final int LEAST_WINDOW_LOG = 17;

  /** A window of 32 MB sees the page's snapshot before last, at a quarter of the memory. */
  private static final int USUAL_WINDOW_LOG = 25;

  private static final int LEVEL = 3;

  private final Spool frames;
  private final Spool lines;
  private final List<String> lost = new ArrayList<>();
  private int count;

  private RecordingEntries(Spools spools) {
    frames = spools.make();
    lines = spools.make();
  }

  /**
   * How much of a session is wanted.
   *
   * @param tabs how many frames of each tab: what came after the session's row was read is not
   * @param uploaded how many events the uploads had, by their batch ids, as the receipts say
   */
  record Wanted(
      UUID project, UUID session, Map<String, Integer> tabs, Map<String, Integer> uploaded) {}

  /** The entry that tells of a session's frames. */
  static String framesOf(String session) {
    return FOLDER + session + FRAMES;
  }

  /** The entry that holds their events. */
  static String linesOf(String session) {
    return FOLDER + session + LINES;
  }

  static boolean isOne(String entry) {
    return entry.startsWith(FOLDER);
  }

  static boolean isFrames(String entry) {
    return entry.startsWith(FOLDER) && entry.endsWith(FRAMES);
  }

  /**
   * Reads a recording.
   *
   * @throws IOException when the archive is away, or there is no room for the spools
   */
  static RecordingEntries read(Playback playback, Spools spools, Wanted wanted) throws IOException {
    var entries = new RecordingEntries(spools);
    try {
      entries.fill(playback, wanted);
      return entries;
    } catch (IOException | RuntimeException failure) {
      entries.close();
      throw failure;
    }
  }

  private void fill(Playback playback, Wanted wanted) throws IOException {
    Reel reel = playback.reel(wanted.project(), wanted.session());
    Contents contents = reel.contents();
    for (Contents.Unread unread : contents.unread()) {
      lose(
          "the %d frames of %s".formatted(unread.part().frames(), unread.part().object()),
          unread.why());
    }
    List<Frame> some =
        contents.frames().stream()
            .filter(frame -> frame.ordinal() < wanted.tabs().getOrDefault(frame.tab(), 0))
            .toList();
    long json = some.stream().mapToLong(Frame::rawBytes).sum();
    try (var zstd = new ZstdOutputStreamNoFinalizer(lines, LEVEL)) {
      zstd.setChecksum(true).setLong(windowLog(json)).setCloseFrameOnFlush(false);
      for (Frame frame : some) {
        Optional<Payload> payload = whole(reel, frame);
        if (payload.isPresent()) {
          payload.get().writeLines(zstd);
          frames.write(Json.line(FrameLine.of(frame, wanted.uploaded().get(frame.batchId()))));
          count++;
        }
      }
    }
  }

  private static int windowLog(long json) {
    int log = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, json - 1));
    return Math.clamp(log, LEAST_WINDOW_LOG, USUAL_WINDOW_LOG);
  }

  private Optional<Payload> whole(Reel reel, Frame frame) throws IOException {
    try {
      Optional<Payload> payload = reel.read(frame);
      if (payload.isEmpty()) {
        lost.add(name(frame) + ": it is gone");
      }
      return payload;
    } catch (IOException failure) {
      lose(name(frame), failure);
      return Optional.empty();
    }
  }

  private static String name(Frame frame) {
    return "frame %d of tab %s".formatted(frame.ordinal(), frame.tab());
  }

  /** What is only away now must not be left out. */
  private void lose(String what, IOException why) throws IOException {
    if (Fault.of(why) == Fault.UNAVAILABLE) {
      throw why;
    }
    lost.add(what + ": " + why.getMessage());
  }

  /** How many frames there are. */
  int count() {
    return count;
  }

  /** What of the recording cannot be read any more, a phrase each. */
  List<String> lost() {
    return lost;
  }

  void write(UUID session, ProjectFileWriter out) throws IOException {
    out.add(framesOf(session.toString()), frames);
    out.add(linesOf(session.toString()), lines);
  }

  @Override
  public void close() throws IOException {
    frames.close();
    lines.close();
  }
}

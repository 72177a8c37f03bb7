package dev.backspool.archiver;

import dev.backspool.archiver.HotFrames.Wanted;
import dev.backspool.recording.Frame;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the payloads of a run of frames one after the other, read a few megabytes at a time:
 * many small sessions cost few round trips, a large one little memory.
 */
final class Payloads {
  private static final long MOST_BYTES = 4L << 20;
  private static final int MOST_FRAMES = 512;

  private final HotFrames chunks;
  private final List<Wanted> wanted;
  private Map<Long, byte[]> ahead = Map.of();
  private int readTo;
  private int place;

  Payloads(HotFrames chunks, List<Wanted> wanted) {
    this.chunks = chunks;
    this.wanted = wanted;
  }

  /** The payload of the next frame; null when it is not there any more. */
  byte @Nullable [] next() {
    if (place == readTo) {
      readAhead();
    }
    Frame frame = wanted.get(place++).frame();
    return ahead.get(frame.n());
  }

  /** Leaves out the next frames. */
  void skip(int frames) {
    place += frames;
    readTo = Math.max(readTo, place);
  }

  private void readAhead() {
    long bytes = 0;
    int to = place;
    while (to < wanted.size()
        && to - place < MOST_FRAMES
        && (to == place || bytes + wanted.get(to).frame().bytes() <= MOST_BYTES)) {
      bytes += wanted.get(to).frame().bytes();
      to++;
    }
    ahead = chunks.payloads(wanted.subList(place, to));
    readTo = to;
  }
}

package dev.backspool.recording;

import java.util.List;
import java.util.stream.LongStream;

/**
 * A tab with its frames in play order, and its own way from client time to server time.
 *
 * @param chunks how many were committed for it, found or not
 */
record TabTimes(String id, int chunks, long shiftMs, long fromMs, long toMs, List<Frame> frames) {

  /**
   * A tab whose bounds are its frames'. Where some of them are not found, also those of the parts
   * that cannot be read; when there is neither, those given.
   */
  static TabTimes of(
      String id,
      int chunks,
      long shiftMs,
      List<Frame> frames,
      List<Part> unread,
      long otherwiseFrom,
      long otherwiseTo) {
    List<Part> perhaps = missing(chunks, frames) > 0 ? unread : List.of();
    return new TabTimes(
        id,
        chunks,
        shiftMs,
        LongStream.concat(
                frames.stream().mapToLong(frame -> frame.firstAt().toEpochMilli()),
                perhaps.stream().mapToLong(part -> part.firstAt().toEpochMilli()))
            .min()
            .orElse(otherwiseFrom),
        LongStream.concat(
                frames.stream().mapToLong(frame -> frame.lastAt().toEpochMilli()),
                perhaps.stream().mapToLong(part -> part.lastAt().toEpochMilli()))
            .max()
            .orElse(otherwiseTo),
        frames);
  }

  /** How many of its frames were not found. */
  int missing() {
    return missing(chunks, frames);
  }

  private static int missing(int chunks, List<Frame> frames) {
    // Frames that came since the chunks were counted stand in for none that are missing.
    return chunks - (int) frames.stream().filter(frame -> frame.ordinal() < chunks).count();
  }

  /** An event's own time in server time, within the tab's bounds. */
  long inServerTime(long eventMs) {
    return Math.clamp(eventMs + shiftMs, fromMs, toMs);
  }

  long events() {
    return frames.stream().mapToLong(Frame::events).sum();
  }
}

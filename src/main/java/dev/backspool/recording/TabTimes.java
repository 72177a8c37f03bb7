package dev.backspool.recording;

import java.util.List;

/**
 * A tab with its frames in play order, and its own way from client time to server time.
 *
 * @param chunks how many were committed for it, found or not
 */
record TabTimes(String id, int chunks, long shiftMs, long fromMs, long toMs, List<Frame> frames) {

  /** A tab whose bounds are its frames'; without frames it takes those given. */
  static TabTimes of(
      String id,
      int chunks,
      long shiftMs,
      List<Frame> frames,
      long otherwiseFrom,
      long otherwiseTo) {
    return new TabTimes(
        id,
        chunks,
        shiftMs,
        frames.stream()
            .mapToLong(frame -> frame.firstAt().toEpochMilli())
            .min()
            .orElse(otherwiseFrom),
        frames.stream().mapToLong(frame -> frame.lastAt().toEpochMilli()).max().orElse(otherwiseTo),
        frames);
  }

  /** An event's own time in server time, within the tab's bounds. */
  long inServerTime(long eventMs) {
    return Math.clamp(eventMs + shiftMs, fromMs, toMs);
  }

  long events() {
    return frames.stream().mapToLong(Frame::events).sum();
  }
}

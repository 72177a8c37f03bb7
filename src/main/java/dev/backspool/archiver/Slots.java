package dev.backspool.archiver;

import dev.backspool.recording.Frame;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** How busy somebody was over the length of a part. */
public final class Slots {
  /** As many as the list of sessions shows. */
  static final int COUNT = 32;

  private Slots() {}

  /**
   * Events by the person's own hand, in equal slots of a time. What a frame counted is spread
   * evenly over the slots that it touches.
   *
   * @param first when the frames' earliest event happened
   * @param last when the latest did
   */
  public static List<Integer> of(List<Frame> frames, Instant first, Instant last) {
    int[] counts = new int[COUNT];
    double length = Math.max(1, Duration.between(first, last).toMillis());
    for (Frame frame : frames) {
      int from = slot(first, frame.firstAt(), length);
      int touched = Math.max(from, slot(first, frame.lastAt(), length)) - from + 1;
      for (int i = 0; i < touched; i++) {
        // Differences of a running sum, so that the parts add up to the whole.
        counts[from + i] +=
            frame.userEvents() * (i + 1) / touched - frame.userEvents() * i / touched;
      }
    }
    return IntStream.of(counts).boxed().toList();
  }

  private static int slot(Instant first, Instant at, double length) {
    double place = COUNT * Duration.between(first, at).toMillis() / length;
    return Math.clamp((long) place, 0, COUNT - 1);
  }
}

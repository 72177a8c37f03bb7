package dev.backspool.recording;

import dev.backspool.rrweb.Mark;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a player must know of a recording before it loads a frame. All times are server time in
 * epoch ms, within the bounds of their tab.
 *
 * @param activity user-input events in each slot of {@code slotMs} from {@code startedAtMs}
 */
public record RecordingIndex(
    long startedAtMs,
    long endedAtMs,
    boolean live,
    Verdict verdict,
    List<TabSpan> tabs,
    List<FrameSpan> frames,
    List<PageView> pages,
    List<Moment> marks,
    List<Gap> gaps,
    long slotMs,
    List<Integer> activity) {

  /**
   * Whether it plays.
   *
   * @param message one sentence for the person who watches
   * @param atMs where what is wrong begins; null when nothing is
   */
  public record Verdict(State state, String message, @Nullable Long atMs) {
    /** How much of it plays. */
    public enum State {
      PLAYABLE,
      GAPS,
      NO_FULL_SNAPSHOT,
      /** Nothing is left of it. */
      EMPTY,
      /** Nothing can be shown now, as the archive does not answer; later it may. */
      UNAVAILABLE
    }
  }

  /**
   * A tab.
   *
   * @param number its place among the tabs, from 1
   * @param shiftMs added to an event's own time it gives server time
   */
  public record TabSpan(
      String id, int number, long startedAtMs, long endedAtMs, long shiftMs, long eventCount) {}

  /**
   * A frame, in play order within its tab.
   *
   * @param checkpoints where playback can start inside it
   */
  public record FrameSpan(
      long n,
      String tab,
      long fromMs,
      long toMs,
      int events,
      long bytes,
      long rawBytes,
      List<Long> checkpoints) {}

  /** A page came into view. */
  public record PageView(String tab, long atMs, String href) {}

  /** A moment worth a mark on the timeline. */
  public record Moment(String tab, long atMs, Mark.Kind kind) {}

  /** A stretch of a tab that does not play, or not whole. */
  public record Gap(String tab, long fromMs, long toMs, Cause cause, String message) {
    /** Why. */
    public enum Cause {
      MISSING,
      DAMAGED,
      /** The archive does not answer: later it may be no gap. */
      UNAVAILABLE,
      NO_FULL_SNAPSHOT
    }
  }
}

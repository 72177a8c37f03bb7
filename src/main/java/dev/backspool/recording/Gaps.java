package dev.backspool.recording;

import dev.backspool.recording.Contents.Unread;
import dev.backspool.recording.RecordingIndex.Gap;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Finds what is missing of a tab, from its frames' numbers alone: a hole in their ordinals means a
 * row that was there and is gone, or lies in a part that cannot be read; a hole in the SDK's own
 * numbers an upload that never came.
 */
final class Gaps {
  /** A page that is still loading sends its two load events before the first snapshot. */
  private static final int EVENTS_BEFORE_SNAPSHOT = 2;

  /** A first snapshot this late left something unseen, whatever the counts say. */
  private static final long LATE_SNAPSHOT_MS = 10_000;

  private final TabTimes tab;
  private final List<Unread> unread;
  private final List<Gap> gaps = new ArrayList<>();

  private Gaps(TabTimes tab, List<Unread> unread) {
    this.tab = tab;
    this.unread = tab.missing() > 0 ? unread : List.of();
  }

  /** The gaps of all tabs, tab by tab. */
  static List<Gap> of(
      List<TabTimes> tabs, List<Unread> unread, Instant sessionFrom, Instant sessionTo) {
    int missing = tabs.stream().mapToInt(TabTimes::missing).sum();
    boolean allInParts = missing <= unread.stream().mapToInt(each -> each.part().frames()).sum();
    return tabs.stream()
        .flatMap(tab -> of(tab, unread, allInParts, sessionFrom, sessionTo).stream())
        .toList();
  }

  /**
   * The gaps of a tab, by time. What two rules find at one place is one gap.
   *
   * @param tab the tab and its frames in play order
   * @param unread parts of the session that cannot be read: which tabs they are of, nobody knows
   * @param allInParts whether these hold as many frames as are missing of all tabs
   * @param sessionFrom start of the session, for what is missing before the first frame
   * @param sessionTo end of the session, for what is missing after the last
   */
  private static List<Gap> of(
      TabTimes tab,
      List<Unread> unread,
      boolean allInParts,
      Instant sessionFrom,
      Instant sessionTo) {
    var found = new Gaps(tab, unread);
    found.unreadParts();
    if (!allInParts) {
      found.missingRows(sessionFrom.toEpochMilli(), sessionTo.toEpochMilli());
    }
    found.missingUploads();
    found.missingSnapshot();
    found.gaps.sort(Comparator.comparingLong(Gap::fromMs).thenComparingLong(Gap::toMs));
    return found.gaps;
  }

  private void unreadParts() {
    for (Unread each : unread) {
      gaps.add(
          new Gap(
              tab.id(),
              each.part().firstAt().toEpochMilli(),
              each.part().lastAt().toEpochMilli(),
              cause(each),
              message(each)));
    }
  }

  private static Gap.Cause cause(Unread unread) {
    return switch (Fault.of(unread.why())) {
      case MISSING -> Gap.Cause.MISSING;
      case DAMAGED -> Gap.Cause.DAMAGED;
      case UNAVAILABLE -> Gap.Cause.UNAVAILABLE;
    };
  }

  private static String message(Unread unread) {
    if (unread.why() instanceof LostKey) {
      return "The key of this part of the recording is lost, so nobody can read it any more.";
    }
    return switch (Fault.of(unread.why())) {
      case MISSING -> "The archive does not have this part of the recording any more.";
      case DAMAGED -> "This part of the recording is damaged in the archive.";
      case UNAVAILABLE -> "The archive does not answer, so this part cannot be shown now.";
    };
  }

  private void missingRows(long sessionFrom, long sessionTo) {
    List<Frame> committed =
        tab.frames().stream().sorted(Comparator.comparingInt(Frame::ordinal)).toList();
    int expected = 0;
    long before = sessionFrom;
    for (Frame frame : committed) {
      if (frame.ordinal() > expected) {
        rowsGone(before, frame.firstAt().toEpochMilli(), frame.ordinal() - expected);
      }
      expected = frame.ordinal() + 1;
      before = frame.lastAt().toEpochMilli();
    }
    if (expected < tab.chunks()) {
      rowsGone(before, sessionTo, tab.chunks() - expected);
    }
  }

  private void rowsGone(long before, long after, int rows) {
    add(before, after, count(rows, "stored upload") + " of this time cannot be found any more.");
  }

  private void missingUploads() {
    List<Frame> frames = tab.frames();
    if (frames.stream().anyMatch(frame -> frame.seq() == null)) {
      return;
    }
    // Numbers before the first are no loss: a session that is split goes on with the next number.
    for (int i = 1; i < frames.size(); i++) {
      long before = Objects.requireNonNull(frames.get(i - 1).seq());
      long next = Objects.requireNonNull(frames.get(i).seq());
      if (next > before + 1) {
        add(
            frames.get(i - 1).lastAt().toEpochMilli(),
            frames.get(i).firstAt().toEpochMilli(),
            count(next - before - 1, "upload") + " of the recorder did not arrive.");
      }
    }
  }

  private void missingSnapshot() {
    int before = 0;
    for (Frame frame : tab.frames()) {
      if (!frame.outline().checkpoints().isEmpty()) {
        long snapshot = tab.inServerTime(frame.outline().checkpoints().getFirst());
        long start = start();
        if (before > EVENTS_BEFORE_SNAPSHOT || snapshot - start > LATE_SNAPSHOT_MS) {
          noSnapshot(
              start, snapshot, "Nothing can be shown before the first full snapshot of the page.");
        }
        return;
      }
      before += frame.events();
    }
    if (before > 0) {
      noSnapshot(
          start(), tab.toMs(), "This tab has no full snapshot of its page, so it cannot be shown.");
    }
  }

  /** When the first of its frames begins. */
  private long start() {
    return tab.frames().stream()
        .mapToLong(frame -> frame.firstAt().toEpochMilli())
        .min()
        .orElse(tab.fromMs());
  }

  /** Before the first snapshot there is found, a part that cannot be read may hold another one. */
  private void noSnapshot(long from, long until, String message) {
    boolean inPart = unread.stream().anyMatch(each -> each.part().firstAt().toEpochMilli() < until);
    gaps.add(
        new Gap(
            tab.id(),
            from,
            until,
            Gap.Cause.NO_FULL_SNAPSHOT,
            inPart
                ? "This cannot be shown: the full snapshot of its page is in a part that cannot be read."
                : message));
  }

  /** Uploads are numbered as they were made and rows as they came: the two may cross. */
  private void add(long from, long to, String message) {
    var gap = new Gap(tab.id(), Math.min(from, to), Math.max(from, to), Gap.Cause.MISSING, message);
    boolean known =
        gaps.stream()
            .anyMatch(other -> other.fromMs() <= gap.toMs() && gap.fromMs() <= other.toMs());
    if (!known) {
      gaps.add(gap);
    }
  }

  private static String count(long number, String what) {
    return number == 1 ? "1 " + what : number + " " + what + "s";
  }
}

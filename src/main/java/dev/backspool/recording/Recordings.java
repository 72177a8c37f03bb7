package dev.backspool.recording;

import dev.backspool.postgres.Database;
import dev.backspool.recording.RecordingIndex.FrameSpan;
import dev.backspool.recording.RecordingIndex.Gap;
import dev.backspool.recording.RecordingIndex.Moment;
import dev.backspool.recording.RecordingIndex.PageView;
import dev.backspool.recording.RecordingIndex.TabSpan;
import dev.backspool.recording.RecordingIndex.Verdict;
import dev.backspool.rrweb.Mark;
import dev.backspool.rrweb.Outline;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the index of a recording, from rows and the indexes of its archived parts: no payload is
 * opened.
 */
public final class Recordings {
  /** A timeline has no room for more. */
  private static final int MOST_SLOTS = 2_000;

  /** Typing makes a mark for every key; one of a tab in this time is enough. */
  private static final long INPUT_MARK_MS = 1_000;

  private final Database database;
  private final Playback playback;

  public Recordings(Database database, Playback playback) {
    this.database = database;
    this.playback = playback;
  }

  private record TabRow(String id, long shiftMs, int chunks) {}

  /** The index of a session's recording as it is now. */
  public RecordingIndex index(UUID project, SessionSummary session) {
    // Tabs first: a chunk that comes between is then a frame too many, not one that is missing.
    List<TabRow> rows = tabRows(project, session.id());
    Contents contents = playback.contents(project, session.id());
    List<TabTimes> tabs = tabs(session, rows, contents);
    long from = session.startedAt().toEpochMilli();
    long to = session.lastEventAt().toEpochMilli();

    List<Gap> gaps = Gaps.of(tabs, contents.unread(), session.startedAt(), session.lastEventAt());
    long slotMs = Math.max(1, Math.ceilDiv(to - from + 1, MOST_SLOTS * 1_000L)) * 1_000;
    return new RecordingIndex(
        from,
        to,
        session.live(),
        verdict(tabs, gaps, contents.unread()),
        spans(tabs),
        tabs.stream().flatMap(tab -> frames(tab).stream()).toList(),
        pages(project, session.id(), tabs),
        tabs.stream()
            .flatMap(tab -> marks(tab).stream())
            .sorted(Comparator.comparingLong(Moment::atMs))
            .toList(),
        gaps,
        slotMs,
        activity(tabs, from, to, slotMs));
  }

  private List<TabRow> tabRows(UUID project, UUID session) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, shift_ms, chunk_count
                    from tab
                    where project_id = :project and session_id = :session
                    order by id
                    """)
                .bind("project", project)
                .bind("session", session)
                .map((row, _) ->
                    new TabRow(
                        row.getString("id"), row.getLong("shift_ms"), row.getInt("chunk_count")))
                .list());
  }

  /** The tabs in the order they began. */
  private static List<TabTimes> tabs(SessionSummary session, List<TabRow> rows, Contents contents) {
    Map<String, List<Frame>> byTab =
        contents.frames().stream().collect(Collectors.groupingBy(Frame::tab));
    List<Part> unread = contents.unread().stream().map(Contents.Unread::part).toList();
    return rows.stream()
        .map(row ->
            TabTimes.of(
                row.id(),
                row.chunks(),
                row.shiftMs(),
                byTab.getOrDefault(row.id(), List.of()),
                unread,
                session.startedAt().toEpochMilli(),
                session.lastEventAt().toEpochMilli()))
        .sorted(Comparator.comparingLong(TabTimes::fromMs))
        .toList();
  }

  private static List<TabSpan> spans(List<TabTimes> tabs) {
    var spans = new ArrayList<TabSpan>(tabs.size());
    for (TabTimes tab : tabs) {
      spans.add(
          new TabSpan(
              tab.id(), spans.size() + 1, tab.fromMs(), tab.toMs(), tab.shiftMs(), tab.events()));
    }
    return spans;
  }

  /**
   * A Meta that ends a frame and the FullSnapshot that begins the next are one checkpoint, and
   * playback starts at the Meta: the checkpoint moves to the earlier frame.
   */
  private static List<FrameSpan> frames(TabTimes tab) {
    var spans = new ArrayList<FrameSpan>(tab.frames().size());
    @Nullable Outline before = null;
    for (Frame frame : tab.frames()) {
      Outline outline = frame.outline();
      List<Long> checkpoints = outline.checkpoints();
      if (before != null
          && before.endsWithMeta()
          && !checkpoints.isEmpty()
          && checkpoints.getFirst() == outline.from()) {
        var earlier = new ArrayList<>(spans.getLast().checkpoints());
        earlier.add(tab.inServerTime(before.to()));
        spans.add(withCheckpoints(spans.removeLast(), earlier));
        checkpoints = checkpoints.subList(1, checkpoints.size());
      }
      spans.add(
          new FrameSpan(
              frame.n(),
              tab.id(),
              frame.firstAt().toEpochMilli(),
              frame.lastAt().toEpochMilli(),
              frame.events(),
              frame.bytes(),
              frame.rawBytes(),
              checkpoints.stream().map(tab::inServerTime).toList()));
      before = outline;
    }
    return spans;
  }

  private static FrameSpan withCheckpoints(FrameSpan frame, List<Long> checkpoints) {
    return new FrameSpan(
        frame.n(),
        frame.tab(),
        frame.fromMs(),
        frame.toMs(),
        frame.events(),
        frame.bytes(),
        frame.rawBytes(),
        checkpoints);
  }

  private List<PageView> pages(UUID project, UUID session, List<TabTimes> tabs) {
    Map<String, TabTimes> byId = tabs.stream().collect(Collectors.toMap(TabTimes::id, tab -> tab));
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select tab_id, at, href
                    from page
                    where project_id = :project and session_id = :session
                    order by at
                    """)
                .bind("project", project)
                .bind("session", session)
                .map((row, _) -> {
                  long at = row.getObject("at", OffsetDateTime.class).toInstant().toEpochMilli();
                  TabTimes tab = byId.get(row.getString("tab_id"));
                  return new PageView(
                      row.getString("tab_id"),
                      tab == null ? at : Math.clamp(at, tab.fromMs(), tab.toMs()),
                      row.getString("href"));
                })
                .list());
  }

  private static List<Moment> marks(TabTimes tab) {
    var moments = new ArrayList<Moment>();
    long lastInput = Long.MIN_VALUE;
    for (Frame frame : tab.frames()) {
      for (Mark mark : frame.outline().marks()) {
        long at = tab.inServerTime(mark.timestamp());
        if (mark.kind() == Mark.Kind.INPUT) {
          if (lastInput != Long.MIN_VALUE && Math.abs(at - lastInput) < INPUT_MARK_MS) {
            continue;
          }
          lastInput = at;
        }
        moments.add(new Moment(tab.id(), at, mark.kind()));
      }
    }
    return moments;
  }

  private static List<Integer> activity(List<TabTimes> tabs, long from, long to, long slotMs) {
    int[] counts = new int[(int) ((to - from) / slotMs) + 1];
    for (TabTimes tab : tabs) {
      for (Frame frame : tab.frames()) {
        Outline outline = frame.outline();
        for (int second = 0; second < outline.activity().size(); second++) {
          long at = tab.inServerTime(outline.from() + second * 1_000L);
          int slot = Math.clamp((at - from) / slotMs, 0, counts.length - 1);
          counts[slot] += outline.activity().get(second);
        }
      }
    }
    return java.util.Arrays.stream(counts).boxed().toList();
  }

  private static Verdict verdict(
      List<TabTimes> tabs, List<Gap> gaps, List<Contents.Unread> unread) {
    boolean shown =
        tabs.stream()
            .flatMap(tab -> tab.frames().stream())
            .anyMatch(frame -> !frame.outline().checkpoints().isEmpty());
    @Nullable Gap first = gaps.stream().min(Comparator.comparingLong(Gap::fromMs)).orElse(null);
    if (shown) {
      return first == null
          ? new Verdict(Verdict.State.PLAYABLE, "Plays from start to end.", null)
          : new Verdict(Verdict.State.GAPS, first.message(), first.fromMs());
    }
    @Nullable Long at = first == null ? null : first.fromMs();
    if (unread.stream().anyMatch(each -> Fault.of(each.why()) == Fault.UNAVAILABLE)) {
      return new Verdict(
          Verdict.State.UNAVAILABLE,
          "The archive does not answer, so this recording cannot be shown now.",
          at);
    }
    if (tabs.stream().allMatch(tab -> tab.frames().isEmpty())) {
      return new Verdict(
          Verdict.State.EMPTY,
          first == null || unread.isEmpty()
              ? "Nothing of this recording is left."
              : "Nothing of this recording is left. " + first.message(),
          unread.isEmpty() ? null : at);
    }
    return new Verdict(
        Verdict.State.NO_FULL_SNAPSHOT,
        unread.isEmpty()
            ? "No full snapshot of a page arrived, so there is nothing to show."
            : "The full snapshots of its pages are in a part that cannot be read, so there is"
                + " nothing to show.",
        at);
  }
}

package dev.backspool.api;

import dev.backspool.recording.RecordingIndex;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A recording's index as the API shows it. */
record RecordingJson(
    UUID sessionId,
    long startedAtMs,
    long endedAtMs,
    long durationMs,
    boolean live,
    VerdictJson verdict,
    List<RecordingIndex.TabSpan> tabs,
    List<RecordingIndex.FrameSpan> frames,
    List<RecordingIndex.PageView> pages,
    List<MarkJson> marks,
    List<GapJson> gaps,
    ActivityJson activity) {

  record VerdictJson(String state, String message, @Nullable Long atMs) {}

  record MarkJson(String tab, long atMs, String kind) {}

  record GapJson(String tab, long fromMs, long toMs, String reason, String message) {}

  record ActivityJson(long slotMs, List<Integer> counts) {}

  static RecordingJson of(UUID session, RecordingIndex index) {
    RecordingIndex.Verdict verdict = index.verdict();
    return new RecordingJson(
        session,
        index.startedAtMs(),
        index.endedAtMs(),
        index.endedAtMs() - index.startedAtMs(),
        index.live(),
        new VerdictJson(code(verdict.state()), verdict.message(), verdict.atMs()),
        index.tabs(),
        index.frames(),
        index.pages(),
        index.marks().stream()
            .map(mark -> new MarkJson(mark.tab(), mark.atMs(), code(mark.kind())))
            .toList(),
        index.gaps().stream()
            .map(gap ->
                new GapJson(gap.tab(), gap.fromMs(), gap.toMs(), code(gap.cause()), gap.message()))
            .toList(),
        new ActivityJson(index.slotMs(), index.activity()));
  }

  private static String code(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

package dev.backspool.api;

import dev.backspool.RetentionDays;
import dev.backspool.retention.Removed;
import dev.backspool.retention.RetentionRun;
import dev.backspool.retention.RetentionStatus;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A project's retention as the API shows it. */
record RetentionJson(
    @Nullable Integer recordingDays,
    @Nullable Integer eventDays,
    @Nullable Integer keptDays,
    @Nullable Integer coldAfterDays,
    Instant nextRunAt,
    RetentionStatus.@Nullable Running running,
    NextJson next,
    List<RunJson> runs) {

  record NextJson(
      long recordings, long objects, long bytes, long sessions, long events, long toCold) {

    static NextJson of(Removed next) {
      return new NextJson(
          next.recordings(),
          next.objects(),
          next.bytes(),
          next.sessions(),
          next.events(),
          next.movedToCold());
    }
  }

  record RunJson(
      UUID id,
      Instant startedAt,
      @Nullable Instant finishedAt,
      long recordings,
      long objects,
      long bytes,
      long sessions,
      long events,
      long movedToCold,
      @Nullable String error) {}

  static RetentionJson of(RetentionDays days, RetentionStatus status) {
    return new RetentionJson(
        days.recordings(),
        days.events(),
        days.kept(),
        days.coldAfter(),
        status.nextRunAt(),
        status.running(),
        NextJson.of(status.next()),
        status.runs().stream().map(RetentionJson::run).toList());
  }

  private static RunJson run(RetentionRun run) {
    Removed removed = run.removed();
    return new RunJson(
        run.id(),
        run.startedAt(),
        run.finishedAt(),
        removed.recordings(),
        removed.objects(),
        removed.bytes(),
        removed.sessions(),
        removed.events(),
        removed.movedToCold(),
        run.error());
  }
}

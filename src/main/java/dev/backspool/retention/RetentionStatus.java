package dev.backspool.retention;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with a project's retention.
 *
 * @param nextRunAt when the next daily run is due
 * @param running the run that is going on, for this project or another; null when none is
 * @param next what that daily run will remove, if nothing changes until then
 * @param runs the last ones, newest first
 */
public record RetentionStatus(
    Instant nextRunAt, @Nullable Running running, Removed next, List<RetentionRun> runs) {

  /**
   * How far a run is.
   *
   * @param step what it does: {@code recordings}, {@code sessions}, {@code events}, {@code cold},
   *     {@code records}, or {@code other_projects}
   * @param done of this step
   * @param total of this step, as counted at its beginning
   */
  public record Running(Instant startedAt, String step, long done, long total) {}
}

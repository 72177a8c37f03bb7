package dev.backspool.retention;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A run's report for one project.
 *
 * @param finishedAt null while it runs
 * @param error what was left undone, and why; null when nothing was
 */
public record RetentionRun(
    UUID id,
    Instant startedAt,
    @Nullable Instant finishedAt,
    Removed removed,
    @Nullable String error) {}

package dev.backspool.sync;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A destination as it is registered.
 *
 * @param project whose own it is; null is one for all projects
 * @param kind {@code postgres}, {@code duckdb}, {@code clickhouse}
 * @param name what members call it
 * @param isRequired whether events stay in PostgreSQL until it has them
 * @param isPaused whether it is left alone
 * @param hasFailed whether it did not do what it was asked, the last time
 * @param isResting whether it is left alone for a while because of that
 * @param isPlaced whether only nodes reach it that have it open
 * @param fingerprint of its connection, which tells one from another and nothing else; empty where
 *     there is none
 */
public record SinkRow(
    UUID id,
    @Nullable UUID project,
    String kind,
    String name,
    boolean isRequired,
    boolean isPaused,
    boolean hasFailed,
    boolean isResting,
    boolean isPlaced,
    String fingerprint) {
  /** Whether rows of a project go there. */
  public boolean takes(UUID other) {
    return project == null || project.equals(other);
  }
}

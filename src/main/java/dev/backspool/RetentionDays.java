package dev.backspool;

import org.jspecify.annotations.Nullable;

/**
 * How long what a project recorded is kept, in days; null keeps it for ever.
 *
 * @param recordings after a session's last event
 * @param events after their session began; after their receipt where they belong to none
 * @param kept both of the above, for sessions that a member keeps, where this is longer
 * @param coldAfter when recordings move to the cold tier of the archive, after their last event;
 *     null never moves them
 */
public record RetentionDays(
    @Nullable Integer recordings,
    @Nullable Integer events,
    @Nullable Integer kept,
    @Nullable Integer coldAfter) {

  /** Whether nothing ever expires or moves. */
  public boolean isUnlimited() {
    return recordings == null && events == null && coldAfter == null;
  }
}

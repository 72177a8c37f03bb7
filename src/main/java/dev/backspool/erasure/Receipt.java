package dev.backspool.erasure;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was erased and when. It names nobody.
 *
 * @param kind {@code session} or {@code profile}
 * @param rowsRemovedAt when the last row was gone; null while the erasure goes on
 * @param objectsRemovedAt when the archive was rid of the last object; null until then
 * @param liftedAt when it was allowed again to record what was erased; null while it is not
 * @param removed how many of what, by the names of {@link Removed}
 * @param objects the names of the archive's objects
 */
public record Receipt(
    UUID id,
    String kind,
    Instant requestedAt,
    @Nullable Instant rowsRemovedAt,
    @Nullable Instant objectsRemovedAt,
    @Nullable Instant liftedAt,
    Map<String, Long> removed,
    List<String> objects) {

  /** {@code removing_rows}, {@code removing_objects} or {@code done}. */
  public String state() {
    return rowsRemovedAt == null
        ? "removing_rows"
        : objectsRemovedAt == null ? "removing_objects" : "done";
  }
}

package dev.backspool.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sender's device may be called: by today's salt, and by yesterday's for a visitor who was
 * here before midnight. The first of the two with a live session is the one.
 *
 * @param previous null where there is no second name, as for ids that the sender made itself
 */
public record DeviceIds(String current, @Nullable String previous) {

  /** The one name or both. */
  public List<String> names() {
    return previous == null ? List.of(current) : List.of(current, previous);
  }

  /** A device that the sender named. */
  public static DeviceIds own(String id) {
    return new DeviceIds(id, null);
  }
}

package dev.backspool.rrweb;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON object in which a protocol sends events beside other members.
 *
 * @param members the members that were not read as events, in their order, each with the bytes of
 *     its value: checked JSON, small enough to be parsed by any means
 * @param eventsRead whether the events' member was there and an array; when it was something else
 *     it is in {@code members}
 */
public record Envelope(Map<String, Slice> members, boolean eventsRead) {
  /** The value of a member, or null when there is none. */
  public @Nullable Slice member(String name) {
    return members.get(name);
  }
}

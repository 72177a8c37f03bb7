package dev.backspool.rrweb;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a player's index needs of a block without opening its payload. All times are the events'
 * own, in epoch ms.
 *
 * @param from the earliest event's time; 0 when no event has one
 * @param to the latest event's time; 0 when no event has one
 * @param checkpoints times at which playback can start
 * @param marks clicks, inputs and errors
 * @param activity user activity in each second from {@code from}
 * @param endsWithMeta whether the next block's FullSnapshot completes a checkpoint
 */
public record Outline(
    long from,
    long to,
    List<Long> checkpoints,
    List<Mark> marks,
    List<Integer> activity,
    boolean endsWithMeta) {
  private static final JsonMapper JSON = JsonMapper.shared();

  public static Outline of(EventBlock block) {
    TimeRange times = block.times();
    return new Outline(
        times == null ? 0 : times.first(),
        times == null ? 0 : times.last(),
        block.checkpoints().stream().map(Checkpoint::timestamp).toList(),
        block.marks(),
        java.util.Arrays.stream(block.activity()).boxed().toList(),
        block.endsWithMeta());
  }

  public String toJson() {
    return JSON.writeValueAsString(this);
  }

  public static Outline fromJson(String json) {
    return JSON.readValue(json, Outline.class);
  }
}

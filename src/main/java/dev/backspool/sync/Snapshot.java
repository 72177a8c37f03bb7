package dev.backspool.sync;

import java.util.List;
import java.util.stream.Stream;

/**
 * Which transactions had committed at a moment, as PostgreSQL's {@code pg_snapshot} tells. Of two
 * snapshots of one database the later sees all that the earlier does, and more.
 *
 * @param text as PostgreSQL spells it: {@code 10:20:10,14,15}
 * @param end the first transaction that had not begun
 * @param open those before that which had not ended
 */
record Snapshot(String text, long end, List<Long> open) {

  /** Reads PostgreSQL's spelling. */
  static Snapshot parse(String text) {
    String[] parts = text.split(":", -1);
    return new Snapshot(
        text,
        Long.parseLong(parts[1]),
        parts[2].isEmpty()
            ? List.of()
            : Stream.of(parts[2].split(",", -1)).map(Long::valueOf).toList());
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.backspool.sync;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of a mapping, each key once.
 *
 * @param project whose rows they are, all of them
 * @param token names this very page: it comes again, with the same rows in the same state, when it
 *     is not known whether it arrived, and no other page has it
 */
public record Page(UUID project, Mapping mapping, List<Row> rows, String token) {

  /**
   * The state of a key.
   *
   * @param version grows with every change of the key, and with every full load of its mapping;
   *     says nothing of other keys
   * @param deleted whether there is no such row any more
   * @param key a value for each key column
   * @param values a value for each other column; empty when deleted
   */
  public record Row(
      long version, boolean deleted, List<Object> key, List<@Nullable Object> values) {}

  /** A part of it, as a page of its own. */
  Page part(int from, int to) {
    return new Page(project, mapping, rows.subList(from, to), token + "/" + from + "-" + to);
  }
}

package dev.backspool.session;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Counts the chunks of each tab and keeps the clock shift that was fixed when it was first seen.
 */
public final class Tabs {
  private Tabs() {}

  /** A tab of a session. */
  public record Key(UUID project, UUID session, String tab) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = project.compareTo(other.project);
      order = order != 0 ? order : session.compareTo(other.session);
      return order != 0 ? order : tab.compareTo(other.tab);
    }
  }

  /**
   * Chunks about to be stored in a tab.
   *
   * @param shiftMs the shift to fix if the tab is new
   */
  public record Growth(Key key, int chunks, long shiftMs) {}

  /**
   * What holds for the chunks about to be stored.
   *
   * @param firstOrdinal ordinal of the first of them; the others follow without holes
   */
  public record Grown(int firstOrdinal, long shiftMs) {}

  /**
   * Makes each tab or counts its new chunks.
   *
   * @param growths one for each tab, sorted by key so that two writers lock in one order
   */
  public static Map<Key, Grown> grow(Connection connection, List<Growth> growths)
      throws SQLException {
    var added = new HashMap<Key, Integer>();
    growths.forEach(growth -> added.put(growth.key(), growth.chunks()));
    try (var statement =
        connection.prepareStatement(
            """
            insert into tab as known (project_id, session_id, id, shift_ms, chunk_count)
            select project_id, session_id, id, shift_ms, chunks
            from unnest(?::uuid[], ?::uuid[], ?::text[], ?::bigint[], ?::int[])
              as growth (project_id, session_id, id, shift_ms, chunks)
            on conflict (project_id, session_id, id) do update set
              chunk_count = known.chunk_count + excluded.chunk_count
            returning project_id, session_id, id, shift_ms, chunk_count
            """)) {
      new Columns<>(statement, growths)
          .uuids(growth -> growth.key().project())
          .uuids(growth -> growth.key().session())
          .text(growth -> growth.key().tab())
          .longs(Growth::shiftMs)
          .ints(Growth::chunks);
      var grown = new HashMap<Key, Grown>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var key =
              new Key(
                  rows.getObject(1, UUID.class), rows.getObject(2, UUID.class), rows.getString(3));
          int count = rows.getInt(5);
          grown.put(key, new Grown(count - added.getOrDefault(key, 0), rows.getLong(4)));
        }
      }
      return grown;
    }
  }
}

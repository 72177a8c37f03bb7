package dev.backspool.ingest;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** What makes a retry harmless: the answer each batch got, by (project, batch id). */
final class Receipts {
  private Receipts() {}

  record Key(UUID project, String batchId) implements Comparable<Key> {
    static Key of(StoreChunk chunk) {
      return new Key(chunk.project(), chunk.batchId());
    }

    @Override
    public int compareTo(Key other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : batchId.compareTo(other.batchId);
    }
  }

  /** The answers of those chunks whose batch is committed already. */
  static Map<Key, Outcome.Stored> find(Connection connection, List<StoreChunk> chunks)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select project_id, batch_id, session_id, event_count
            from receipt
            join unnest(?::uuid[], ?::text[]) as asked (project_id, batch_id)
              using (project_id, batch_id)
            """)) {
      new Columns<>(statement, chunks).uuids(StoreChunk::project).text(StoreChunk::batchId);
      var found = new HashMap<Key, Outcome.Stored>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.put(
              new Key(rows.getObject(1, UUID.class), rows.getString(2)),
              new Outcome.Stored(rows.getObject(3, UUID.class), true, rows.getInt(4)));
        }
      }
      return found;
    }
  }

  /**
   * Writes a receipt for each row, sorted by key.
   *
   * @return how many are new; fewer than asked means that another writer was faster
   */
  static <T> int add(
      Connection connection, List<T> rows, Function<T, StoreChunk> chunk, Function<T, UUID> session)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into receipt
              (project_id, batch_id, session_id, event_count, received_at)
            select project_id, batch_id, session_id, events, to_timestamp(received / 1000.0)
            from unnest(?::uuid[], ?::text[], ?::uuid[], ?::int[], ?::bigint[])
              as given (project_id, batch_id, session_id, events, received)
            on conflict do nothing
            """)) {
      new Columns<>(statement, rows)
          .uuids(row -> chunk.apply(row).project())
          .text(row -> chunk.apply(row).batchId())
          .uuids(session)
          .ints(row -> chunk.apply(row).events().eventCount())
          .longs(row -> chunk.apply(row).receivedAt().toEpochMilli());
      return statement.executeUpdate();
    }
  }
}

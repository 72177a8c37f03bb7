package dev.backspool.protocol.stackauth;

import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The chunks of one replay, for its project's servers, by the time of their first event. */
final class ChunkRows {
  private static final int MOST_HOLES = 1_000;

  private final Database database;

  ChunkRows(Database database) {
    this.database = database;
  }

  /** A chunk as the contract shows it. The id is a number in our store and a string here. */
  record Chunk(
      String id,
      String batchId,
      String sessionReplaySegmentId,
      @Nullable String browserSessionId,
      int eventCount,
      long byteLength,
      long firstEventAtMillis,
      long lastEventAtMillis,
      long createdAtMillis) {}

  /**
   * A place among a segment's chunks where none is.
   *
   * @param place counts the segment's chunks from 0, in the order they were committed
   */
  record Hole(String segment, int place) {}

  /** One chunk. */
  Optional<Chunk> one(UUID project, UUID replay, long chunk) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, batch_id, tab_id, client_session, event_count,
                      octet_length(payload) as bytes, first_at, last_at, received_at
                    from chunk
                    where project_id = :project and session_id = :replay and id = :chunk
                    """)
                .bind("project", project)
                .bind("replay", replay)
                .bind("chunk", chunk)
                .map((row, _) -> chunk(row))
                .findOne());
  }

  /**
   * The chunks in order.
   *
   * @param after the chunk behind which to begin; null from the first
   */
  List<Chunk> list(UUID project, UUID replay, @Nullable Long after, int limit) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, batch_id, tab_id, client_session, event_count,
                      octet_length(payload) as bytes, first_at, last_at, received_at
                    from chunk
                    where project_id = :project and session_id = :replay
                      and (cast(:after as bigint) is null or (first_at, id) > (
                        select first_at, id
                        from chunk
                        where project_id = :project and session_id = :replay and id = cast(:after as bigint)))
                    order by first_at, id
                    limit :limit
                    """)
                .bind("project", project)
                .bind("replay", replay)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> chunk(row))
                .list());
  }

  /** Where chunks were committed and are no more; the first of them when there are very many. */
  List<Hole> holes(UUID project, UUID replay) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select tab.id, place
                    from tab cross join generate_series(0, tab.chunk_count - 1) as place
                    where tab.project_id = :project and tab.session_id = :replay
                      and not exists (
                        select from chunk
                        where chunk.project_id = :project and chunk.session_id = :replay
                          and chunk.tab_id = tab.id and chunk.ordinal = place)
                    order by tab.id, place
                    limit :limit
                    """)
                .bind("project", project)
                .bind("replay", replay)
                .bind("limit", MOST_HOLES)
                .map((row, _) -> new Hole(row.getString(1), row.getInt(2)))
                .list());
  }

  private static Chunk chunk(ResultSet row) throws SQLException {
    return new Chunk(
        Long.toString(row.getLong("id")),
        row.getString("batch_id"),
        row.getString("tab_id"),
        row.getString("client_session"),
        row.getInt("event_count"),
        row.getLong("bytes"),
        millis(row, "first_at"),
        millis(row, "last_at"),
        millis(row, "received_at"));
  }

  private static long millis(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant().toEpochMilli();
  }
}

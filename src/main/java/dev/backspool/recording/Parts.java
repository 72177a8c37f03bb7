package dev.backspool.recording;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The rows that name the archive's objects. */
public final class Parts {
  private static final String COLUMNS =
      """
      project_id, session_id, object, bytes, raw_bytes, chunk_bytes, frame_count, event_count,
      first_at, last_at, activity, data_key, cold
      """;

  private Parts() {}

  /** The parts of a recording, the earliest first. */
  public static List<Part> of(Handle handle, UUID project, UUID session) {
    return handle
        .createQuery(
            "select "
                + COLUMNS
                + """
                from recording_part
                where project_id = :project and session_id = :session
                order by first_at, object
                """)
        .bind("project", project)
        .bind("session", session)
        .map((row, _) -> part(row))
        .list();
  }

  /**
   * Adds rows, in the caller's transaction. Their sessions' {@code part_count} is the caller's to
   * count.
   */
  public static void add(Connection connection, List<Part> parts) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "insert into recording_part ("
                + COLUMNS
                + """
                )
                select
                  project_id, session_id, object, bytes, raw_bytes, chunk_bytes, frame_count,
                  event_count, at(first_ms), at(last_ms), activity::int[], data_key, cold
                from unnest(
                  ?::uuid[], ?::uuid[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::int[],
                  ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bytea[], ?::boolean[])
                  as part (
                    project_id, session_id, object, bytes, raw_bytes, chunk_bytes, frame_count,
                    event_count, first_ms, last_ms, activity, data_key, cold)
                """)) {
      new Columns<>(statement, parts)
          .uuids(Part::project)
          .uuids(Part::session)
          .text(Part::object)
          .longs(Part::bytes)
          .longs(Part::rawBytes)
          .longs(Part::chunkBytes)
          .ints(Part::frames)
          .longs(Part::events)
          .longs(part -> part.firstAt().toEpochMilli())
          .longs(part -> part.lastAt().toEpochMilli())
          .text(part -> Columns.array(part.activity().stream().map(String::valueOf).toList()))
          .bytes(Part::dataKey)
          .booleans(Part::cold);
      statement.executeUpdate();
    }
  }

  /** Reads a row that has all of the table's columns. */
  public static Part part(ResultSet row) throws SQLException {
    return new Part(
        row.getObject("project_id", UUID.class),
        row.getObject("session_id", UUID.class),
        row.getString("object"),
        row.getLong("bytes"),
        row.getLong("raw_bytes"),
        row.getLong("chunk_bytes"),
        row.getInt("frame_count"),
        row.getLong("event_count"),
        instant(row, "first_at"),
        instant(row, "last_at"),
        List.of((Integer[]) row.getArray("activity").getArray()),
        row.getBytes("data_key"),
        row.getBoolean("cold"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}

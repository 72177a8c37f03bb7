package dev.backspool.transfer;

import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * How far a session has come. Two that have come equally far have the same uploads and events: what
 * comes moves one of these.
 */
record SessionState(long chunks, long events, long rawBytes, long tracked, Instant lastReceivedAt) {

  /** What the project has of a session; empty when it has no such session. */
  static Optional<SessionState> stored(Database database, UUID project, UUID session) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select chunk_count, event_count, raw_bytes, tracked_count, last_received_at
                    from session
                    where project_id = :project and id = :session
                    """)
                .bind("project", project)
                .bind("session", session)
                .map((row, _) -> of(row))
                .findOne());
  }

  private static SessionState of(ResultSet row) throws SQLException {
    return new SessionState(
        row.getLong("chunk_count"),
        row.getLong("event_count"),
        row.getLong("raw_bytes"),
        row.getLong("tracked_count"),
        row.getObject("last_received_at", OffsetDateTime.class).toInstant());
  }

  /**
   * What a file has of a session.
   *
   * @param where names the entry
   */
  static SessionState of(JsonNode session, String where) throws ProjectFileException {
    try {
      return new SessionState(
          session.path("chunk_count").asLong(0),
          session.path("event_count").asLong(0),
          session.path("raw_bytes").asLong(0),
          session.path("tracked_count").asLong(0),
          Instant.parse(session.path("last_received_at").asString("")));
    } catch (DateTimeException e) {
      throw new ProjectFileException(where + " has no last_received_at", e);
    }
  }
}

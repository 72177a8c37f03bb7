package dev.backspool.analytics;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * A company or team that people belong to.
 *
 * @param id the customer's
 * @param type what kind, for example {@code company}
 * @param properties a JSON object, as text
 * @param profiles how many people belong to it
 */
public record Group(
    String id,
    String type,
    String name,
    String properties,
    Instant createdAt,
    Instant updatedAt,
    long profiles) {

  static Group of(ResultSet row) throws SQLException {
    return new Group(
        row.getString("id"),
        row.getString("type"),
        row.getString("name"),
        row.getString("properties"),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        row.getObject("updated_at", OffsetDateTime.class).toInstant(),
        row.getLong("profiles"));
  }
}

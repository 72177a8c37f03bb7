package dev.backspool.analytics;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A person, as the customer's app knows them.
 *
 * @param id the customer's
 * @param avatar address of a picture
 * @param properties a JSON object, as text
 */
public record Profile(
    String id,
    @Nullable String firstName,
    @Nullable String lastName,
    @Nullable String email,
    @Nullable String avatar,
    String properties,
    List<String> groups,
    Instant firstSeenAt,
    Instant lastSeenAt) {

  static Profile of(ResultSet row) throws SQLException {
    return new Profile(
        row.getString("id"),
        row.getString("first_name"),
        row.getString("last_name"),
        row.getString("email"),
        row.getString("avatar"),
        row.getString("properties"),
        List.of((String[]) row.getArray("groups").getArray()),
        row.getObject("first_seen_at", OffsetDateTime.class).toInstant(),
        row.getObject("last_seen_at", OffsetDateTime.class).toInstant());
  }
}

package dev.backspool.recording;

import dev.backspool.enrich.Referrer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What analytics events tell of a session; empty for one that is only recorded.
 *
 * @param deviceId the visitor's device, as the events name it
 * @param from time of the first event
 * @param until time of the last event
 * @param endedAt when the session was found to be over; null while it is open
 * @param revenue sum, in minor currency units
 */
public record Tracking(
    @Nullable String deviceId,
    @Nullable Instant from,
    @Nullable Instant until,
    @Nullable Instant endedAt,
    long events,
    int screenViews,
    long revenue,
    List<String> groups,
    @Nullable String entryPath,
    @Nullable String exitPath,
    Referrer referrer,
    @Nullable String country,
    @Nullable String city) {

  static Tracking of(ResultSet row) throws SQLException {
    return new Tracking(
        row.getString("device_id"),
        instant(row, "tracked_from"),
        instant(row, "tracked_until"),
        instant(row, "ended_event_at"),
        row.getLong("tracked_count"),
        row.getInt("screen_view_count"),
        row.getLong("revenue"),
        List.of((String[]) row.getArray("groups").getArray()),
        row.getString("entry_path"),
        row.getString("exit_path"),
        new Referrer(
            row.getString("referrer"),
            row.getString("referrer_name"),
            row.getString("referrer_type")),
        row.getString("country"),
        row.getString("city"));
  }

  /** Whether the visitor left after one screen or none; null while the session is open. */
  public @Nullable Boolean bounce() {
    return endedAt == null ? null : screenViews < 2;
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
    return at == null ? null : at.toInstant();
  }
}

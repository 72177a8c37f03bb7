package dev.backspool.analytics;

import dev.backspool.enrich.Agent;
import dev.backspool.enrich.Geo;
import dev.backspool.enrich.Referrer;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An analytics event as stored.
 *
 * @param at when it happened, by the sender within the contract's limits
 * @param session null for an event outside any session
 * @param profile who did it; the device while anonymous
 * @param revenue minor currency units
 * @param durationMs length of the session, on its end alone
 * @param properties a flat JSON object of strings, as text
 */
public record Event(
    long id,
    Instant at,
    Instant receivedAt,
    String name,
    @Nullable UUID session,
    @Nullable String device,
    @Nullable String profile,
    @Nullable String path,
    @Nullable String origin,
    Referrer referrer,
    @Nullable Long revenue,
    @Nullable Long durationMs,
    Geo geo,
    Agent agent,
    @Nullable String sdkName,
    @Nullable String sdkVersion,
    List<String> groups,
    String properties) {

  static final String COLUMNS =
      """
      select
        id, at, received_at, name, session_id, device_id, profile_id, path, origin, referrer,
        referrer_name, referrer_type, revenue, duration_ms, country, region, city, latitude,
        longitude, os, os_version, browser, browser_version, device, brand, model, sdk_name,
        sdk_version, groups, properties
      from event
      """;

  static Event of(ResultSet row) throws SQLException {
    Array groups = row.getArray("groups");
    return new Event(
        row.getLong("id"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        row.getObject("received_at", OffsetDateTime.class).toInstant(),
        row.getString("name"),
        row.getObject("session_id", UUID.class),
        row.getString("device_id"),
        row.getString("profile_id"),
        row.getString("path"),
        row.getString("origin"),
        new Referrer(
            row.getString("referrer"),
            row.getString("referrer_name"),
            row.getString("referrer_type")),
        row.getObject("revenue", Long.class),
        row.getObject("duration_ms", Long.class),
        new Geo(
            row.getString("country"),
            row.getString("region"),
            row.getString("city"),
            row.getObject("latitude", Float.class),
            row.getObject("longitude", Float.class)),
        new Agent(
            row.getString("os"),
            row.getString("os_version"),
            row.getString("browser"),
            row.getString("browser_version"),
            row.getString("device"),
            row.getString("brand"),
            row.getString("model")),
        row.getString("sdk_name"),
        row.getString("sdk_version"),
        groups == null ? List.of() : List.of((String[]) groups.getArray()),
        row.getString("properties"));
  }
}

package dev.backspool.protocol.stackauth;

import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The replays of one project, for its servers. */
final class ReplayRows {
  private final Database database;

  ReplayRows(Database database) {
    this.database = database;
  }

  /** A replay and the moment it is sorted by. */
  record Row(Replay replay, Instant lastEventAt) {
    ReplayCursor cursor() {
      return new ReplayCursor(replay.id(), ChronoUnit.MICROS.between(Instant.EPOCH, lastEventAt));
    }
  }

  /** A replay as the contract shows it. */
  record Replay(
      UUID id,
      User projectUser,
      long startedAtMillis,
      long lastEventAtMillis,
      int chunkCount,
      long eventCount,
      @Nullable String refreshTokenId) {}

  /** Who is seen in a replay; all null while nobody told. */
  record User(@Nullable String id, @Nullable String displayName, @Nullable String primaryEmail) {}

  Optional<Row> one(UUID project, UUID replay) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, profile_id, profile_name, profile_email, started_at, last_event_at,
                      chunk_count, event_count, opener
                    from session
                    where project_id = :project and id = :id
                    """)
                .bind("project", project)
                .bind("id", replay)
                .map((row, _) -> row(row))
                .findOne());
  }

  /**
   * The replays that fit, the one with the latest event first.
   *
   * @param after where to begin: with the first replay behind it; its moment must be known
   */
  List<Row> list(UUID project, ReplayFilter filter, @Nullable ReplayCursor after, int limit) {
    if (filter.teamIds() != null) {
      return List.of();
    }
    List<String> users = filter.userIds();
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, profile_id, profile_name, profile_email, started_at, last_event_at,
                      chunk_count, event_count, opener
                    from session
                    where project_id = :project
                      and (cast(:users as text[]) is null or profile_id = any(cast(:users as text[])))
                      and (cast(:duration_min as bigint) is null
                        or extract(epoch from last_event_at - started_at) * 1000 >= cast(:duration_min as bigint))
                      and (cast(:duration_max as bigint) is null
                        or extract(epoch from last_event_at - started_at) * 1000 <= cast(:duration_max as bigint))
                      and (cast(:from as bigint) is null
                        or (last_event_minute >= minute_of(at(cast(:from as bigint)))
                          and last_event_at >= at(cast(:from as bigint))))
                      and (cast(:to as bigint) is null
                        or last_event_at <= to_timestamp(cast(:to as bigint) / 1000.0))
                      and (cast(:clicks as bigint) is null or click_count >= cast(:clicks as bigint))
                      and (cast(:anonymous as boolean) is null
                        or (profile_name is null and profile_email is null) = cast(:anonymous as boolean))
                      and (cast(:after_id as uuid) is null
                        or (last_event_minute, last_event_at, id) < (
                          minute_of(cast(:after_at as timestamptz)),
                          cast(:after_at as timestamptz), cast(:after_id as uuid)))
                      and chunk_count > 0
                    order by last_event_minute desc, last_event_at desc, id desc
                    limit :limit
                    """)
                .bind("project", project)
                .bindBySqlType(
                    "users", users == null ? null : users.toArray(String[]::new), Types.ARRAY)
                .bind("duration_min", filter.durationMsMin())
                .bind("duration_max", filter.durationMsMax())
                .bind("from", filter.lastEventFromMs())
                .bind("to", filter.lastEventToMs())
                .bind("clicks", filter.clicksMin())
                .bind("anonymous", filter.anonymous())
                .bind("after_id", after == null ? null : after.id())
                .bind("after_at", after == null ? null : moment(after.lastEventMicros()))
                .bind("limit", limit)
                .map((row, _) -> row(row))
                .list());
  }

  private static @Nullable OffsetDateTime moment(@Nullable Long micros) {
    return micros == null
        ? null
        : Instant.EPOCH.plus(micros, ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
  }

  private static Row row(ResultSet row) throws SQLException {
    Instant lastEventAt = instant(row, "last_event_at");
    return new Row(
        new Replay(
            row.getObject("id", UUID.class),
            new User(
                row.getString("profile_id"),
                row.getString("profile_name"),
                row.getString("profile_email")),
            instant(row, "started_at").toEpochMilli(),
            lastEventAt.toEpochMilli(),
            row.getInt("chunk_count"),
            row.getLong("event_count"),
            refreshToken(row.getString("opener"))),
        lastEventAt);
  }

  private static @Nullable String refreshToken(@Nullable String opener) {
    String prefix = "token:";
    return opener != null
            && opener.startsWith(prefix)
            && !opener.startsWith(prefix + Generation.BROWSER)
        ? opener.substring(prefix.length())
        : null;
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}

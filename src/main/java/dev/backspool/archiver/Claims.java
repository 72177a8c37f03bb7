package dev.backspool.archiver;

import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.archiver.Counts.Waiting;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Which sessions are due, and who has them: the lease stands in {@code session.archive_after}. Any
 * number of nodes may claim at a time.
 */
final class Claims {
  /** Covers what is done between two renewals; a node that died is waited for no longer. */
  static final Duration LEASE = Duration.ofMinutes(15);

  /** A session that goes on for longer than this is archived in parts. */
  private static final Duration LONG = Duration.ofHours(4);

  /** As is one with so much in PostgreSQL. */
  private static final long LARGE = 256L << 20;

  private static final int MOST_ERROR = 500;

  private final Database database;
  private final InstantSource clock;
  private final Duration idle;

  Claims(Database database, InstantSource clock, Duration idle) {
    this.database = database;
    this.clock = clock;
    this.idle = idle;
  }

  /** Chunks that came before this may be archived, whatever their session does. */
  Instant idleSince() {
    return clock.instant().minus(idle);
  }

  /**
   * Claims sessions whose chunks are due, those that wait longest first.
   *
   * @param most how many
   * @param bytes how many bytes of chunks, but for the first session
   */
  List<Claim> hot(int most, long bytes) {
    return Transaction.run(database, connection -> hot(connection, most, bytes));
  }

  private List<Claim> hot(Connection connection, int most, long bytes) throws SQLException {
    Instant now = clock.instant();
    long lease = now.plus(LEASE).toEpochMilli();
    try (var statement =
        connection.prepareStatement(
            """
            with due as (
              select
                project_id, id, first_received_at, last_received_at, hot_since, hot_chunks,
                hot_bytes, archive_failures
              from session
              where hot_since <= at(?)
                and (archive_after is null or archive_after <= at(?))
                and (last_received_at <= at(?) or hot_since <= at(?) or hot_bytes >= ?)
              order by hot_since
              limit ?
              for update skip locked
            ), counted as (
              select due.*,
                sum(hot_bytes) over (order by hot_since, project_id, id) - hot_bytes as before
              from due
            )
            update session set archive_after = at(?)
            from counted
            where session.project_id = counted.project_id and session.id = counted.id
              and counted.before < ?
            returning
              session.project_id, session.id, session.first_received_at, session.last_received_at,
              session.hot_chunks, session.archive_failures
            """)) {
      long idleSince = now.minus(idle).toEpochMilli();
      statement.setLong(1, idleSince);
      statement.setLong(2, now.toEpochMilli());
      statement.setLong(3, idleSince);
      statement.setLong(4, now.minus(LONG).toEpochMilli());
      statement.setLong(5, LARGE);
      statement.setInt(6, most);
      statement.setLong(7, lease);
      statement.setLong(8, bytes);
      return claims(statement, now.minus(idle), lease);
    }
  }

  /**
   * Claims sessions whose recording has several parts, none of them new, and nothing hot that could
   * make another one soon.
   *
   * @param settled how long the last part has to be there
   * @param mostBytes of the parts; a recording with more stays in parts
   */
  List<Claim> inParts(int most, Duration settled, long mostBytes) {
    return Transaction.run(database, connection -> inParts(connection, most, settled, mostBytes));
  }

  private List<Claim> inParts(Connection connection, int most, Duration settled, long mostBytes)
      throws SQLException {
    Instant now = clock.instant();
    long lease = now.plus(LEASE).toEpochMilli();
    try (var statement =
        connection.prepareStatement(
            """
            with due as (
              select project_id, id
              from session
              where part_count > 1
                and (hot_since is null or archive_failures > 0)
                and (archive_after is null or archive_after <= at(?))
                and (merge_after is null or merge_after <= at(?))
                and last_received_at <= at(?)
                and (
                  select max(archived_at) <= at(?) and sum(chunk_bytes) <= ?
                  from recording_part as part
                  where part.project_id = session.project_id and part.session_id = session.id)
              limit ?
              for update skip locked
            )
            update session set archive_after = at(?)
            from due
            where session.project_id = due.project_id and session.id = due.id
            returning
              session.project_id, session.id, session.first_received_at, session.last_received_at,
              session.hot_chunks, session.archive_failures
            """)) {
      statement.setLong(1, now.toEpochMilli());
      statement.setLong(2, now.toEpochMilli());
      statement.setLong(3, now.minus(idle).toEpochMilli());
      statement.setLong(4, now.minus(settled).toEpochMilli());
      statement.setLong(5, mostBytes);
      statement.setInt(6, most);
      statement.setLong(7, lease);
      return claims(statement, now.minus(idle), lease);
    }
  }

  private static List<Claim> claims(PreparedStatement statement, Instant idleSince, long lease)
      throws SQLException {
    var claims = new ArrayList<Claim>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        Instant last = rows.getObject(4, OffsetDateTime.class).toInstant();
        claims.add(
            new Claim(
                rows.getObject(1, UUID.class),
                rows.getObject(2, UUID.class),
                !last.isAfter(idleSince),
                rows.getObject(3, OffsetDateTime.class).toInstant(),
                last,
                rows.getInt(5),
                rows.getInt(6),
                lease));
      }
    }
    return claims;
  }

  /**
   * Locks the rows of the sessions that are still ours, in the order in which all writers lock
   * them, until the caller's transaction ends.
   */
  static Set<SessionKey> lock(Connection connection, List<Claim> claims) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select session.project_id, session.id
            from unnest(?::uuid[], ?::uuid[], ?::bigint[]) as claim (project_id, session_id, lease)
            join session on session.project_id = claim.project_id and session.id = claim.session_id
            where session.archive_after = at(claim.lease)
            order by session.project_id, session.id
            for no key update of session
            """)) {
      new Columns<>(statement, claims)
          .uuids(Claim::project)
          .uuids(Claim::session)
          .longs(Claim::leaseMs);
      var held = new HashSet<SessionKey>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          held.add(new SessionKey(rows.getObject(1, UUID.class), rows.getObject(2, UUID.class)));
        }
      }
      return held;
    }
  }

  /** Sets another end of the lease, in the caller's transaction, which has the rows locked. */
  static void renew(Connection connection, List<Claim> claims, long untilMs) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update session set archive_after = at(?)
            from unnest(?::uuid[], ?::uuid[]) as claim (project_id, session_id)
            where session.project_id = claim.project_id and session.id = claim.session_id
            """)) {
      statement.setLong(1, untilMs);
      new Columns<>(statement, claims, 2).uuids(Claim::project).uuids(Claim::session);
      statement.executeUpdate();
    }
  }

  /** Gives sessions back as they were: whoever comes next may try. */
  void release(List<Claim> claims) {
    if (claims.isEmpty()) {
      return;
    }
    Transaction.run(
        database,
        connection -> {
          Set<SessionKey> held = lock(connection, claims);
          try (var statement =
              connection.prepareStatement(
                  """
                  update session set archive_after = null
                  from unnest(?::uuid[], ?::uuid[]) as claim (project_id, session_id)
                  where session.project_id = claim.project_id and session.id = claim.session_id
                  """)) {
            new Columns<>(statement, List.copyOf(held))
                .uuids(SessionKey::project)
                .uuids(SessionKey::session);
            return statement.executeUpdate();
          }
        });
  }

  /** Gives a session back with what went wrong, to be left alone for a while. */
  void fail(Claim claim, String error, Duration pause) {
    fail(claim, error, "archive_after = at(:until)", pause);
  }

  /**
   * Gives a session back whose parts cannot be merged before somebody sees to them. What comes late
   * is archived meanwhile.
   */
  void failToMerge(Claim claim, String error) {
    fail(claim, error, "archive_after = null, merge_after = at(:until)", Pause.LONG);
  }

  private void fail(Claim claim, String error, String rest, Duration pause) {
    long until = clock.instant().plus(pause).toEpochMilli();
    database.write(handle ->
        handle
            .createUpdate(
                """
                update session set
                  archive_failures = archive_failures + 1,
                  archive_error = :error,
                  %s
                where project_id = :project and id = :session and archive_after = at(:lease)
                """
                    .formatted(rest))
            .bind("error", error.length() > MOST_ERROR ? error.substring(0, MOST_ERROR) : error)
            .bind("until", until)
            .bind("project", claim.project())
            .bind("session", claim.session())
            .bind("lease", claim.leaseMs())
            .execute());
  }

  /** Gives a session back whose row told of chunks or parts that are not there: it is put right. */
  void recount(Claim claim) {
    Transaction.run(
        database,
        connection -> {
          boolean held = !lock(connection, List.of(claim)).isEmpty();
          if (held) {
            Recorder.recount(connection, claim.key(), null, null);
          }
          return held;
        });
  }

  /** What is due, whether it is in work, in a pause, or nobody's yet. */
  Waiting waiting() {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select count(*) as sessions, min(hot_since) as oldest_at
                from session
                where hot_since <= at(:idle) and last_received_at <= at(:idle)
                """)
            .bind("idle", idleSince().toEpochMilli())
            .map((row, _) -> {
              OffsetDateTime oldest = row.getObject("oldest_at", OffsetDateTime.class);
              return new Waiting(
                  row.getLong("sessions"), oldest == null ? null : oldest.toInstant());
            })
            .one());
  }
}

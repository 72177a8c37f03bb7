package dev.backspool.archiver;

import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Playback;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/** Reads what of claimed sessions lies in PostgreSQL. */
final class HotFrames {
  private final Database database;

  HotFrames(Database database) {
    this.database = database;
  }

  /** All frames of the claimed sessions, without their payloads, in no order. */
  Map<SessionKey, List<Frame>> of(List<Claim> claims) {
    return Transaction.run(
        database,
        connection -> {
          try (var statement =
              connection.prepareStatement(
                  "select project_id, session_id, "
                      + Playback.CHUNK_COLUMNS
                      + """
                      from unnest(?::uuid[], ?::uuid[]) as claim (project_id, session_id)
                      join chunk using (project_id, session_id)
                      where received_at between at(?) and at(?)
                      """)) {
            new Columns<>(statement, claims).uuids(Claim::project).uuids(Claim::session);
            bindDays(statement, 3, claims, Claim::from, Claim::to);
            var frames = new HashMap<SessionKey, List<Frame>>();
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                var session =
                    new SessionKey(
                        rows.getObject("project_id", UUID.class),
                        rows.getObject("session_id", UUID.class));
                frames.computeIfAbsent(session, _ -> new ArrayList<>()).add(Playback.frame(rows));
              }
            }
            return frames;
          }
        });
  }

  /** A frame to be read. */
  record Wanted(SessionKey session, Frame frame) {}

  /** Payloads by {@link Frame#n}; those that are gone meanwhile are missing. */
  Map<Long, byte[]> payloads(List<Wanted> wanted) {
    return Transaction.run(
        database,
        connection -> {
          try (var statement =
              connection.prepareStatement(
                  """
                  select id, payload
                  from unnest(?::uuid[], ?::uuid[], ?::bigint[]) as wanted (project_id, session_id, id)
                  join chunk using (project_id, session_id, id)
                  where received_at between at(?) and at(?)
                  """)) {
            new Columns<>(statement, wanted)
                .uuids(each -> each.session().project())
                .uuids(each -> each.session().session())
                .longs(each -> each.frame().n());
            bindDays(
                statement,
                4,
                wanted,
                each -> each.frame().receivedAt(),
                each -> each.frame().receivedAt());
            var payloads = new HashMap<Long, byte[]>();
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                payloads.put(rows.getLong(1), rows.getBytes(2));
              }
            }
            return payloads;
          }
        });
  }

  /** Bounds on {@code received_at}: PostgreSQL leaves out the partitions of other days. */
  static <T> void bindDays(
      PreparedStatement statement,
      int first,
      List<T> rows,
      Function<T, Instant> from,
      Function<T, Instant> to)
      throws SQLException {
    long earliest = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    for (T row : rows) {
      earliest = Math.min(earliest, from.apply(row).toEpochMilli());
      latest = Math.max(latest, to.apply(row).toEpochMilli() + 1);
    }
    statement.setLong(first, earliest);
    statement.setLong(first + 1, latest);
  }
}

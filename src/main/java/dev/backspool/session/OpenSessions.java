package dev.backspool.session;

import dev.backspool.Ids;
import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Finds or opens the session of each opener, in one statement, so that racing first chunks agree.
 */
public final class OpenSessions {
  private final SessionLimits limits;

  public OpenSessions(SessionLimits limits) {
    this.limits = limits;
  }

  /** An opener of a project. */
  public record Key(UUID project, String opener) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byProject = project.compareTo(other.project);
      return byProject != 0 ? byProject : opener.compareTo(other.opener);
    }
  }

  /** An upload that looks for its session. */
  public record Arrival(Key key, long receivedMs) {}

  /**
   * Gives each opener its session and moves the session's idle window on.
   *
   * @param arrivals one for each key, sorted by key so that two writers lock in one order
   */
  public Map<Key, UUID> resolve(Connection connection, List<Arrival> arrivals) throws SQLException {
    if (arrivals.isEmpty()) {
      return Map.of();
    }
    try (var statement =
        connection.prepareStatement(
            """
            insert into open_session as open
              (project_id, opener, session_id, opened_at, last_received_at)
            select project_id, opener, candidate, at, at
            from (
              select project_id, opener, candidate, to_timestamp(received / 1000.0) as at
              from unnest(?::uuid[], ?::text[], ?::uuid[], ?::bigint[])
                as arrival (project_id, opener, candidate, received)
            ) arrival
            on conflict (project_id, opener) do update set
              session_id = case when session_is_over(open, excluded.opened_at, ?::interval, ?::interval)
                then excluded.session_id else open.session_id end,
              opened_at = case when session_is_over(open, excluded.opened_at, ?::interval, ?::interval)
                then excluded.opened_at else open.opened_at end,
              last_received_at = greatest(open.last_received_at, excluded.last_received_at)
            returning project_id, opener, session_id
            """)) {
      new Columns<>(statement, arrivals)
          .uuids(arrival -> arrival.key().project())
          .text(arrival -> arrival.key().opener())
          .uuids(_ -> Ids.uuid())
          .longs(Arrival::receivedMs);
      for (int rule = 5; rule <= 7; rule += 2) {
        statement.setString(rule, limits.idle().toString());
        statement.setString(rule + 1, limits.max().toString());
      }
      var sessions = new HashMap<Key, UUID>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          sessions.put(
              new Key(rows.getObject(1, UUID.class), rows.getString(2)),
              rows.getObject(3, UUID.class));
        }
      }
      return sessions;
    }
  }
}

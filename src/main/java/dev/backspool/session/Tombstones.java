package dev.backspool.session;

import dev.backspool.postgres.Columns;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What must not be recorded again, for one writer's transaction.
 *
 * <p>Whoever writes rows of sessions, events or people looks here first, in the same transaction.
 * The look leaves a lock behind that blocks nobody, and by which an erasure sees the transactions
 * that looked before its tombstones were there: it deletes when they are over. So either the writer
 * sees the tombstones, or the erasure sees the writer's rows.
 *
 * <p>Whoever then waits for a row, such as an opener's, may wait for an erasure, which takes the
 * opener away: what the writer opens anew is in no list of that erasure. So it looks again when it
 * has its rows, by {@link #lookAgain}.
 */
public final class Tombstones {
  private record Hash(UUID project, ByteBuffer mark) {}

  private final Connection connection;
  private final List<UUID> projects;
  private final Map<UUID, byte[]> secrets;

  private Tombstones(Connection connection, List<UUID> projects) throws SQLException {
    this.connection = connection;
    this.projects = projects;
    secrets = secrets(connection, projects);
  }

  /** Looks which of these projects have erased anything; mostly none, at the price of one query. */
  public static Tombstones watch(Connection connection, Collection<UUID> projects)
      throws SQLException {
    return new Tombstones(connection, projects.stream().distinct().toList());
  }

  /** The tombstones as they are by now: an erasure that we waited for has put up others. */
  public Tombstones lookAgain() throws SQLException {
    return new Tombstones(connection, projects);
  }

  private static Map<UUID, byte[]> secrets(Connection connection, List<UUID> projects)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            lock table tombstone in row share mode;
            select project_id, secret
            from erasure_secret
            where project_id = any(?)
              and exists (select from tombstone where project_id = erasure_secret.project_id)
            """)) {
      new Columns<>(statement, projects).uuids(each -> each);
      statement.execute();
      statement.getMoreResults();
      var secrets = new HashMap<UUID, byte[]>();
      try (ResultSet rows = statement.getResultSet()) {
        while (rows.next()) {
          secrets.put(rows.getObject(1, UUID.class), rows.getBytes(2));
        }
      }
      return secrets;
    }
  }

  /** Whether nothing was erased, so that there is nothing to ask. */
  public boolean isEmpty() {
    return secrets.isEmpty();
  }

  /** Those of the marks that stand for something erased. */
  public Set<Mark> among(Collection<Mark> marks) throws SQLException {
    var asked = new HashMap<Hash, List<Mark>>();
    for (Mark mark : new HashSet<>(marks)) {
      byte[] secret = secrets.get(mark.project());
      if (secret != null) {
        asked
            .computeIfAbsent(
                new Hash(mark.project(), ByteBuffer.wrap(mark.hash(secret))),
                _ -> new ArrayList<>())
            .add(mark);
      }
    }
    var erased = new HashSet<Mark>();
    if (asked.isEmpty()) {
      return erased;
    }
    try (var statement =
        connection.prepareStatement(
            """
            select distinct project_id, mark
            from tombstone
            join unnest(?::uuid[], ?::bytea[]) as asked (project_id, mark)
              using (project_id, mark)
            """)) {
      new Columns<>(statement, List.copyOf(asked.keySet()))
          .uuids(Hash::project)
          .bytes(hash -> hash.mark().array());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var hash = new Hash(rows.getObject(1, UUID.class), ByteBuffer.wrap(rows.getBytes(2)));
          erased.addAll(asked.getOrDefault(hash, List.of()));
        }
      }
    }
    return erased;
  }
}

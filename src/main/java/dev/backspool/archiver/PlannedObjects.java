package dev.backspool.archiver;

import dev.backspool.archive.ObjectKey;
import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * How an object comes into the archive so that none is ever left that nothing names:
 *
 * <ol>
 *   <li>{@link #plan} it, and commit;
 *   <li>put it;
 *   <li>{@link #spend} the plan in the transaction that adds the row that is in charge of it. Where
 *       that does not succeed, roll back and {@link #abandon} it.
 * </ol>
 *
 * A plan that is not spent in time is a death sentence: {@link DoomedObjects} carries it out.
 */
public final class PlannedObjects {
  private PlannedObjects() {}

  /**
   * Plans objects, in the caller's transaction.
   *
   * @param cold in which tier's archive they will be
   * @param notBefore when to delete them unless they are recorded; well after the put's end
   * @return those that may be put; the others are just being deleted: try later
   */
  public static Set<ObjectKey> plan(
      Connection connection, List<ObjectKey> keys, boolean cold, Instant notBefore)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into doomed_object as known (project_id, object, reason, not_before, cold)
            select project_id, object, 'planned', at(?), ?
            from unnest(?::uuid[], ?::text[]) as planned (project_id, object)
            order by project_id, object
            on conflict (project_id, object, cold) do update set
              reason = excluded.reason,
              not_before = excluded.not_before,
              failures = 0,
              error = null
            where not known.deleting
            returning project_id, object
            """)) {
      statement.setLong(1, notBefore.toEpochMilli());
      statement.setBoolean(2, cold);
      return keys(statement, keys, 3);
    }
  }

  /**
   * Spends plans, in the caller's transaction.
   *
   * @return the objects that are saved by it once it commits; of the others no row may be added, as
   *     they are deleted or about to be
   */
  public static Set<ObjectKey> spend(Connection connection, List<ObjectKey> keys, boolean cold)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            delete from doomed_object as doomed
            using unnest(?::uuid[], ?::text[]) as planned (project_id, object)
            where doomed.project_id = planned.project_id and doomed.object = planned.object
              and doomed.cold = ? and not doomed.deleting
            returning doomed.project_id, doomed.object
            """)) {
      statement.setBoolean(3, cold);
      return keys(statement, keys, 1);
    }
  }

  /** Has objects deleted now that were planned, and perhaps put, and are not wanted. */
  public static void abandon(Connection connection, List<ObjectKey> keys, boolean cold, Instant now)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into doomed_object as known (project_id, object, reason, not_before, cold)
            select project_id, object, 'planned', at(?), ?
            from unnest(?::uuid[], ?::text[]) as unwanted (project_id, object)
            where not exists (
              select from named_object as part
              where part.project_id = unwanted.project_id and part.object = unwanted.object
                and part.cold = ?)
            order by project_id, object
            on conflict (project_id, object, cold) do update set not_before = excluded.not_before
            where not known.deleting
            returning project_id, object
            """)) {
      statement.setLong(1, now.toEpochMilli());
      statement.setBoolean(2, cold);
      statement.setBoolean(5, cold);
      keys(statement, keys, 3);
    }
  }

  private static Set<ObjectKey> keys(PreparedStatement statement, List<ObjectKey> keys, int first)
      throws SQLException {
    new Columns<>(statement, keys, first).uuids(ObjectKey::project).text(ObjectKey::name);
    var found = new HashSet<ObjectKey>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        found.add(new ObjectKey(rows.getObject(1, UUID.class), rows.getString(2)));
      }
    }
    return found;
  }
}

package dev.backspool.erasure;

import dev.backspool.erasure.Task.Kind;
import dev.backspool.ingest.Refusals;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.session.Mark;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Takes a person out of what names them without being theirs: the details of refusals, which may
 * quote a request, and the list of profiles that the project does not want, for which the tombstone
 * stands in.
 */
final class Mentions {
  /** Shorter words are in every text. */
  private static final int SHORTEST_WORD = 3;

  private static final String INSTEAD = "(erased)";

  private final Database database;
  private final Ledger ledger;
  private final Refusals refusals;

  Mentions(Database database, Ledger ledger, Refusals refusals) {
    this.database = database;
    this.ledger = ledger;
    this.refusals = refusals;
  }

  private record Line(LocalDate day, String protocol, String reason) {}

  void remove(Going going) {
    refusals.flush();
    List<String> words =
        ledger.tasks(going, Kind.WORD).stream()
            .filter(word -> word.length() >= SHORTEST_WORD)
            .toList();
    Transaction.run(database, connection -> remove(connection, going, words));
  }

  private static long remove(Connection connection, Going going, List<String> words)
      throws SQLException {
    var removed = 0;
    for (Line line : lines(connection, going.project(), words)) {
      removed += forget(connection, going.project(), line);
    }
    if (going.subject().kind() == Mark.Kind.PROFILE) {
      removed += include(connection, going.project(), going.subject().value());
    }
    if (removed > 0) {
      Ledger.count(
          connection,
          going,
          List.of("refusal", "project"),
          Map.of(Removed.MENTIONS, (long) removed));
    }
    return removed;
  }

  private static List<Line> lines(Connection connection, UUID project, List<String> words)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select day, protocol, reason, detail from refusal where project_id = ?")) {
      statement.setObject(1, project);
      var lines = new ArrayList<Line>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String detail = rows.getString(4);
          if (words.stream().anyMatch(detail::contains)) {
            lines.add(
                new Line(rows.getObject(1, LocalDate.class), rows.getString(2), rows.getString(3)));
          }
        }
      }
      return lines;
    }
  }

  private static int forget(Connection connection, UUID project, Line line) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update refusal set detail = ?
            where project_id = ? and day = ? and protocol = ? and reason = ? and detail <> ?
            """)) {
      statement.setString(1, INSTEAD);
      statement.setObject(2, project);
      statement.setObject(3, line.day());
      statement.setString(4, line.protocol());
      statement.setString(5, line.reason());
      statement.setString(6, INSTEAD);
      return statement.executeUpdate();
    }
  }

  private static int include(Connection connection, UUID project, String person)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update project set excluded_profiles = array_remove(excluded_profiles, ?)
            where id = ? and ? = any(excluded_profiles)
            """)) {
      statement.setString(1, person);
      statement.setObject(2, project);
      statement.setString(3, person);
      return statement.executeUpdate();
    }
  }
}

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
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Takes a person out of what names them without being theirs: the details of refusals, which may
 * quote a request, and the list of profiles that the project does not want, for which the tombstone
 * stands in.
 */
final class Mentions {
  /** Shorter words are in every text; only the person's own id is looked for, standing alone. */
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

  /** What a text may call the person, in small letters or large. */
  private static final class Words {
    private final List<String> words;
    private final Pattern id;

    Words(List<String> all, Mark subject) {
      words =
          all.stream()
              .filter(word -> word.length() >= SHORTEST_WORD)
              .map(word -> word.toLowerCase(Locale.ROOT))
              .toList();
      id =
          Pattern.compile(
              "(?<![\\p{L}\\p{N}])%s(?![\\p{L}\\p{N}])"
                  .formatted(Pattern.quote(subject.value().toLowerCase(Locale.ROOT))));
    }

    boolean areIn(String detail) {
      String text = detail.toLowerCase(Locale.ROOT);
      boolean isCut = detail.length() == Refusals.MOST_DETAIL;
      return id.matcher(text).find()
          || words.stream().anyMatch(word -> text.contains(word) || (isCut && endsIn(text, word)));
    }

    /** Whether a text that was cut off ends within a word. */
    private static boolean endsIn(String text, String word) {
      return IntStream.range(SHORTEST_WORD, word.length())
          .anyMatch(some -> text.endsWith(word.substring(0, some)));
    }
  }

  void remove(Going going) {
    refusals.flush();
    var words = new Words(ledger.tasks(going, Kind.WORD), going.subject());
    Transaction.run(database, connection -> remove(connection, going, words));
  }

  private static long remove(Connection connection, Going going, Words words) throws SQLException {
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

  private static List<Line> lines(Connection connection, UUID project, Words words)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select day, protocol, reason, detail from refusal where project_id = ?")) {
      statement.setObject(1, project);
      var lines = new ArrayList<Line>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String detail = rows.getString(4);
          if (words.areIn(detail)) {
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

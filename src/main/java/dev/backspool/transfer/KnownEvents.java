package dev.backspool.transfer;

import dev.backspool.transfer.EntryReader.Line;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Events that the project has already. One is known by its id and the time of its receipt, which
 * all events of a batch may share: so a time is asked for once, however many events have it.
 */
final class KnownEvents {
  private KnownEvents() {}

  private record Event(Instant receivedAt, long id) {
    /** Empty where a line has no such time; the database then says so. */
    static Optional<Event> of(Line line) {
      try {
        return Optional.of(
            new Event(
                Instant.parse(line.object().path("received_at").asString("")),
                line.object().path("id").asLong(-1)));
      } catch (DateTimeException e) {
        return Optional.empty();
      }
    }
  }

  /** The lines that tell of others, as the caller's transaction sees it. */
  static List<Line> without(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    var times = new TreeSet<Instant>();
    lines.forEach(line -> Event.of(line).ifPresent(event -> times.add(event.receivedAt())));
    if (times.isEmpty()) {
      return lines;
    }
    Set<Event> known = known(connection, project, times);
    return lines.stream().filter(line -> Event.of(line).filter(known::contains).isEmpty()).toList();
  }

  /** The bounds tell which days' partitions to look into: the times themselves do not. */
  private static Set<Event> known(Connection connection, UUID project, SortedSet<Instant> times)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select received_at, id from event
            where project_id = ? and received_at between ? and ?
              and received_at = any(?::timestamptz[])
            """)) {
      statement.setObject(1, project);
      statement.setObject(2, times.getFirst().atOffset(ZoneOffset.UTC));
      statement.setObject(3, times.getLast().atOffset(ZoneOffset.UTC));
      statement.setArray(
          4,
          connection.createArrayOf(
              "text", times.stream().map(Objects::toString).toArray(String[]::new)));
      var known = new HashSet<Event>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          known.add(
              new Event(rows.getObject(1, OffsetDateTime.class).toInstant(), rows.getLong(2)));
        }
      }
      return known;
    }
  }
}

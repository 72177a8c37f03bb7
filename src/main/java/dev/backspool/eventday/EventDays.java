package dev.backspool.eventday;

import dev.backspool.postgres.Columns;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The rows that name days' objects. */
public final class EventDays {
  private static final String SELECT =
      """
      select
        project_id, day, object, bytes, raw_bytes, event_count, first_id, last_id, sha256, names,
        data_key
      from event_day
      """;

  private EventDays() {}

  /** The days of a project from one on, the earliest first. */
  public static List<EventDay> from(Handle handle, UUID project, LocalDate first, int most) {
    return handle
        .createQuery(
            SELECT
                + """
                where project_id = :project and day >= :first
                order by day
                limit :most
                """)
        .bind("project", project)
        .bind("first", first)
        .bind("most", most)
        .map((row, _) -> day(row))
        .list();
  }

  /**
   * The objects of a project's days from one on, by their names: without the filters, which are
   * large.
   *
   * @param end the first day beyond
   */
  public static NavigableMap<LocalDate, String> objects(
      Handle handle, UUID project, LocalDate first, LocalDate end) {
    var objects = new TreeMap<LocalDate, String>();
    handle
        .createQuery(
            """
            select day, object from event_day
            where project_id = :project and day >= :first and day < :end
            """)
        .bind("project", project)
        .bind("first", first)
        .bind("end", end)
        .map(
            (row, _) -> objects.put(row.getObject("day", LocalDate.class), row.getString("object")))
        .list();
    return objects;
  }

  /** A day of a project. */
  public static Optional<EventDay> find(Handle handle, UUID project, LocalDate day) {
    return handle
        .createQuery(SELECT + "where project_id = :project and day = :day")
        .bind("project", project)
        .bind("day", day)
        .map((row, _) -> day(row))
        .findOne();
  }

  /** The days of all projects behind one of a project, in order of both. */
  public static List<EventDay> behind(Handle handle, UUID project, LocalDate day, int most) {
    return handle
        .createQuery(
            SELECT
                + """
                where (project_id, day) > (:project, :day)
                order by project_id, day
                limit :most
                """)
        .bind("project", project)
        .bind("day", day)
        .bind("most", most)
        .map((row, _) -> day(row))
        .list();
  }

  private static EventDay day(ResultSet row) throws SQLException {
    return new EventDay(
        row.getObject("project_id", UUID.class),
        row.getObject("day", LocalDate.class),
        row.getString("object"),
        row.getLong("bytes"),
        row.getLong("raw_bytes"),
        row.getLong("event_count"),
        row.getLong("first_id"),
        row.getLong("last_id"),
        row.getBytes("sha256"),
        Names.of(row.getBytes("names")),
        row.getBytes("data_key"));
  }

  /** Adds rows, in the caller's transaction, which spends their objects' plans. */
  static void add(Connection connection, List<EventDay> days) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into event_day (
              project_id, day, object, bytes, raw_bytes, event_count, first_id, last_id, sha256,
              names, data_key)
            select
              project_id, day::date, object, bytes, raw_bytes, event_count, first_id, last_id,
              sha256, names, data_key
            from unnest(
              ?::uuid[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
              ?::bigint[], ?::bytea[], ?::bytea[], ?::bytea[])
              as added (
                project_id, day, object, bytes, raw_bytes, event_count, first_id, last_id, sha256,
                names, data_key)
            """)) {
      new Columns<>(statement, days)
          .uuids(EventDay::project)
          .text(day -> day.day().toString())
          .text(EventDay::object)
          .longs(EventDay::bytes)
          .longs(EventDay::rawBytes)
          .longs(EventDay::events)
          .longs(EventDay::firstId)
          .longs(EventDay::lastId)
          .bytes(EventDay::sha256)
          .bytes(day -> day.names().bytes())
          .bytes(EventDay::dataKey);
      statement.executeUpdate();
    }
  }

  /**
   * Removes rows, in the caller's transaction; their objects are doomed by it.
   *
   * @return the names of the objects whose rows these still were; the others are not what they were
   */
  public static Set<String> remove(Connection connection, List<EventDay> days) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            delete from event_day
            using unnest(?::uuid[], ?::text[]) as gone (project_id, object)
            where event_day.project_id = gone.project_id and event_day.object = gone.object
            returning event_day.object
            """)) {
      new Columns<>(statement, days).uuids(EventDay::project).text(EventDay::object);
      var removed = new HashSet<String>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          removed.add(rows.getString(1));
        }
      }
      return removed;
    }
  }
}

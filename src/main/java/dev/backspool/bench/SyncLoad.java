package dev.backspool.bench;

import dev.backspool.postgres.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;

/**
 * What writers do to a project that is copied, straight to PostgreSQL: rows that change, and events
 * in bulk. Each transaction has one row by which it is found again. Threads share one.
 */
final class SyncLoad {
  /** Rows that a transaction changes. */
  static final int CHANGES = 50;

  /** Events that a transaction stores. */
  static final int EVENTS = 1_000;

  private static final int PEOPLE = 20_000;
  private static final List<String> TABLES = List.of("session", "profile", "event");

  private final Database database;
  private final UUID project;
  private final String partition =
      "event_" + DateTimeFormatter.BASIC_ISO_DATE.format(LocalDate.now(ZoneOffset.UTC));
  private final AtomicLong nextProbe = new AtomicLong();
  private final AtomicLong nextEvent = new AtomicLong(1);

  SyncLoad(Database database, UUID project) {
    this.database = database;
    this.project = project;
  }

  /** Adds the people and sessions whose rows change. */
  void fill() {
    database.own(handle -> {
      handle.execute("select add_event_day(?)", LocalDate.now(ZoneOffset.UTC));
      handle.execute(
          """
          insert into profile (project_id, id, email, first_seen_at, last_seen_at)
          select ?, 'person-' || n, n || '@shop.example.com', now(), now()
          from generate_series(1, ?) as n
          """,
          project,
          PEOPLE);
      return handle.execute(
          """
          insert into session (
            project_id, id, source, started_at, last_event_at, first_received_at, last_received_at,
            chunk_count, event_count, click_count, input_count, error_count, page_count, raw_bytes,
            stored_bytes, has_full_snapshot, tracked_count)
          select ?, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'web', now(),
            now(), now(), now(), 0, 0, 0, 0, 0, 0, 0, 0, false, 1
          from generate_series(1, ?) as n
          """,
          project,
          PEOPLE);
    });
  }

  /** A transaction of {@link #CHANGES} rows: half of them people, half sessions, and one new. */
  String change(Connection connection) throws SQLException {
    String probe = "probe-" + nextProbe.incrementAndGet();
    int half = CHANGES / 2;
    try (PreparedStatement people =
            connection.prepareStatement(
                """
                update profile set last_seen_at = clock_timestamp(),
                  properties = jsonb_build_object('visits', extract(epoch from clock_timestamp()))
                where project_id = ? and id = any(?)
                """);
        PreparedStatement sessions =
            connection.prepareStatement(
                """
                update session set tracked_count = tracked_count + 1, last_event_at = clock_timestamp()
                where project_id = ? and id = any(?)
                """);
        PreparedStatement fresh =
            connection.prepareStatement(
                "insert into profile (project_id, id, first_seen_at, last_seen_at) values (?, ?, now(), now())")) {
      // A stretch of neighbours each, one behind the other: writers wait for no one in a circle.
      int from = ThreadLocalRandom.current().nextInt(1, PEOPLE - half);
      people.setObject(1, project);
      people.setArray(
          2, connection.createArrayOf("text", names("person-%d", from, half - 1).toArray()));
      people.executeUpdate();
      sessions.setObject(1, project);
      sessions.setArray(
          2,
          connection.createArrayOf(
              "uuid", names("00000000-0000-4000-8000-%012d", from, half).toArray()));
      sessions.executeUpdate();
      fresh.setObject(1, project);
      fresh.setString(2, probe);
      fresh.executeUpdate();
    }
    connection.commit();
    return probe;
  }

  private static List<String> names(String form, int from, int count) {
    return IntStream.range(from, from + count).mapToObj(form::formatted).toList();
  }

  /** A transaction of {@link #EVENTS} events, by COPY as writers do; the id of the last of them. */
  String store(Connection connection) throws SQLException {
    long from = nextEvent.getAndAdd(EVENTS);
    String now = Instant.now().toString();
    var rows = new StringBuilder(EVENTS * 256);
    for (long id = from; id < from + EVENTS; id++) {
      rows.append(project)
          .append('\t')
          .append(id)
          .append('\t')
          .append(now)
          .append('\t')
          .append(now)
          .append("\tscreen_view\t00000000-0000-4000-8000-")
          .append("%012d".formatted(1 + id % PEOPLE))
          .append("\tdevice-")
          .append(id % PEOPLE)
          .append("\tperson-")
          .append(id % PEOPLE)
          .append("\t/products/")
          .append(id % 500)
          .append("\thttps://shop.example.com\tDE\tBE\tBerlin\tMac OS\tChrome\tdesktop\t{}\t")
          .append("{\"plan\":\"pro\",\"list\":\"summer\",\"position\":\"")
          .append(id % 20)
          .append("\"}\n");
    }
    var copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn(
                """
                copy the_partition (project_id, id, at, received_at, name, session_id, device_id, profile_id,
                  path, origin, country, region, city, os, browser, device, groups, properties)
                from stdin
                """
                    .replace("the_partition", partition));
    byte[] bytes = rows.toString().getBytes(StandardCharsets.UTF_8);
    copy.writeToCopy(bytes, 0, bytes.length);
    copy.endCopy();
    connection.commit();
    return Long.toString(from + EVENTS - 1);
  }

  /** How many events have been stored. */
  long stored() {
    return nextEvent.get() - 1;
  }

  /** Has what is written noted for the sinks, or not. */
  void note(boolean isOn) {
    database.own(handle -> {
      List<String> statements =
          handle
              .createQuery(
                  """
                  select format('alter table %s %s trigger %I', tgrelid::regclass, :state, tgname)
                  from pg_trigger
                  where not tgisinternal and tgname like 'sync\\_%'
                    and (tgrelid::regclass::text = any(:tables) or tgrelid in (
                      select inhrelid from pg_inherits where inhparent = 'event'::regclass))
                  """)
              .bind("state", isOn ? "enable" : "disable")
              .bindArray("tables", String.class, TABLES)
              .mapTo(String.class)
              .list();
      try (Statement statement = handle.getConnection().createStatement()) {
        statement.execute(statements.stream().collect(Collectors.joining(";\n")));
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
      return statements.size();
    });
  }
}

package dev.backspool.transfer;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.HandleFunction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.result.ResultIterator;
import org.jspecify.annotations.Nullable;

/** What a project has stored, as lines of JSON; page by page, ordered by {@link Section#key}. */
final class StoredRows {
  /** Most rows of a page, and of an entry. */
  static final int ROWS = 5_000;

  /** A page ends with the row that makes it larger. */
  static final int BYTES = 4 << 20;

  /** Sessions may bring thousands of pages each. */
  private static final int SESSIONS = 100;

  private static final String ERASURES =
      """
      select
        id, kind, encode(subject, 'hex') as subject, requested_at, rows_removed_at,
        objects_removed_at, lifted_at, removed,
        encode(erasure_secret.secret, 'hex') as secret,
        array(
          select encode(mark, 'hex') from tombstone
          where tombstone.project_id = erasure.project_id and erasure_id = erasure.id
          order by mark) as marks,
        array(
          select object from erasure_object
          where erasure_object.project_id = erasure.project_id and erasure_id = erasure.id
          order by object) as objects
      from erasure join erasure_secret using (project_id)
      where project_id = :project and id > cast(:after as uuid)
      order by id
      limit :limit
      """;

  private static final String GROUPS =
      """
      select id, type, name, properties, created_at, updated_at
      from profile_group
      where project_id = :project and id > :after
      order by id
      limit :limit
      """;

  private static final String PROFILES =
      """
      select
        id, first_name, last_name, email, avatar, properties, groups, first_seen_at, last_seen_at
      from profile
      where project_id = :project and id > :after
      order by id
      limit :limit
      """;

  private static final String EVENT_KEYS =
      """
      select encode(key, 'hex') as key, received_at
      from event_key
      where project_id = :project and key > decode(:after, 'hex')
      order by key
      limit :limit
      """;

  /** One statement sees one moment: no tab has more frames than its session. */
  private static final String SESSIONS_WITH_TABS =
      """
      select
        id, name, source, opener, started_at, last_event_at, first_received_at, last_received_at,
        chunk_count, event_count, click_count, input_count, error_count, page_count, raw_bytes,
        stored_bytes, has_full_snapshot, user_agent, screen, device_info, profile_id, profile_name,
        profile_email, device_id, tracked_from, tracked_until, live_from, live_until, is_current,
        closes_at, started_event_at, ended_event_at, end_received_at, tracked_count,
        screen_view_count, revenue, groups, first_event, entry_at, entry_path, entry_origin, exit_at, exit_path, exit_origin,
        profile_at, devices, kept_at,
        (
          select json_build_object(
            'opened_at', iso(opened_at), 'last_received_at', iso(last_received_at))
          from open_session
          where open_session.project_id = session.project_id
            and open_session.opener = session.opener
            and open_session.session_id = session.id
        ) as open,
        coalesce((
          select json_agg(
            json_build_object('id', id, 'shift_ms', shift_ms, 'chunk_count', chunk_count)
            order by id)
          from tab
          where tab.project_id = session.project_id and tab.session_id = session.id
        ), '[]') as tabs,
        coalesce((
          select json_agg(
            json_build_object('tab', tab_id, 'at', iso(at), 'href', href)
            order by at, tab_id, href)
          from page
          where page.project_id = session.project_id and page.session_id = session.id
        ), '[]') as pages
      from session
      where project_id = :project and id > cast(:after as uuid)
      order by id
      limit :limit
      """
          // The form of all times of the file; the tables have microseconds.
          .replaceAll(
              "iso\\((\\w+)\\)",
              "to_char($1 at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");

  private static final String EVENTS =
      """
      select
        id, at, received_at, name, session_id, device_id, profile_id, path, origin, referrer,
        referrer_name, referrer_type, revenue, duration_ms, country, region, city, latitude,
        longitude, os, os_version, browser, browser_version, device, brand, model, sdk_name,
        sdk_version, groups, cast(properties as json) as properties
      from event
      where project_id = :project
        and received_at >= cast(:received as timestamptz)
        and (received_at, id) > (cast(:received as timestamptz), :id)
        and received_at < cast(:until as timestamptz)
      order by received_at, id
      limit :limit
      """;

  private static final String NOTHING = new UUID(0, 0).toString();

  private final Database database;

  StoredRows(Database database) {
    this.database = database;
  }

  /**
   * The next rows of a section, a line of JSON each; empty when there are no more. Events of one
   * page were received on one day.
   *
   * @param place behind which they are
   */
  List<byte[]> behind(UUID project, Place place) {
    String after = place.after();
    String afterId = after.isEmpty() ? NOTHING : after;
    return switch (place.section()) {
      case ERASURES -> read(project, ERASURES, ROWS, Map.of("after", afterId));
      case GROUPS -> read(project, GROUPS, ROWS, Map.of("after", after));
      case PROFILES -> read(project, PROFILES, ROWS, Map.of("after", after));
      case EVENT_KEYS -> read(project, EVENT_KEYS, ROWS, Map.of("after", after));
      case SESSIONS -> read(project, SESSIONS_WITH_TABS, SESSIONS, Map.of("after", afterId));
      case EVENTS -> events(project, place);
    };
  }

  private List<byte[]> events(UUID project, Place place) {
    int space = place.after().indexOf(' ');
    return read(
        project,
        EVENTS,
        ROWS,
        Map.of(
            "received",
            space < 0 ? "-infinity" : place.after().substring(0, space),
            "id",
            space < 0 ? 0L : Long.parseLong(place.after().substring(space + 1)),
            "until",
            place.until().toString()));
  }

  private record Row(@Nullable LocalDate day, byte[] json) {
    static Row of(ResultSet row) throws SQLException {
      return new Row(null, Json.line(row));
    }

    static Row ofEvent(ResultSet row) throws SQLException {
      OffsetDateTime received = row.getObject("received_at", OffsetDateTime.class);
      return new Row(LocalDate.ofInstant(received.toInstant(), ZoneOffset.UTC), Json.line(row));
    }
  }

  private List<byte[]> read(UUID project, String sql, int limit, Map<String, Object> values) {
    HandleFunction<List<byte[]>> query =
        handle -> {
          try (ResultIterator<Row> rows =
              handle
                  .createQuery(sql)
                  .bind("project", project)
                  .bind("limit", limit)
                  .bindMap(values)
                  .setFetchSize(500)
                  .map((row, _) -> sql.equals(EVENTS) ? Row.ofEvent(row) : Row.of(row))
                  .iterator()) {
            return page(rows);
          }
        };
    // What keeps erased people out is for no reader.
    return sql.equals(ERASURES) ? database.write(query) : database.read(project, query);
  }

  private static List<byte[]> page(Iterator<Row> rows) {
    var page = new ArrayList<byte[]>();
    @Nullable LocalDate day = null;
    long size = 0;
    while (size < BYTES && rows.hasNext()) {
      Row row = rows.next();
      if (!page.isEmpty() && !Objects.equals(row.day(), day)) {
        break;
      }
      day = row.day();
      page.add(row.json());
      size += row.json().length;
    }
    return page;
  }

  /** How many events a session's uploads had, by their batch ids, as far as receipts are kept. */
  Map<String, Integer> uploaded(UUID project, UUID session) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select batch_id, event_count from receipt
                    where project_id = :project and session_id = :session
                    """)
                .bind("project", project)
                .bind("session", session)
                .map((row, _) -> Map.entry(row.getString(1), row.getInt(2)))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  /** About how much there is. */
  ProjectHead.Expected expected(UUID project) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select
                      (select count(*) from session where project_id = :project) as sessions,
                      (select coalesce(sum(raw_bytes), 0) from session
                        where project_id = :project)::bigint as raw_bytes,
                      (select coalesce(sum(events), 0) from usage
                        where project_id = :project)::bigint as events,
                      (select count(*) from profile where project_id = :project) as profiles,
                      (select count(*) from profile_group where project_id = :project) as groups
                    """)
                .bind("project", project)
                .map((row, _) ->
                    new ProjectHead.Expected(
                        row.getLong("sessions"),
                        row.getLong("raw_bytes"),
                        row.getLong("events"),
                        row.getLong("profiles"),
                        row.getLong("groups")))
                .one());
  }
}

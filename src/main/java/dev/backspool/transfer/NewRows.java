package dev.backspool.transfer;

import dev.backspool.ingest.DailyUsage;
import dev.backspool.transfer.EntryReader.Line;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;

/**
 * The statements that store lines of a project file, in the caller's transaction. The lines go to
 * PostgreSQL as one array of JSON, and come out there as rows. What is there already stays; of a
 * profile or group that is there, the younger knowledge counts.
 */
final class NewRows {
  private NewRows() {}

  /** Lines as one JSON array. */
  static String array(List<Line> lines) {
    var array = new StringJoiner(",", "[", "]");
    lines.forEach(line -> array.add(new String(line.json(), StandardCharsets.UTF_8)));
    return array.toString();
  }

  /**
   * Adds the rows of an entry, but for what the project has erased; those of a session's are {@link
   * NewSessions}.
   *
   * @param section another than those of events and sessions
   */
  static Tally add(Connection connection, UUID project, Section section, List<Line> all)
      throws SQLException {
    List<Line> lines = Erased.without(connection, project, section, all);
    Tally added = addLines(connection, project, section, lines);
    return added.plus(Tally.ofErased(all.size() - lines.size()));
  }

  /**
   * Adds events, but for what the project has erased.
   *
   * @param known events that the project has already, and that have left PostgreSQL
   * @throws KnownDays.Changed when these are others by now; nothing may be committed
   */
  static Tally addEvents(Connection connection, UUID project, List<Line> all, KnownDays.Found known)
      throws SQLException {
    List<Line> lines = Erased.without(connection, project, Section.EVENTS, all);
    Tally added = addNewEvents(connection, project, lines, known);
    return added.plus(Tally.ofErased(all.size() - lines.size()));
  }

  private static Tally addLines(
      Connection connection, UUID project, Section section, List<Line> lines) throws SQLException {
    return switch (section) {
      case ERASURES -> addErasures(connection, project, lines);
      case GROUPS -> addGroups(connection, project, lines);
      case PROFILES -> addProfiles(connection, project, lines);
      case EVENT_KEYS -> addEventKeys(connection, project, lines);
      case EVENTS, SESSIONS ->
          throw new IllegalArgumentException(section + " are stored by themselves");
    };
  }

  /**
   * Adds receipts of erasures, and what keeps the erased out. A project that keeps its hashes by
   * another secret cannot use them; they are counted.
   */
  private static Tally addErasures(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    for (String sql :
        List.of(
            """
            insert into erasure_secret (project_id, secret)
            select ?, decode(secret, 'hex')
            from json_to_recordset(?::json) as line (secret text)
            where secret is not null
            limit 1
            on conflict do nothing
            """,
            """
            insert into erasure (
              project_id, id, kind, subject, requested_at, rows_removed_at, objects_removed_at,
              vacuumed_at, lifted_at, removed)
            select
              secrets.project_id, id, kind, decode(subject, 'hex'), requested_at,
              coalesce(rows_removed_at, now()), coalesce(objects_removed_at, now()), now(),
              lifted_at, removed
            from (select * from erasure_secret where project_id = ?) secrets
            cross join json_to_recordset(?::json) as line (
              id uuid, kind text, subject text, requested_at timestamptz,
              rows_removed_at timestamptz, objects_removed_at timestamptz, lifted_at timestamptz,
              removed jsonb, secret text)
            where decode(line.secret, 'hex') = secrets.secret
            on conflict do nothing
            """,
            """
            insert into tombstone (project_id, erasure_id, mark)
            select erasure.project_id, erasure.id, decode(each.mark, 'hex')
            from (select * from erasure where project_id = ? and lifted_at is null) erasure
            join json_to_recordset(?::json) as line (id uuid, marks text[]) using (id)
            cross join lateral unnest(line.marks) as each (mark)
            on conflict do nothing
            """,
            """
            insert into erasure_object (project_id, erasure_id, object)
            select erasure.project_id, erasure.id, each.object
            from (select * from erasure where project_id = ?) erasure
            join json_to_recordset(?::json) as line (id uuid, objects text[]) using (id)
            cross join lateral unnest(line.objects) as each (object)
            on conflict do nothing
            """)) {
      try (var statement = connection.prepareStatement(sql)) {
        run(statement, project, lines);
      }
    }
    return Tally.ofStrangeErasures(byAnotherSecret(connection, project, lines));
  }

  private static long byAnotherSecret(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select count(*)
            from (select * from erasure_secret where project_id = ?) secrets
            cross join json_to_recordset(?::json) as line (secret text)
            where decode(line.secret, 'hex') is distinct from secrets.secret
            """)) {
      statement.setObject(1, project);
      statement.setString(2, array(lines));
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  private static Tally addGroups(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into profile_group as known (
              project_id, id, type, name, properties, created_at, updated_at)
            select ?, id, type, name, coalesce(properties, '{}'), created_at, updated_at
            from json_to_recordset(?::json) as line (
              id text, type text, name text, properties jsonb, created_at timestamptz,
              updated_at timestamptz)
            order by id
            on conflict (project_id, id) do update set
              type = excluded.type,
              name = excluded.name,
              properties = known.properties || excluded.properties,
              created_at = least(known.created_at, excluded.created_at),
              updated_at = excluded.updated_at
            where excluded.updated_at > known.updated_at
            """)) {
      return Tally.ofGroups(run(statement, project, lines));
    }
  }

  private static Tally addProfiles(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into profile as known (
              project_id, id, first_name, last_name, email, avatar, properties, groups,
              first_seen_at, last_seen_at)
            select
              ?, id, first_name, last_name, email, avatar, coalesce(properties, '{}'),
              coalesce(groups, '{}'), first_seen_at, last_seen_at
            from json_to_recordset(?::json) as line (
              id text, first_name text, last_name text, email text, avatar text, properties jsonb,
              groups text[], first_seen_at timestamptz, last_seen_at timestamptz)
            order by id
            on conflict (project_id, id) do update set
              first_name = coalesce(excluded.first_name, known.first_name),
              last_name = coalesce(excluded.last_name, known.last_name),
              email = coalesce(excluded.email, known.email),
              avatar = coalesce(excluded.avatar, known.avatar),
              properties = known.properties || excluded.properties,
              groups = array(select distinct unnest(known.groups || excluded.groups) order by 1),
              first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
              last_seen_at = excluded.last_seen_at
            where excluded.last_seen_at > known.last_seen_at
            """)) {
      return Tally.ofProfiles(run(statement, project, lines));
    }
  }

  private static int run(PreparedStatement statement, UUID project, List<Line> lines)
      throws SQLException {
    statement.setObject(1, project);
    statement.setString(2, array(lines));
    return statement.executeUpdate();
  }

  private static Tally addEventKeys(Connection connection, UUID project, List<Line> lines)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into event_key (project_id, key, received_at)
            select ?, decode(key, 'hex'), received_at
            from json_to_recordset(?::json) as line (key text, received_at timestamptz)
            order by key
            on conflict do nothing
            """)) {
      run(statement, project, lines);
      return Tally.NOTHING;
    }
  }

  /** Nothing unique keeps two imports of one file from adding the same events. */
  private static void oneAtATime(Connection connection, UUID project) throws SQLException {
    try (var statement =
        connection.prepareStatement("select pg_advisory_xact_lock(hashtextextended(?, 0))")) {
      statement.setString(1, "import of events " + project);
      statement.execute();
    }
  }

  /**
   * Adds events that are not known. Of a session that both sides ended, the project keeps the start
   * and the end that it made itself.
   */
  private static Tally addNewEvents(
      Connection connection, UUID project, List<Line> lines, KnownDays.Found known)
      throws SQLException {
    oneAtATime(connection, project);
    // Rows first: nothing leaves them from then on, and what has left before changed the days.
    List<Line> others = known.without(connection, KnownEvents.without(connection, project, lines));
    try (var statement =
        connection.prepareStatement(
            """
            with fresh as materialized (
              select wanted.project, line.*
              from (select ?::uuid as project) wanted
              cross join json_to_recordset(?::json) as line (
                id bigint, at timestamptz, received_at timestamptz, name text, session_id uuid,
                device_id text, profile_id text, path text, origin text, referrer text,
                referrer_name text, referrer_type text, revenue bigint, duration_ms bigint,
                country text, region text, city text, latitude real, longitude real, os text,
                os_version text, browser text, browser_version text, device text, brand text,
                model text, sdk_name text, sdk_version text, groups text[], properties json)
            )
            insert into event (
              project_id, id, at, received_at, name, session_id, device_id, profile_id, path,
              origin, referrer, referrer_name, referrer_type, revenue, duration_ms, country, region,
              city, latitude, longitude, os, os_version, browser, browser_version, device, brand,
              model, sdk_name, sdk_version, groups, properties)
            select
              project, id, at, received_at, name, session_id, device_id, profile_id, path, origin,
              referrer, referrer_name, referrer_type, revenue, duration_ms, country, region, city,
              latitude, longitude, os, os_version, browser, browser_version, device, brand, model,
              sdk_name, sdk_version, groups, coalesce(properties::text, '{}')
            from fresh
            where name not in ('session_start', 'session_end')
              or not exists (
                select from session
                join event own on own.project_id = session.project_id
                  and own.session_id = session.id and own.received_at >= first_received_at
                where session.project_id = fresh.project and session.id = fresh.session_id
                  and own.name = fresh.name)
            order by received_at, id
            returning received_at, name in ('session_start', 'session_end')
            """)) {
      statement.setObject(1, project);
      statement.setString(2, array(others));
      var usage = new DailyUsage();
      long added = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (!rows.getBoolean(2)) { // The server made those, nobody sent them.
            usage.addEvent(project, rows.getObject(1, OffsetDateTime.class).toInstant());
          }
          added++;
        }
      }
      usage.write(
          connection); // Last: its one row for all of a project's day is locked until the commit.
      return Tally.ofEvents(added, lines.size() - added);
    }
  }
}

package dev.backspool.transfer;

import dev.backspool.ingest.DailyUsage;
import dev.backspool.postgres.Columns;
import dev.backspool.transfer.EntryReader.Line;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** The statements that store sessions the project does not have, in the caller's transaction. */
final class NewSessions {
  /** A session's line as a row. */
  static final String LINES =
      """
      json_to_recordset(?::json) as line (
        id uuid, name text, source text, opener text, started_at timestamptz,
        last_event_at timestamptz, first_received_at timestamptz, last_received_at timestamptz,
        chunk_count int, event_count bigint, click_count int, input_count int, error_count int,
        page_count int, raw_bytes bigint, stored_bytes bigint, has_full_snapshot boolean,
        user_agent text, screen text, device_info text, profile_id text, profile_name text,
        profile_email text, device_id text, tracked_from timestamptz, tracked_until timestamptz,
        live_from timestamptz, live_until timestamptz, is_current boolean, closes_at timestamptz,
        started_event_at timestamptz, ended_event_at timestamptz, end_received_at timestamptz,
        tracked_count bigint,
        screen_view_count int, revenue bigint, groups text[], first_event jsonb,
        entry_at timestamptz, entry_path text, entry_origin text, exit_at timestamptz,
        exit_path text, exit_origin text, profile_at timestamptz,
        devices text[], kept_at timestamptz, open json, tabs json, pages json)
      """;

  private final Connection connection;
  private final UUID project;

  NewSessions(Connection connection, UUID project) {
    this.connection = connection;
    this.project = project;
  }

  /**
   * Adds sessions with their tabs and pages.
   *
   * @return how many; fewer than asked when one of them is there by now
   */
  int add(List<Line> lines) throws SQLException {
    String array = NewRows.array(lines);
    leaveOlderCurrent(array);
    int added = addRows(array);
    addTabs(array);
    addPages(array);
    addOpeners(array);
    return added;
  }

  /** Of a device's sessions only the latest is current. */
  private void leaveOlderCurrent(String lines) throws SQLException {
    run(
        """
        update session set is_current = false
        from (select ?::uuid as project) wanted cross join
        """
            + LINES
            + """
            where session.project_id = wanted.project and session.device_id = line.device_id
              and session.is_current and line.is_current
              and session.live_until <= line.live_until
            """,
        lines);
  }

  private int addRows(String lines) throws SQLException {
    return run(
        """
        insert into session (
          project_id, id, name, source, opener, started_at, last_event_at, first_received_at,
          last_received_at, chunk_count, event_count, click_count, input_count, error_count,
          page_count, raw_bytes, stored_bytes, has_full_snapshot, user_agent, screen, device_info,
          profile_id, profile_name, profile_email, device_id, tracked_from, tracked_until,
          live_from, live_until, is_current, closes_at, started_event_at, ended_event_at,
          end_received_at, tracked_count, screen_view_count, revenue, groups, first_event, entry_at, entry_path,
          entry_origin, exit_at, exit_path, exit_origin, profile_at, devices, kept_at)
        select
          wanted.project, id, name, source, opener, started_at, last_event_at, first_received_at,
          last_received_at, chunk_count, event_count, click_count, input_count, error_count,
          page_count, raw_bytes, stored_bytes, has_full_snapshot, user_agent, screen, device_info,
          profile_id, profile_name, profile_email, device_id, tracked_from, tracked_until,
          live_from, live_until,
          coalesce(is_current, false)
            and row_number() over (
              partition by device_id, is_current order by live_until desc, id) = 1
            and not exists (
              select from session as current
              where current.project_id = wanted.project and current.device_id = line.device_id
                and current.is_current),
          closes_at, started_event_at, ended_event_at, end_received_at, tracked_count,
          screen_view_count, revenue, coalesce(groups, '{}'), first_event, entry_at, entry_path,
          entry_origin, exit_at, exit_path, exit_origin, profile_at, coalesce(devices, '{}'),
          kept_at
        from (select ?::uuid as project) wanted cross join
        """
            + LINES
            + """
            order by id
            on conflict do nothing
            """,
        lines);
  }

  private void addTabs(String lines) throws SQLException {
    run(
        """
        insert into tab (project_id, session_id, id, shift_ms, chunk_count)
        select wanted.project, line.id, tab.id, tab.shift_ms, tab.chunk_count
        from (select ?::uuid as project) wanted cross join
        """
            + LINES
            + """
            cross join lateral json_to_recordset(line.tabs)
              as tab (id text, shift_ms bigint, chunk_count int)
            order by line.id, tab.id
            on conflict do nothing
            """,
        lines);
  }

  private void addPages(String lines) throws SQLException {
    run(
        """
        insert into page (project_id, session_id, tab_id, at, href)
        select wanted.project, line.id, visited.tab, visited.at, visited.href
        from (select ?::uuid as project) wanted cross join
        """
            + LINES
            + """
            cross join lateral json_to_recordset(line.pages)
              as visited (tab text, at timestamptz, href text)
            """,
        lines);
  }

  /** The next upload of a session that goes on finds it. */
  private void addOpeners(String lines) throws SQLException {
    run(
        """
        insert into open_session (project_id, opener, session_id, opened_at, last_received_at)
        select wanted.project, line.opener, line.id, open.opened_at, open.last_received_at
        from (select ?::uuid as project) wanted cross join
        """
            + LINES
            + """
            cross join lateral json_to_record(line.open)
              as open (opened_at timestamptz, last_received_at timestamptz)
            where line.opener is not null and open.opened_at is not null
            order by line.opener
            on conflict do nothing
            """,
        lines);
  }

  private int run(String sql, String lines) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      statement.setObject(1, project);
      statement.setString(2, lines);
      return statement.executeUpdate();
    }
  }

  /** A frame of a session. */
  record SessionFrame(UUID session, FrameLine frame) {}

  /** Adds what makes a late retry of an upload harmless, and counts what was received each day. */
  void addUploads(List<SessionFrame> frames) throws SQLException {
    addReceipts(frames);
    var usage = new DailyUsage();
    frames.forEach(
        each -> usage.addChunk(project, each.frame().receivedAt(), each.frame().bytes()));
    usage.write(connection);
  }

  /**
   * Where the old project keeps a receipt no more, nobody knows how many events it would tell of.
   */
  private void addReceipts(List<SessionFrame> frames) throws SQLException {
    List<SessionFrame> sorted =
        frames.stream()
            .filter(each -> each.frame().uploaded() != null)
            .sorted(Comparator.comparing(each -> each.frame().batchId()))
            .toList();
    try (var statement =
        connection.prepareStatement(
            """
            insert into receipt (project_id, batch_id, session_id, event_count, received_at)
            select project_id, batch_id, session_id, events, received::timestamptz
            from unnest(?::uuid[], ?::text[], ?::uuid[], ?::int[], ?::text[])
              as taken (project_id, batch_id, session_id, events, received)
            on conflict do nothing
            """)) {
      new Columns<>(statement, sorted)
          .uuids(_ -> project)
          .text(each -> each.frame().batchId())
          .uuids(SessionFrame::session)
          .ints(each -> Objects.requireNonNull(each.frame().uploaded()))
          .text(each -> each.frame().receivedAt().toString());
      statement.executeUpdate();
    }
  }

  /** Notes that sessions have one more object in the archive. */
  void countParts(List<UUID> sessions) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            update session set part_count = part_count + 1
            from unnest(?::uuid[], ?::uuid[]) as archived (project_id, session_id)
            where session.project_id = archived.project_id and session.id = archived.session_id
            """)) {
      new Columns<>(statement, sessions).uuids(_ -> project).uuids(session -> session);
      statement.executeUpdate();
    }
  }
}

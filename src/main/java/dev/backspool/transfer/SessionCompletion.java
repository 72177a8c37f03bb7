package dev.backspool.transfer;

import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Contents;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Playback;
import dev.backspool.transfer.EntryReader.Line;
import dev.backspool.transfer.NewSessions.SessionFrame;
import dev.backspool.transfer.PackedPart.Sums;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * Adds to a session what the project does not have of it: uploads are known by their batch ids, and
 * those that are new come like late ones. Of what events tell, the side that counted more is
 * believed.
 */
final class SessionCompletion {
  private final Database database;
  private final Playback playback;
  private final PartPacker packer;
  private final Delivery delivery;

  SessionCompletion(Database database, Playback playback, PartPacker packer, Delivery delivery) {
    this.database = database;
    this.playback = playback;
    this.packer = packer;
    this.delivery = delivery;
  }

  /**
   * Completes a session without a recording.
   *
   * @param known what the project has of it, read before this
   * @param state what the file has of it
   * @param line its line in the file
   */
  Tally complete(UUID project, UUID session, SessionState known, SessionState state, Line line)
      throws IOException {
    return state.tracked() > known.tracked()
        ? deliver(project, session, known, line, List.of())
        : Tally.ofKnown();
  }

  /**
   * Completes a session.
   *
   * @param lines the events of the frames
   * @throws NotNow when the archive is away, or the session goes on at this moment
   */
  Tally complete(
      UUID project,
      UUID session,
      SessionState known,
      SessionState state,
      Line line,
      List<FrameLine> frames,
      FrameSplitter lines)
      throws IOException {
    List<Frame> stored = stored(project, session);
    Set<String> batches = new HashSet<>();
    stored.forEach(frame -> batches.add(frame.batchId()));
    long fresh = frames.stream().filter(frame -> !batches.contains(frame.batchId())).count();
    if (fresh == 0) {
      return complete(project, session, known, state, line);
    }
    var numbering = new Numbering(stored, numbers(fresh));
    try (PackedPart part =
        packer.pack(
            project,
            session,
            frames,
            lines,
            frame -> batches.contains(frame.batchId()) ? null : numbering.number(frame))) {
      return deliver(project, session, known, line, List.of(part));
    }
  }

  private List<Frame> stored(UUID project, UUID session) throws IOException {
    Contents contents = playback.contents(project, session);
    for (Contents.Unread unread : contents.unread()) {
      if (Fault.of(unread.why()) == Fault.UNAVAILABLE) {
        throw new NotNow("The archive cannot be read: " + unread.why().getMessage(), unread.why());
      }
    }
    return contents.frames();
  }

  private Deque<Long> numbers(long count) {
    return new ArrayDeque<>(
        database.write(handle ->
            handle
                .createQuery("select nextval('chunk_id') from generate_series(1, :count)")
                .bind("count", count)
                .mapTo(Long.class)
                .list()));
  }

  /** Gives new frames numbers of this database, and places in their tabs that are free. */
  private static final class Numbering {
    private final Map<String, Set<Integer>> taken = new HashMap<>();
    private final Deque<Long> numbers;

    Numbering(List<Frame> stored, Deque<Long> numbers) {
      stored.forEach(frame -> taken(frame.tab()).add(frame.ordinal()));
      this.numbers = numbers;
    }

    private Set<Integer> taken(String tab) {
      return taken.computeIfAbsent(tab, _ -> new HashSet<>());
    }

    FrameLine number(FrameLine frame) {
      Set<Integer> ofTab = taken(frame.tab());
      int ordinal = frame.ordinal();
      while (!ofTab.add(ordinal)) {
        ordinal++;
      }
      return frame.at(numbers.remove(), ordinal);
    }
  }

  private Tally deliver(
      UUID project, UUID session, SessionState known, Line line, List<PackedPart> parts)
      throws IOException {
    List<FrameLine> frames = parts.stream().flatMap(part -> part.frames().stream()).toList();
    Sums sums = parts.isEmpty() ? Sums.NOTHING : parts.getFirst().sums();
    delivery.deliver(
        parts,
        connection -> {
          if (Erased.without(connection, project, Section.SESSIONS, List.of(line)).isEmpty()) {
            throw new Delivery.Overtaken("A session of the file was erased meanwhile");
          }
          var rows = new Rows(connection, project, session, NewRows.array(List.of(line)));
          rows.lock(known);
          rows.widen(frames.size(), sums);
          rows.addPages();
          rows.growTabs(frames, shifts(line));
          var added = new NewSessions(connection, project);
          added.countParts(parts.stream().map(part -> part.part().session()).toList());
          added.addUploads(frames.stream().map(frame -> new SessionFrame(session, frame)).toList());
          return parts;
        });
    return Tally.ofCompleted(frames.size());
  }

  private static Map<String, Long> shifts(Line line) {
    var shifts = new HashMap<String, Long>();
    for (JsonNode tab : line.object().path("tabs")) {
      shifts.put(tab.path("id").asString(""), tab.path("shift_ms").asLong(0));
    }
    return shifts;
  }

  /** The statements of one session's transaction. */
  private record Rows(Connection connection, UUID project, UUID session, String line) {

    void lock(SessionState known) throws SQLException {
      try (var statement =
          connection.prepareStatement(
              "select chunk_count from session where project_id = ? and id = ? for update")) {
        statement.setObject(1, project);
        statement.setObject(2, session);
        try (ResultSet row = statement.executeQuery()) {
          if (!row.next() || row.getLong(1) != known.chunks()) {
            throw new Delivery.Overtaken("Session " + session + " goes on at this moment");
          }
        }
      }
    }

    /** Widens bounds, adds what is new of the recording, and believes who counted more events. */
    void widen(int chunks, Sums sums) throws SQLException {
      try (var statement =
          connection.prepareStatement(
              """
              update session as known set
                started_at = least(known.started_at, line.started_at),
                last_event_at = greatest(known.last_event_at, line.last_event_at),
                first_received_at = least(known.first_received_at, line.first_received_at),
                last_received_at = greatest(known.last_received_at, line.last_received_at),
                chunk_count = known.chunk_count + ?,
                event_count = known.event_count + ?,
                click_count = known.click_count + ?,
                input_count = known.input_count + ?,
                error_count = known.error_count + ?,
                page_count = known.page_count + ?,
                raw_bytes = known.raw_bytes + ?,
                stored_bytes = known.stored_bytes + ?,
                has_full_snapshot = known.has_full_snapshot or ?,
                name = coalesce(known.name, line.name),
                user_agent = coalesce(known.user_agent, line.user_agent),
                screen = coalesce(known.screen, line.screen),
                device_info = coalesce(known.device_info, line.device_info),
                device_id = coalesce(known.device_id, line.device_id),
                devices = array(select distinct unnest(known.devices || line.devices) order by 1),
                kept_at = coalesce(known.kept_at, line.kept_at),
                profile_name = coalesce(known.profile_name, line.profile_name),
                profile_email = coalesce(known.profile_email, line.profile_email),
                tracked_from = least(known.tracked_from, line.tracked_from),
                tracked_until = greatest(known.tracked_until, line.tracked_until),
                live_from = least(known.live_from, line.live_from),
                live_until = greatest(known.live_until, line.live_until),
                started_event_at = coalesce(known.started_event_at, line.started_event_at),
                ended_event_at = coalesce(known.ended_event_at, line.ended_event_at),
                end_received_at = greatest(known.end_received_at, line.end_received_at),
                (profile_id, profile_at, tracked_count, screen_view_count, revenue, groups,
                  first_event, entry_at, entry_path, entry_origin, exit_at, exit_path, exit_origin,
                  closes_at) = (
                  select
                    coalesce(line.profile_id, known.profile_id), line.profile_at,
                    line.tracked_count, line.screen_view_count, line.revenue,
                    coalesce(line.groups, '{}'), line.first_event, line.entry_at, line.entry_path,
                    line.entry_origin, line.exit_at, line.exit_path, line.exit_origin,
                    -- What was ended here ends later than that: closing it again puts that right.
                    case
                      when known.ended_event_at is not null then now()
                      when line.ended_event_at is not null then line.closes_at
                      else greatest(known.closes_at, line.closes_at) end
                  where coalesce(line.tracked_count, 0) > known.tracked_count
                  union all
                  select
                    coalesce(known.profile_id, line.profile_id), known.profile_at,
                    known.tracked_count, known.screen_view_count, known.revenue, known.groups,
                    known.first_event, known.entry_at, known.entry_path, known.entry_origin,
                    known.exit_at, known.exit_path, known.exit_origin, known.closes_at
                  where coalesce(line.tracked_count, 0) <= known.tracked_count)
              from
              """
                  + NewSessions.LINES
                  + "where known.project_id = ? and known.id = line.id")) {
        statement.setInt(1, chunks);
        statement.setLong(2, sums.events());
        statement.setInt(3, sums.clicks());
        statement.setInt(4, sums.inputs());
        statement.setInt(5, sums.errors());
        statement.setInt(6, sums.pages());
        statement.setLong(7, sums.rawBytes());
        statement.setLong(8, sums.storedBytes());
        statement.setBoolean(9, sums.fullSnapshot());
        statement.setString(10, line);
        statement.setObject(11, project);
        statement.executeUpdate();
      }
    }

    void addPages() throws SQLException {
      try (var statement =
          connection.prepareStatement(
              """
              insert into page (project_id, session_id, tab_id, at, href)
              select wanted.project, line.id, visited.tab, visited.at, visited.href
              from (select ?::uuid as project) wanted cross join
              """
                  + NewSessions.LINES
                  + """
                  cross join lateral json_to_recordset(line.pages)
                    as visited (tab text, at timestamptz, href text)
                  where not exists (
                    select from page known
                    where known.project_id = wanted.project and known.session_id = line.id
                      and known.at = visited.at and known.tab_id = visited.tab
                      and known.href = visited.href)
                  """)) {
        statement.setObject(1, project);
        statement.setString(2, line);
        statement.executeUpdate();
      }
    }

    void growTabs(List<FrameLine> frames, Map<String, Long> shifts) throws SQLException {
      var counts = new TreeMap<String, Integer>();
      frames.forEach(frame -> counts.merge(frame.tab(), frame.ordinal() + 1, Math::max));
      try (var statement =
          connection.prepareStatement(
              """
              insert into tab as known (project_id, session_id, id, shift_ms, chunk_count)
              select project_id, session_id, id, shift_ms, chunks
              from unnest(?::uuid[], ?::uuid[], ?::text[], ?::bigint[], ?::int[])
                as grown (project_id, session_id, id, shift_ms, chunks)
              on conflict (project_id, session_id, id) do update set
                chunk_count = greatest(known.chunk_count, excluded.chunk_count)
              """)) {
        new Columns<>(statement, List.copyOf(counts.entrySet()))
            .uuids(_ -> project)
            .uuids(_ -> session)
            .text(Map.Entry::getKey)
            .longs(tab -> shifts.getOrDefault(tab.getKey(), 0L))
            .ints(Map.Entry::getValue);
        statement.executeUpdate();
      }
    }
  }
}

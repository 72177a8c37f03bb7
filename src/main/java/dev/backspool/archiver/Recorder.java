package dev.backspool.archiver;

import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.archiver.Packed.Older;
import dev.backspool.archiver.Packed.Uploads;
import dev.backspool.postgres.Columns;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.Parts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The statements that put objects in charge: within the caller's transaction the part's row comes,
 * its plan goes, and so does exactly what the object was made of.
 */
final class Recorder {
  /** How long a merged recording's old objects stay, so that a playback that runs ends well. */
  private static final Duration REPLACED = Duration.ofMinutes(10);

  private final InstantSource clock;
  private final Duration idle;

  Recorder(InstantSource clock, Duration idle) {
    this.clock = clock;
    this.idle = idle;
  }

  /** What an object was made of is not as it was: nothing may be committed. */
  static final class Changed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Changed() {
      super("what was archived has changed meanwhile", null, false, false);
    }
  }

  /**
   * Records files whose lease and plan hold.
   *
   * @return their keys; the others were overtaken
   * @throws Changed when what one of them was made of is not there as it was
   */
  Set<ObjectKey> record(Connection connection, List<Packed> files) throws SQLException {
    Set<SessionKey> held = Claims.lock(connection, files.stream().map(Packed::claim).toList());
    List<Packed> ours = files.stream().filter(file -> held.contains(file.claim().key())).toList();
    Set<ObjectKey> saved =
        PlannedObjects.spend(
            connection, ours.stream().map(file -> file.part().key()).toList(), false);
    List<Packed> recorded =
        ours.stream().filter(file -> saved.contains(file.part().key())).toList();
    List<Packed> uploads =
        recorded.stream().filter(file -> file.origin() instanceof Uploads).toList();
    if (!uploads.isEmpty()) {
      removeChunks(connection, uploads);
      Parts.add(connection, uploads.stream().map(Packed::part).toList());
      settle(connection, uploads);
    }
    for (Packed file : recorded) {
      if (file.origin() instanceof Older older) {
        replace(connection, file, older.parts());
      }
    }
    return saved;
  }

  private record Chunk(SessionKey session, Frame frame) {}

  private static void removeChunks(Connection connection, List<Packed> files) throws SQLException {
    List<Chunk> chunks =
        files.stream()
            .flatMap(file ->
                uploads(file).frames().stream().map(frame -> new Chunk(file.claim().key(), frame)))
            .toList();
    try (var statement =
        connection.prepareStatement(
            """
            with gone as (
              delete from chunk
              using unnest(?::uuid[], ?::uuid[], ?::bigint[])
                as archived (project_id, session_id, id)
              where chunk.project_id = archived.project_id
                and chunk.session_id = archived.session_id
                and chunk.id = archived.id
                and chunk.received_at between at(?) and at(?)
              returning chunk.project_id, chunk.session_id
            )
            select project_id, session_id, count(*) from gone group by project_id, session_id
            """)) {
      new Columns<>(statement, chunks)
          .uuids(chunk -> chunk.session().project())
          .uuids(chunk -> chunk.session().session())
          .longs(chunk -> chunk.frame().n());
      HotFrames.bindDays(
          statement,
          4,
          chunks,
          chunk -> chunk.frame().receivedAt(),
          chunk -> chunk.frame().receivedAt());
      Map<SessionKey, Integer> removed = new HashMap<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          removed.put(session(rows), rows.getInt(3));
        }
      }
      for (Packed file : files) {
        if (!Objects.equals(removed.get(file.claim().key()), uploads(file).frames().size())) {
          throw new Changed();
        }
      }
    }
  }

  private static Uploads uploads(Packed file) {
    return (Uploads) file.origin();
  }

  private static SessionKey session(ResultSet row) throws SQLException {
    return new SessionKey(row.getObject(1, UUID.class), row.getObject(2, UUID.class));
  }

  private void settle(Connection connection, List<Packed> files) throws SQLException {
    Set<SessionKey> withRest = new HashSet<>();
    try (var statement =
        connection.prepareStatement(
            """
            update session set
              hot_chunks = greatest(0, session.hot_chunks - archived.chunks),
              hot_bytes = greatest(0, session.hot_bytes - archived.bytes),
              hot_since = case when session.hot_chunks > archived.chunks then hot_since end,
              part_count = part_count + 1,
              archive_after = null,
              merge_after = null,
              archive_failures = 0,
              archive_error = null
            from unnest(?::uuid[], ?::uuid[], ?::int[], ?::bigint[])
              as archived (project_id, session_id, chunks, bytes)
            where session.project_id = archived.project_id and session.id = archived.session_id
            returning session.project_id, session.id, session.hot_chunks
            """)) {
      new Columns<>(statement, files)
          .uuids(file -> file.claim().project())
          .uuids(file -> file.claim().session())
          .ints(file -> uploads(file).frames().size())
          .longs(file -> uploads(file).bytes());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (rows.getInt(3) > 0) {
            withRest.add(session(rows));
          }
        }
      }
    }
    for (Packed file : files) {
      if (withRest.contains(file.claim().key())) {
        settleRest(connection, file);
      }
    }
  }

  /** Some chunks stay: too new, too many for one part, come meanwhile, or damaged. */
  private void settleRest(Connection connection, Packed file) throws SQLException {
    int damaged = uploads(file).damaged();
    Instant now = clock.instant();
    if (damaged > 0) {
      recount(connection, file.claim().key(), now.plus(Pause.LONG), damagedMessage(damaged));
    } else {
      // Of a session that goes on, at most a part for each idle time, however much comes.
      recount(connection, file.claim().key(), file.claim().idle() ? null : now.plus(idle), null);
    }
  }

  /** What a session says whose damaged uploads stay where they are. */
  static String damagedMessage(int uploads) {
    return uploads
        + (uploads == 1 ? " upload is" : " uploads are")
        + " damaged and cannot be archived: the stored bytes are not those that were written";
  }

  /**
   * Has a session's row say what chunks and parts there are, in the caller's transaction, which has
   * the row locked.
   *
   * @param pause when to look at it again; null at once
   * @param error why some will stay; null when none has to
   */
  static void recount(
      Connection connection, SessionKey session, @Nullable Instant pause, @Nullable String error)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            update session set
              (hot_chunks, hot_bytes, hot_since) = (
                select count(*), coalesce(sum(octet_length(payload)), 0), min(received_at)
                from chunk
                where chunk.project_id = session.project_id and chunk.session_id = session.id
                  and received_at between first_received_at and last_received_at),
              part_count = (
                select count(*) from recording_part as part
                where part.project_id = session.project_id and part.session_id = session.id),
              archive_after = at(?),
              archive_error = ?::text,
              archive_failures = case when ?::text is null then 0 else archive_failures + 1 end
            where project_id = ? and id = ?
            """)) {
      statement.setObject(1, pause == null ? null : pause.toEpochMilli(), java.sql.Types.BIGINT);
      statement.setString(2, error);
      statement.setString(3, error);
      statement.setObject(4, session.project());
      statement.setObject(5, session.session());
      statement.executeUpdate();
    }
  }

  private void replace(Connection connection, Packed file, List<Part> older) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            delete from recording_part as part
            using unnest(?::uuid[], ?::text[], ?::uuid[], ?::boolean[])
              as merged (project_id, object, session_id, cold)
            where part.project_id = merged.project_id and part.object = merged.object
              and part.session_id = merged.session_id and part.cold = merged.cold
            """)) {
      new Columns<>(statement, older)
          .uuids(Part::project)
          .text(Part::object)
          .uuids(Part::session)
          .booleans(Part::cold);
      if (statement.executeUpdate() != older.size()) {
        throw new Changed();
      }
    }
    try (var statement =
        connection.prepareStatement(
            """
            update doomed_object as doomed set reason = 'replaced', not_before = at(?)
            from unnest(?::uuid[], ?::text[], ?::boolean[]) as merged (project_id, object, cold)
            where doomed.project_id = merged.project_id and doomed.object = merged.object
              and doomed.cold = merged.cold
            """)) {
      statement.setLong(1, clock.instant().plus(REPLACED).toEpochMilli());
      new Columns<>(statement, older, 2)
          .uuids(Part::project)
          .text(Part::object)
          .booleans(Part::cold);
      statement.executeUpdate();
    }
    Parts.add(connection, List.of(file.part()));
    try (var statement =
        connection.prepareStatement(
            """
            update session set
              part_count = part_count + 1 - ?,
              archive_after = null,
              merge_after = null,
              archive_failures = 0,
              archive_error = null
            where project_id = ? and id = ?
            """)) {
      statement.setInt(1, older.size());
      statement.setObject(2, file.claim().project());
      statement.setObject(3, file.claim().session());
      statement.executeUpdate();
    }
  }
}

package dev.backspool.recording;

import dev.backspool.postgres.Database;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.Outline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Hands out a session's frames. */
public final class Playback {
  /**
   * Uploads of one moment may have been committed in either order. A recorder that cuts its uploads
   * at checkpoints sends the Meta at the end of one and the FullSnapshot in the next, both of the
   * same millisecond where the page is small.
   */
  private static final Comparator<Frame> BY_TIME =
      Comparator.comparing(Frame::firstAt)
          .thenComparing(Frame::lastAt)
          .thenComparing(frame -> !frame.outline().endsWithMeta())
          .thenComparingLong(Frame::n);

  private final Database database;

  public Playback(Database database) {
    this.database = database;
  }

  /**
   * The frames of a session, tab by tab in the order the tabs began, each tab's in play order: by
   * the SDK's own numbers where every upload of the tab has one, else by time. Empty when there is
   * no such session, or nothing of it.
   */
  public List<Frame> frames(UUID project, UUID session) {
    List<Frame> rows =
        database.read(
            project,
            handle ->
                handle
                    .createQuery(
                        """
                        select
                          id, tab_id, batch_id, ordinal, seq, received_at, first_at, last_at,
                          event_count, user_events, raw_bytes, octet_length(payload) as bytes,
                          outline
                        from chunk
                        where project_id = :project and session_id = :session
                        """)
                    .bind("project", project)
                    .bind("session", session)
                    .map((row, _) -> frame(row))
                    .list());
    var byTab = new TreeMap<String, List<Frame>>();
    rows.stream()
        .sorted(BY_TIME)
        .forEach(frame -> byTab.computeIfAbsent(frame.tab(), _ -> new ArrayList<>()).add(frame));
    return byTab.values().stream()
        .sorted(Comparator.comparing((List<Frame> tab) -> tab.getFirst().firstAt()))
        .flatMap(tab -> inPlayOrder(tab).stream())
        .toList();
  }

  private static List<Frame> inPlayOrder(List<Frame> tab) {
    if (tab.stream().anyMatch(frame -> frame.seq() == null)) {
      return tab;
    }
    Map<Long, List<Frame>> bySeq = new TreeMap<>();
    tab.forEach(frame -> bySeq.computeIfAbsent(frame.seq(), _ -> new ArrayList<>()).add(frame));
    return bySeq.values().stream().flatMap(List::stream).toList();
  }

  /**
   * A frame's events: one zstd frame of newline-delimited JSON. Not checked for damage; whoever
   * opens it learns of that.
   *
   * @return empty when the session has no such frame
   */
  public Optional<byte[]> payload(UUID project, UUID session, long frame) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select payload
                    from chunk
                    where project_id = :project and session_id = :session and id = :frame
                    """)
                .bind("project", project)
                .bind("session", session)
                .bind("frame", frame)
                .mapTo(byte[].class)
                .findOne());
  }

  /**
   * A frame's events, known to be whole.
   *
   * @return empty when the session has no such frame
   * @throws DamagedPayload when the bytes are not those that were written
   */
  public Optional<Payload> verified(UUID project, UUID session, long frame) throws DamagedPayload {
    Optional<Payload> payload =
        database.read(
            project,
            handle ->
                handle
                    .createQuery(
                        """
                        select payload, raw_bytes
                        from chunk
                        where project_id = :project and session_id = :session and id = :frame
                        """)
                    .bind("project", project)
                    .bind("session", session)
                    .bind("frame", frame)
                    .map((row, _) -> new Payload(row.getBytes("payload"), row.getInt("raw_bytes")))
                    .findOne());
    if (payload.isPresent()) {
      payload.get().verify();
    }
    return payload;
  }

  private static Frame frame(ResultSet row) throws SQLException {
    return new Frame(
        row.getLong("id"),
        row.getString("tab_id"),
        row.getString("batch_id"),
        row.getInt("ordinal"),
        row.getObject("seq", Long.class),
        instant(row, "received_at"),
        instant(row, "first_at"),
        instant(row, "last_at"),
        row.getInt("event_count"),
        row.getInt("user_events"),
        row.getInt("raw_bytes"),
        row.getInt("bytes"),
        Outline.fromJson(row.getString("outline")));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}

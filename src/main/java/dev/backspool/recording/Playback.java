package dev.backspool.recording;

import dev.backspool.postgres.Database;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.Outline;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Hands out a session's frames, wherever they are. */
public final class Playback {
  /** What of a chunk's row its frame is made of: all but the payload. */
  public static final String CHUNK_COLUMNS =
      """
      id, tab_id, batch_id, client_session, ordinal, seq, received_at, first_at, last_at,
      event_count, user_events, raw_bytes, octet_length(payload) as bytes, outline
      """;

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
  private final PartFiles files;

  public Playback(Database database, PartFiles files) {
    this.database = database;
    this.files = files;
  }

  /**
   * What there is of a session's recording, in PostgreSQL and in the archive: the frames tab by tab
   * in the order the tabs began, each tab's in play order, by the SDK's own numbers where every
   * upload of the tab has one, else by time. Empty when there is no such session, or nothing of it.
   */
  public Contents contents(UUID project, UUID session) {
    // Chunks first: what is archived between is then seen twice, not left out.
    List<Frame> chunks = chunks(project, session);
    Set<Long> known = chunks.stream().map(Frame::n).collect(Collectors.toSet());
    var frames = new ArrayList<>(chunks);
    var unread = new ArrayList<Contents.Unread>();
    for (Part part : parts(project, session)) {
      try {
        files.open(part).frames().stream()
            .filter(frame -> known.add(frame.n()))
            .forEach(frames::add);
      } catch (IOException failure) {
        unread.add(new Contents.Unread(part, failure));
      }
    }
    return new Contents(sorted(frames), List.copyOf(unread));
  }

  /** The frames of {@link #contents}; what cannot be read is left out. */
  public List<Frame> frames(UUID project, UUID session) {
    return contents(project, session).frames();
  }

  private List<Part> parts(UUID project, UUID session) {
    return database.read(project, handle -> Parts.of(handle, project, session));
  }

  private List<Frame> chunks(UUID project, UUID session) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    "select "
                        + CHUNK_COLUMNS
                        + """
                        from chunk
                        where project_id = :project and session_id = :session
                        """)
                .bind("project", project)
                .bind("session", session)
                .map((row, _) -> frame(row))
                .list());
  }

  /**
   * Puts frames of one session into play order: tab by tab in the order the tabs began, each tab's
   * by the SDK's own numbers where all of them have one, else by time.
   */
  public static List<Frame> sorted(List<Frame> frames) {
    var byTab = new TreeMap<String, List<Frame>>();
    frames.stream()
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
   * A frame's events, known to be whole.
   *
   * @return empty when the session has no such frame
   * @throws DamagedPayload when the bytes are not those that were written
   * @throws IOException when the archive's object that holds it cannot be read; see {@link
   *     PartFiles#open}
   */
  public Optional<Payload> verified(UUID project, UUID session, long frame) throws IOException {
    Optional<Payload> hot = hot(project, session, frame);
    if (hot.isPresent()) {
      hot.get().verify();
      return hot;
    }
    @Nullable IOException failure = null;
    for (Part part : parts(project, session)) {
      try {
        Optional<byte[]> lines = files.open(part).lines(frame);
        if (lines.isPresent()) {
          return lines.map(Payload::of);
        }
      } catch (IOException e) {
        failure = e; // Another part may hold it.
      }
    }
    if (failure != null) {
      throw failure;
    }
    return Optional.empty();
  }

  private Optional<Payload> hot(UUID project, UUID session, long frame) {
    return database.read(
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
  }

  /** Reads a row that has the {@link #CHUNK_COLUMNS}. */
  public static Frame frame(ResultSet row) throws SQLException {
    return new Frame(
        row.getLong("id"),
        row.getString("tab_id"),
        row.getString("batch_id"),
        row.getString("client_session"),
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

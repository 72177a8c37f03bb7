package dev.backspool.recording;

import dev.backspool.postgres.Database;
import dev.backspool.rrweb.Outline;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

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
    return find(project, session).contents();
  }

  /** The frames of {@link #contents}; what cannot be read is left out. */
  public List<Frame> frames(UUID project, UUID session) {
    return contents(project, session).frames();
  }

  /** Opens a session's recording to read many of its frames one after the other. */
  public Reel reel(UUID project, UUID session) {
    return new Reel(this, project, session);
  }

  /**
   * A frame's events, known to be whole. For many of them take a {@link #reel}.
   *
   * @return empty when the session has no such frame
   * @throws dev.backspool.rrweb.DamagedPayload when the bytes are not those that were written
   * @throws IOException when the archive's object that holds it, or may hold it, cannot be read:
   *     {@link Fault#of} tells why
   */
  public Optional<Payload> verified(UUID project, UUID session, long frame) throws IOException {
    Optional<Payload> hot = hot(project, session, frame);
    if (hot.isPresent()) {
      return hot;
    }
    List<Part> parts = parts(project, session);
    try {
      return archived(parts, frame);
    } catch (IOException failure) {
      List<Part> now = parts(project, session);
      if (Fault.of(failure) != Fault.MISSING || sameObjects(parts, now)) {
        throw failure;
      }
      return archived(now, frame); // Its object was replaced by another meanwhile.
    }
  }

  private Optional<Payload> archived(List<Part> parts, long frame) throws IOException {
    var failures = new ArrayList<IOException>();
    var outages = new Outages();
    for (Part part : parts) {
      try {
        Optional<byte[]> lines = outages.ask(part, () -> files.open(part, outages).lines(frame));
        if (lines.isPresent()) {
          return lines.map(Payload::lines);
        }
      } catch (IOException failure) {
        failures.add(failure); // Another part may hold it.
      }
    }
    if (failures.isEmpty()) {
      return Optional.empty();
    }
    throw mostHopeful(failures);
  }

  /** Of several failures one that may pass, if there is one: the others are final answers. */
  static IOException mostHopeful(List<IOException> failures) {
    return failures.stream()
        .filter(failure -> Fault.of(failure) == Fault.UNAVAILABLE)
        .findFirst()
        .orElse(failures.getFirst());
  }

  /** A frame that is not archived yet. */
  Optional<Payload> hot(UUID project, UUID session, long frame) throws IOException {
    Optional<Chunks.Stored> chunk =
        database.read(project, handle -> Chunks.stored(handle, project, session, frame));
    return chunk.isEmpty()
        ? Optional.empty()
        : Optional.of(Payload.stored(chunk.get().zstd(), chunk.get().rawBytes()));
  }

  List<Part> parts(UUID project, UUID session) {
    return database.read(project, handle -> Parts.of(handle, project, session));
  }

  PartFiles files() {
    return files;
  }

  /**
   * Where a recording's frames are.
   *
   * @param parts all of them, those that cannot be read too
   * @param holders by {@link Frame#n}; a frame that is not archived has none
   */
  record Found(Contents contents, List<Part> parts, Map<Long, Part> holders) {
    boolean misses(Fault fault) {
      return contents.unread().stream().anyMatch(unread -> Fault.of(unread.why()) == fault);
    }
  }

  /** Looks for the frames; once more where an object is gone whose row was just there. */
  Found find(UUID project, UUID session) {
    Found found = look(project, session);
    return found.misses(Fault.MISSING) && !sameObjects(found.parts(), parts(project, session))
        ? look(project, session)
        : found;
  }

  private record Rows(List<Frame> chunks, List<Part> parts) {}

  private Found look(UUID project, UUID session) {
    // Chunks first: what is archived between is then seen twice, not left out.
    Rows rows =
        database.read(
            project,
            handle ->
                new Rows(Chunks.of(handle, project, session), Parts.of(handle, project, session)));
    var frames = new ArrayList<>(rows.chunks());
    Set<Long> known = frames.stream().map(Frame::n).collect(Collectors.toSet());
    var holders = new HashMap<Long, Part>();
    var unread = new ArrayList<Contents.Unread>();
    var outages = new Outages();
    for (Part part : rows.parts()) {
      try {
        for (Frame frame : outages.ask(part, () -> files.open(part, outages).frames())) {
          if (known.add(frame.n())) {
            frames.add(frame);
          }
          // Of what was seen twice too: whoever sees the part's row will find no chunk any more.
          holders.putIfAbsent(frame.n(), part);
        }
      } catch (IOException failure) {
        unread.add(new Contents.Unread(part, failure));
      }
    }
    return new Found(
        new Contents(sorted(frames), List.copyOf(unread)), rows.parts(), Map.copyOf(holders));
  }

  /** Whether the rows name the same objects. */
  static boolean sameObjects(List<Part> some, List<Part> others) {
    return names(some).equals(names(others));
  }

  private static Set<String> names(List<Part> parts) {
    return parts.stream().map(Part::name).collect(Collectors.toSet());
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

package dev.backspool.protocol.stackauth;

import dev.backspool.postgres.Database;
import dev.backspool.recording.Contents;
import dev.backspool.recording.Contents.Unread;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Reel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of replays, for their project's servers: those in the database and those that are
 * archived, alike.
 */
final class ChunkRows {
  private static final int MOST_HOLES = 1_000;

  private final Database database;
  private final Playback playback;

  ChunkRows(Database database, Playback playback) {
    this.database = database;
    this.playback = playback;
  }

  /** A chunk as the contract shows it. The id is a number in our store and a string here. */
  record Chunk(
      String id,
      String batchId,
      String sessionReplaySegmentId,
      @Nullable String browserSessionId,
      int eventCount,
      long byteLength,
      long firstEventAtMillis,
      long lastEventAtMillis,
      long createdAtMillis) {

    private static Chunk of(Frame frame) {
      return new Chunk(
          Long.toString(frame.n()),
          frame.batchId(),
          frame.tab(),
          frame.clientSession(),
          frame.events(),
          frame.bytes(),
          frame.firstAt().toEpochMilli(),
          frame.lastAt().toEpochMilli(),
          frame.receivedAt().toEpochMilli());
    }
  }

  /**
   * A place among a segment's chunks where none can be found.
   *
   * @param place counts the segment's chunks from 0, in the order they were committed
   * @param fault what became of it, as far as can be told
   */
  record Hole(String segment, int place, Fault fault) {}

  /**
   * The chunks of one replay.
   *
   * @param frames by the time of their first event
   * @param holes where chunks were committed and cannot be found; the first of them when there are
   *     very many
   * @param reel reads the events
   */
  record Chunks(List<Frame> frames, List<Hole> holes, Reel reel) {
    /** All of them as the contract shows them. */
    List<Chunk> all() {
      return frames.stream().map(Chunk::of).toList();
    }

    /**
     * The chunks behind one.
     *
     * @param id names the chunk
     * @return empty when there is no such chunk
     */
    Optional<List<Chunk>> after(String id) {
      for (int i = 0; i < frames.size(); i++) {
        if (Long.toString(frames.get(i).n()).equals(id)) {
          return Optional.of(frames.subList(i + 1, frames.size()).stream().map(Chunk::of).toList());
        }
      }
      return Optional.empty();
    }

    /** Whether some of them may be found later. */
    boolean someUnavailable() {
      return reel.contents().unread().stream()
          .anyMatch(unread -> Fault.of(unread.why()) == Fault.UNAVAILABLE);
    }
  }

  private record Tab(String id, int chunks) {}

  /** Looks for the chunks of a replay. */
  Chunks of(UUID project, UUID replay) {
    // Tabs first: a chunk that comes between is then one too many, not one that is missing.
    List<Tab> tabs = tabs(project, replay);
    Reel reel = playback.reel(project, replay);
    List<Frame> frames =
        reel.contents().frames().stream()
            .sorted(Comparator.comparing(Frame::firstAt).thenComparingLong(Frame::n))
            .toList();
    return new Chunks(frames, holes(tabs, reel.contents()), reel);
  }

  private List<Tab> tabs(UUID project, UUID replay) {
    return database.read(
        project,
        handle ->
            handle
                .createQuery(
                    """
                    select id, chunk_count
                    from tab
                    where project_id = :project and session_id = :replay
                    order by id
                    """)
                .bind("project", project)
                .bind("replay", replay)
                .map((row, _) -> new Tab(row.getString("id"), row.getInt("chunk_count")))
                .list());
  }

  private static List<Hole> holes(List<Tab> tabs, Contents contents) {
    Map<String, BitSet> found =
        contents.frames().stream()
            .collect(
                Collectors.groupingBy(
                    Frame::tab,
                    Collectors.collectingAndThen(
                        Collectors.mapping(Frame::ordinal, Collectors.toList()), ChunkRows::bits)));
    Fault fault = fault(contents.unread());
    var holes = new ArrayList<Hole>();
    for (Tab tab : tabs) {
      BitSet places = found.getOrDefault(tab.id(), new BitSet());
      for (int place = places.nextClearBit(0);
          place < tab.chunks() && holes.size() < MOST_HOLES;
          place = places.nextClearBit(place + 1)) {
        holes.add(new Hole(tab.id(), place, fault));
      }
    }
    return holes;
  }

  private static BitSet bits(List<Integer> places) {
    var bits = new BitSet();
    places.forEach(bits::set);
    return bits;
  }

  /**
   * A part that cannot be opened does not tell which chunks it holds: what may pass comes first.
   */
  private static Fault fault(List<Unread> unread) {
    return unread.stream()
        .map(each -> Fault.of(each.why()))
        .max(Comparator.naturalOrder())
        .orElse(Fault.MISSING);
  }
}

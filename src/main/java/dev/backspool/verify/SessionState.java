package dev.backspool.verify;

import dev.backspool.recording.Part;
import dev.backspool.verify.Finding.Place;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A session and everything in PostgreSQL that belongs to it, all of one moment.
 *
 * @param hotSince when the first of the chunks came, as the row has it; null for none
 * @param isLeased whether {@code archive_after} lies further ahead than any lease or pause
 * @param hasExpiredEvents whether it began so long ago that events of it may be gone, or in the
 *     archive
 * @param counted what the session counts of its analytics events
 * @param tracked what there is of them
 */
record SessionState(
    UUID project,
    UUID id,
    Instant firstReceivedAt,
    Instant lastReceivedAt,
    int chunkCount,
    long eventCount,
    @Nullable Instant hotSince,
    int hotChunks,
    long hotBytes,
    int partCount,
    boolean isLeased,
    boolean hasExpiredEvents,
    Tracked counted,
    Tracked tracked,
    List<Tab> tabs,
    List<Chunk> chunks,
    List<Part> parts) {

  /** What is counted of analytics events; the start and the end of the session are none. */
  record Tracked(long events, long screenViews, long revenue) {}

  /** A row of {@code tab}. */
  record Tab(String id, int chunkCount) {}

  /**
   * A row of {@code chunk} without its payload.
   *
   * @param bytes size of the payload
   */
  record Chunk(
      long n,
      String tab,
      String batchId,
      int ordinal,
      Instant receivedAt,
      int events,
      int rawBytes,
      int bytes) {}

  Place place() {
    return Place.session(project, id);
  }

  SessionState with(Tracked other) {
    return new SessionState(
        project,
        id,
        firstReceivedAt,
        lastReceivedAt,
        chunkCount,
        eventCount,
        hotSince,
        hotChunks,
        hotBytes,
        partCount,
        isLeased,
        hasExpiredEvents,
        counted,
        other,
        tabs,
        chunks,
        parts);
  }
}

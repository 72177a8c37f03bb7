package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.Slice;
import dev.backspool.verify.Finding.Place;
import dev.backspool.verify.SessionState.Chunk;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Opens the payloads of chunks, and counts what is in them. */
final class PayloadCheck {
  /** Payloads in memory at a time, compressed; one that is larger alone. */
  private static final int PAGE_BYTES = 4 << 20;

  /** No upload has more lines than an array may hold. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private final Database database;
  private final Tally tally;

  PayloadCheck(Database database, Tally tally) {
    this.database = database;
    this.tally = tally;
  }

  /** A session's chunk. */
  private record Hot(UUID session, Chunk chunk) {}

  /**
   * What was found in a session's payloads.
   *
   * @param events by a frame's name how many events it has; a damaged one has none here
   */
  record Opened(List<Suspicion> suspicions, Map<Long, Integer> events) {
    static Opened nothing() {
      return new Opened(new ArrayList<>(), new HashMap<>());
    }
  }

  /** Opens all payloads of some sessions of a project; by session. */
  Map<UUID, Opened> open(UUID project, List<SessionState> sessions) {
    var hot = new ArrayList<Hot>();
    for (SessionState session : sessions) {
      session.chunks().forEach(chunk -> hot.add(new Hot(session.id(), chunk)));
    }
    var opened = new HashMap<UUID, Opened>();
    if (!hot.isEmpty()) {
      database.own(handle -> {
        int from = 0;
        while (from < hot.size()) {
          int to = from + 1;
          long bytes = hot.get(from).chunk().bytes();
          while (to < hot.size() && bytes + hot.get(to).chunk().bytes() <= PAGE_BYTES) {
            bytes += hot.get(to).chunk().bytes();
            to++;
          }
          open(handle, project, hot.subList(from, to), opened);
          tally.bytes.addAndGet(bytes);
          from = to;
        }
        return hot.size();
      });
    }
    return opened;
  }

  private void open(Handle handle, UUID project, List<Hot> page, Map<UUID, Opened> opened) {
    var byName = new HashMap<Long, Hot>();
    page.forEach(hot -> byName.put(hot.chunk().n(), hot));
    // Not all may still be there: what was archived meanwhile is looked at where it is now.
    handle
        .createQuery(
            """
            select id, payload
            from chunk
            where project_id = :project and session_id = any(:sessions) and id = any(:ids)
            """)
        .bind("project", project)
        .bindArray("sessions", UUID.class, page.stream().map(Hot::session).distinct().toList())
        .bindArray("ids", Long.class, List.copyOf(byName.keySet()))
        .map((row, _) -> {
          Hot hot = byName.get(row.getLong("id"));
          if (hot != null) {
            Opened session = opened.computeIfAbsent(hot.session(), _ -> Opened.nothing());
            byte[] payload = row.getBytes("payload");
            Share.of(() -> {
              look(handle, project, hot, payload, session);
              return hot;
            });
          }
          return row.getLong("id");
        })
        .list();
  }

  private void look(Handle handle, UUID project, Hot hot, byte[] payload, Opened session) {
    Chunk chunk = hot.chunk();
    Place place =
        Place.session(project, hot.session()).inTab(chunk.tab()).ofFrames(List.of(chunk.n()));
    String upload =
        "upload %d, batch %s, received %s"
            .formatted(chunk.ordinal(), chunk.batchId(), Words.time(chunk.receivedAt()));
    int events = 0;
    long bytes = 0;
    try (var lines = new PayloadReader(new ByteArrayInputStream(payload), MOST_BYTES)) {
      for (Slice line = lines.next(); line != null; line = lines.next()) {
        events++;
        bytes += line.length() + 1;
      }
    } catch (DamagedPayload damaged) {
      String message = Words.sentence(String.valueOf(damaged.getMessage())) + ": " + upload;
      session.suspicions().add(Suspicion.of(Kind.PAYLOAD_DAMAGED, place, message));
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Nowhere to come from: all is in memory.
    }
    if (payload.length == 0) {
      session.suspicions().add(Suspicion.of(Kind.PAYLOAD_DAMAGED, place, "It is empty: " + upload));
      return;
    }
    session.events().put(chunk.n(), events);
    if (events != chunk.events() || bytes != chunk.rawBytes()) {
      session.suspicions().add(miscounted(handle, project, hot, place, upload, events, bytes));
    }
  }

  /** The row or the payload was changed; what the upload was answered tells which. */
  private Suspicion miscounted(
      Handle handle, UUID project, Hot hot, Place place, String upload, int events, long bytes) {
    Chunk chunk = hot.chunk();
    String message =
        "Its row tells of %s and %,d bytes of JSON; it has %,d and %,d: %s"
            .formatted(
                Words.count(chunk.events(), "event"), chunk.rawBytes(), events, bytes, upload);
    Optional<Integer> answered =
        handle
            .createQuery(
                """
                select event_count from receipt where project_id = :project and batch_id = :batch
                """)
            .bind("project", project)
            .bind("batch", chunk.batchId())
            .mapTo(Integer.class)
            .findOne();
    if (answered.isPresent() && answered.get() != events) {
      return Suspicion.of(
          Kind.PAYLOAD_DAMAGED, place, message + ", which brought " + answered.get());
    }
    if (answered.isEmpty() && events != chunk.events()) {
      return Suspicion.of(Kind.PAYLOAD_COUNT, place, message)
          .withAdvice(
              "Nothing is left that tells whether the row or the payload was changed: compare it"
                  + " with a backup of the database.");
    }
    return Suspicion.of(
        Kind.PAYLOAD_COUNT,
        place,
        message,
        () ->
            database.write(write ->
                write.execute(
                    """
                    update chunk set event_count = ?, raw_bytes = ?
                    where project_id = ? and session_id = ? and id = ?
                    """,
                    events,
                    bytes,
                    project,
                    hot.session(),
                    chunk.n())));
  }
}

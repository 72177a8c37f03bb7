package dev.backspool.recording;

import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ObjectKey;
import dev.backspool.recording.file.RecordingWriter;
import dev.backspool.recording.file.Written;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Archives what a test wants archived, when it wants it: the same object and rows as the server's
 * own archiver leaves, at once and in one transaction.
 */
public final class ArchivedByHand {
  private static final int SLOTS = 32;

  private final TestServer server;
  private final Archives archives;
  private final DataKeys keys;
  private final boolean encrypted;

  /** Of a server and where its archive is. */
  public ArchivedByHand(TestServer server, Archives archives, boolean encrypted) {
    this.server = server;
    this.archives = archives;
    this.encrypted = encrypted;
    keys = new DataKeys(server.server().postgres());
  }

  /** Archives all chunks that a session has now. */
  public Part archive(UUID project, UUID session) {
    return archive(project, session, _ -> true);
  }

  /** Archives those chunks of a session. */
  public Part archive(UUID project, UUID session, Predicate<Frame> which) {
    var database = server.server().postgres();
    List<Frame> frames =
        Playback.sorted(
            database.read(project, handle -> Chunks.of(handle, project, session)).stream()
                .filter(which)
                .toList());
    @Nullable SecretKey key = encrypted ? keys.generate() : null;
    var file = new ByteArrayOutputStream();
    Written written;
    long json = frames.stream().mapToLong(Frame::rawBytes).sum();
    try (var writer = new RecordingWriter(file, key, json)) {
      for (Frame frame : frames) {
        writer.add(
            frame,
            database
                .read(project, handle -> Chunks.stored(handle, project, session, frame.n()))
                .orElseThrow()
                .zstd());
      }
      written = writer.finish();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    Instant first =
        frames.stream().map(Frame::firstAt).min(Comparator.naturalOrder()).orElseThrow();
    Instant last = frames.stream().map(Frame::lastAt).max(Comparator.naturalOrder()).orElseThrow();
    var part =
        new Part(
            project,
            session,
            "recordings/2026-11-21/" + written.sha256().substring(0, 40) + ".bksp",
            written.bytes(),
            written.json(),
            frames.stream().mapToLong(Frame::bytes).sum(),
            written.frames(),
            written.events(),
            first,
            last,
            activity(frames, first, last),
            key == null ? null : keys.wrap(project, key),
            false);
    put(part.key(), file.toByteArray());
    record(part, frames);
    return part;
  }

  /** Writes an object, whatever is there. */
  public void put(ObjectKey key, byte[] bytes) {
    try {
      archives.main().delete(List.of(key));
      archives.main().put(key, bytes);
    } catch (ArchiveFailure failure) {
      throw new IllegalStateException(failure);
    }
  }

  private void record(Part part, List<Frame> frames) {
    server
        .server()
        .postgres()
        .own(handle -> {
          try {
            Parts.add(handle.getConnection(), List.of(part));
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
          handle
              .createUpdate("delete from chunk where project_id = :project and id = any(:ids)")
              .bind("project", part.project())
              .bindArray("ids", Long.class, frames.stream().map(Frame::n).toList())
              .execute();
          return handle.execute(
              """
              update session set
                part_count = part_count + 1,
                hot_chunks = hot_chunks - ?,
                hot_bytes = hot_bytes - ?,
                hot_since = case when hot_chunks > ? then hot_since end
              where project_id = ? and id = ?
              """,
              frames.size(),
              part.chunkBytes(),
              frames.size(),
              part.project(),
              part.session());
        });
  }

  private static List<Integer> activity(List<Frame> frames, Instant first, Instant last) {
    int[] slots = new int[SLOTS];
    long length = Math.max(1, last.toEpochMilli() - first.toEpochMilli());
    for (Frame frame : frames) {
      long at = frame.firstAt().toEpochMilli() - first.toEpochMilli();
      slots[(int) Math.min(SLOTS - 1, at * SLOTS / length)] += frame.userEvents();
    }
    return frames.isEmpty() ? Collections.nCopies(SLOTS, 0) : IntStream.of(slots).boxed().toList();
  }
}

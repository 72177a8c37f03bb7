package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.file.ArchivedRecording;
import dev.backspool.recording.file.DamagedRecording;
import dev.backspool.recording.file.FrameCursor;
import dev.backspool.recording.file.FrameCursor.FrameLines;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.verify.Finding.Place;
import dev.backspool.verify.SessionState.Chunk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares the copies of uploads that are in more than one place. */
final class Copies {
  private final Database database;
  private final Mendings mendings;

  Copies(Database database, Mendings mendings) {
    this.database = database;
    this.mendings = mendings;
  }

  /**
   * Compares.
   *
   * @param part the object that holds uploads which are elsewhere too
   * @param recording the same, opened
   * @param twice these uploads
   */
  List<Suspicion> compare(
      SessionState session, Part part, ArchivedRecording recording, List<Frame> twice) {
    Map<Long, Chunk> chunks =
        session.chunks().stream().collect(Collectors.toMap(Chunk::n, chunk -> chunk));
    Place place = Place.object(session.project(), session.id(), part.object());
    var suspicions = new ArrayList<Suspicion>();

    List<Long> archived = twice.stream().map(Frame::n).filter(n -> !chunks.containsKey(n)).toList();
    if (!archived.isEmpty()) {
      suspicions.add(
          Suspicion.of(
              Kind.UPLOAD_IN_TWO_OBJECTS,
              place.ofFrames(archived),
              "%s in it are in another object as well"
                  .formatted(Words.count(archived.size(), "upload"))));
    }

    Set<Long> hot =
        twice.stream()
            .map(Frame::n)
            .filter(chunks::containsKey)
            .collect(Collectors.toCollection(HashSet::new));
    if (!hot.isEmpty()) {
      Set<Long> same = same(session, recording, hot);
      hot.removeAll(same);
      if (!same.isEmpty()) {
        suspicions.add(
            Suspicion.of(
                Kind.UPLOAD_TWICE,
                place.ofFrames(same.stream().sorted().toList()),
                "%s in it are in PostgreSQL as well, byte for byte"
                    .formatted(Words.count(same.size(), "upload")),
                () -> mendings.deleteChunks(part, List.copyOf(same))));
      }
      if (!hot.isEmpty()) {
        suspicions.add(
            Suspicion.of(
                Kind.UPLOAD_TWICE,
                place.ofFrames(hot.stream().sorted().toList()),
                "%s in it are in PostgreSQL as well, with other bytes"
                    .formatted(Words.count(hot.size(), "upload"))));
      }
    }
    return suspicions;
  }

  /** Those whose lines can be read in both places, and are the same. */
  private Set<Long> same(SessionState session, ArchivedRecording recording, Set<Long> names) {
    var same = new HashSet<Long>();
    try (FrameCursor cursor = recording.cursor()) {
      boolean more = true;
      while (more) {
        try {
          Optional<FrameLines> next = cursor.next();
          more = next.isPresent();
          next.filter(frame -> names.contains(frame.frame().n()))
              .filter(frame -> isSame(session, frame))
              .ifPresent(frame -> same.add(frame.frame().n()));
        } catch (DamagedRecording e) {
          // The frames of this group are not the same; the check of the object tells of them.
        }
      }
    } catch (IOException e) {
      // What could not be read is no copy that may be counted on.
    }
    return same;
  }

  private boolean isSame(SessionState session, FrameLines archived) {
    long n = archived.frame().n();
    Optional<byte[]> payload =
        database.own(handle ->
            handle
                .createQuery(
                    """
                    select payload
                    from chunk
                    where project_id = :project and session_id = :session and id = :n
                    """)
                .bind("project", session.project())
                .bind("session", session.id())
                .bind("n", n)
                .mapTo(byte[].class)
                .findOne());
    try {
      return payload.isPresent()
          && Arrays.equals(
              PayloadReader.lines(payload.get(), Integer.MAX_VALUE - 8), archived.lines());
    } catch (DamagedPayload e) {
      return false;
    }
  }
}

package dev.backspool.transfer;

import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.transfer.EntryReader.Line;
import dev.backspool.transfer.NewSessions.SessionFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that the project does not have, gathered to be stored together. A session is there with
 * its recording or not at all, and the recording goes into the archive at once: PostgreSQL never
 * holds more of a project than its rows. One thread at a time.
 */
final class SessionBatch implements AutoCloseable {
  private static final int MOST_SESSIONS = 200;
  private static final long MOST_BYTES = 16 << 20;

  private final Database database;
  private final Delivery delivery;
  private final UUID project;
  private final List<Gathered> gathered = new ArrayList<>();
  private long bytes;

  SessionBatch(Database database, Delivery delivery, UUID project) {
    this.database = database;
    this.delivery = delivery;
    this.project = project;
  }

  private record Gathered(String entry, Line line, @Nullable PackedPart recording) {
    List<SessionFrame> frames() {
      PackedPart part = recording;
      return part == null
          ? List.of()
          : part.frames().stream()
              .map(frame -> new SessionFrame(part.part().session(), frame))
              .toList();
    }
  }

  /**
   * Adds a session.
   *
   * @param entry its name in the file
   * @param recording closed with this; null for a session without one
   */
  void add(String entry, Line line, @Nullable PackedPart recording) {
    gathered.add(new Gathered(entry, line, recording));
    bytes += line.json().length + (recording == null ? 0 : recording.object().size());
  }

  boolean isFull() {
    return gathered.size() >= MOST_SESSIONS || bytes >= MOST_BYTES;
  }

  /**
   * Stores what was gathered, and begins anew, whatever comes of it: a part may be stored.
   *
   * @throws ProjectFileException when the database refuses one of them, which it names
   * @throws NotNow when they cannot be stored now
   */
  Tally store() throws IOException {
    try {
      return store(List.copyOf(gathered));
    } finally {
      close();
    }
  }

  private Tally store(List<Gathered> some) throws IOException {
    if (some.isEmpty()) {
      return Tally.NOTHING;
    }
    try {
      return storeTogether(some);
    } catch (Transaction.Unstorable refused) {
      if (some.size() == 1) {
        throw ProjectFileException.refused(some.getFirst().entry(), refused);
      }
      int half = some.size() / 2;
      return store(some.subList(0, half)).plus(store(some.subList(half, some.size())));
    }
  }

  private Tally storeTogether(List<Gathered> some) throws IOException {
    List<Line> lines = some.stream().map(Gathered::line).toList();
    List<SessionFrame> frames = some.stream().flatMap(each -> each.frames().stream()).toList();
    List<PackedPart> parts =
        some.stream().map(Gathered::recording).filter(Objects::nonNull).toList();
    frames.stream()
        .mapToLong(each -> each.frame().n())
        .max()
        .ifPresent(highest -> Sequences.framesAbove(database, highest));
    delivery.deliver(
        parts,
        connection -> {
          if (Erased.without(connection, project, Section.SESSIONS, lines).size() < lines.size()) {
            throw new Delivery.Overtaken("A session of the file was erased meanwhile");
          }
          var sessions = new NewSessions(connection, project);
          if (sessions.add(lines) < lines.size()) {
            throw new Delivery.Overtaken("A session of the file was made meanwhile");
          }
          sessions.countParts(parts.stream().map(part -> part.part().session()).toList());
          sessions.addUploads(frames);
          return lines;
        });
    return Tally.ofSessions(lines.size(), frames.size());
  }

  /** Lets go of what is gathered. */
  @Override
  public void close() throws IOException {
    for (Gathered each : gathered) {
      PackedPart recording = each.recording();
      if (recording != null) {
        recording.close();
      }
    }
    gathered.clear();
    bytes = 0;
  }
}

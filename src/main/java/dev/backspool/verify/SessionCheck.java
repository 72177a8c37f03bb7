package dev.backspool.verify;

import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.verify.ObjectCheck.Seen;
import dev.backspool.verify.PayloadCheck.Opened;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Looks at sessions with all that they consist of. Any thread may call. */
final class SessionCheck {
  private final Database database;
  private final Mendings mendings;
  private final PayloadCheck payloads;
  private final ObjectCheck objects;
  private final Copies copies;
  private final Tally tally;
  private final boolean quick;

  SessionCheck(Database database, Archives archives, boolean quick, Tally tally) {
    this.database = database;
    this.quick = quick;
    this.tally = tally;
    mendings = new Mendings(database);
    payloads = new PayloadCheck(database, tally);
    objects = new ObjectCheck(database, archives, quick, tally);
    copies = new Copies(database, mendings);
  }

  /**
   * Looks at some sessions of a project.
   *
   * @return what looks wrong, by session; sessions that look right are not in it
   * @throws ArchiveUnavailable when the whole archive is away
   */
  Map<UUID, List<Suspicion>> look(UUID project, List<UUID> ids) throws ArchiveUnavailable {
    List<SessionState> sessions =
        database.snapshot(handle -> SessionReader.read(handle, project, ids));
    Map<UUID, Opened> opened = quick ? Map.of() : payloads.open(project, sessions);
    var suspicions = new LinkedHashMap<UUID, List<Suspicion>>();
    for (SessionState session : sessions) {
      List<Suspicion> found = look(session, opened.getOrDefault(session.id(), Opened.nothing()));
      if (!found.isEmpty()) {
        suspicions.put(session.id(), found);
      }
      tally.sessions.incrementAndGet();
    }
    return suspicions;
  }

  private List<Suspicion> look(SessionState session, Opened opened) throws ArchiveUnavailable {
    var found = new ArrayList<>(opened.suspicions());
    counts(session, found);
    var uploads = new Uploads(session, opened.events());
    for (Part part : session.parts()) {
      Seen seen = objects.look(part);
      found.addAll(seen.suspicions());
      if (seen.recording() == null) {
        uploads.unread(part);
        continue;
      }
      List<Frame> twice = uploads.add(part, seen.frames());
      if (!twice.isEmpty()) {
        found.addAll(copies.compare(session, part, seen.recording(), twice));
      }
    }
    tally.uploads.addAndGet(uploads.count());
    tally.events.addAndGet(session.tracked().events());
    boolean whole = found.stream().noneMatch(each -> isLoss(each));
    found.addAll(new UploadCheck(database, mendings, session, uploads, whole, quick).look());
    return found;
  }

  private static boolean isLoss(Suspicion suspicion) {
    return suspicion.finding().kind().severity() == Severity.LOST;
  }

  /** What the session's row counts, against the rows that there are. */
  private void counts(SessionState session, List<Suspicion> found) {
    int chunks = session.chunks().size();
    long bytes = session.chunks().stream().mapToLong(SessionState.Chunk::bytes).sum();
    Optional<Instant> first =
        session.chunks().stream().map(SessionState.Chunk::receivedAt).min(Instant::compareTo);
    Instant since = session.hotSince();
    if (session.hotChunks() != chunks
        || session.hotBytes() != bytes
        || (since == null) != first.isEmpty()
        || (since != null && first.filter(since::isAfter).isPresent())) {
      found.add(
          Suspicion.of(
              Kind.HOT_COUNT,
              session.place(),
              "Its row tells of %s with %,d bytes in PostgreSQL, since %s; there are %,d with %,d,"
                      .formatted(
                          Words.count(session.hotChunks(), "upload"),
                          session.hotBytes(),
                          since == null ? "never" : Words.time(since),
                          chunks,
                          bytes)
                  + " since "
                  + first.map(Words::time).orElse("never"),
              () -> mendings.countChunks(session.project(), session.id())));
    }
    if (session.partCount() != session.parts().size()) {
      found.add(
          Suspicion.of(
              Kind.PART_COUNT,
              session.place(),
              "Its row tells of %s; it has %,d"
                  .formatted(Words.count(session.partCount(), "object"), session.parts().size()),
              () -> mendings.countParts(session.project(), session.id())));
    }
    if (session.isLeased()) {
      found.add(
          Suspicion.of(
              Kind.LEASE_STUCK,
              session.place(),
              "It is not to be archived or merged for longer than any lease or pause lasts",
              () -> mendings.endLease(session.project(), session.id())));
    }
    if (!session.counted().equals(session.tracked()) && !session.hasExpiredEvents()) {
      found.add(events(session));
    }
  }

  /** Where there are fewer than the row counts, it may be the only one to tell of a loss. */
  private Suspicion events(SessionState session) {
    String message =
        "Its row tells of %s, %s and a revenue of %,d; there are %,d, %,d and %,d"
            .formatted(
                Words.count(session.counted().events(), "event"),
                Words.count(session.counted().screenViews(), "screen view"),
                session.counted().revenue(),
                session.tracked().events(),
                session.tracked().screenViews(),
                session.tracked().revenue());
    return session.tracked().events() < session.counted().events()
        ? Suspicion.of(Kind.EVENT_COUNT, session.place(), message)
            .withAdvice(
                "Events may be lost: compare with a backup of the database. If they were deleted on"
                    + " purpose, set session.tracked_count right.")
        : Suspicion.of(
            Kind.EVENT_COUNT,
            session.place(),
            message,
            () -> mendings.countEvents(session.project(), session.id()));
  }
}

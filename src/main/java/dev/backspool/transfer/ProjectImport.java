package dev.backspool.transfer;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.erasure.Erasures;
import dev.backspool.eventday.DayFiles;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Playback;
import dev.backspool.transfer.EntryReader.Entry;
import dev.backspool.transfer.EntryReader.Line;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Stores the entries of a project file. Each comes whole or not at all, a session with its
 * recording, and what the project has already it is not given twice: after any end an import is
 * simply run again. Recordings go straight into the archive. Threads may share one.
 */
public final class ProjectImport {
  private static final int TRIES = 10;

  private final Database database;
  private final Projects projects;
  private final Playback playback;
  private final Archives archives;
  private final PartPacker packer;
  private final EventDays eventDays;
  private final ErasedBefore erasedBefore;
  private final DayFiles days;

  /**
   * How recordings are stored.
   *
   * @param archives where they go
   * @param encrypted whether they are encrypted there
   * @param spools where they lie on the way
   */
  public record Storing(Archives archives, DataKeys keys, boolean encrypted, Spools spools) {}

  /**
   * Stores nothing yet.
   *
   * @param erasures erases whom a file tells was erased
   */
  public ProjectImport(
      Database database, Projects projects, Playback playback, Storing storing, Erasures erasures) {
    this.database = database;
    this.projects = projects;
    this.playback = playback;
    this.archives = storing.archives();
    this.packer = new PartPacker(storing.keys(), storing.encrypted(), storing.spools());
    this.eventDays = new EventDays(database);
    this.days = new DayFiles(storing.archives(), storing.keys());
    this.erasedBefore = new ErasedBefore(database, erasures);
  }

  /** Hears of what is stored, once it is. */
  @FunctionalInterface
  public interface Heard {
    /** Does nothing. */
    Heard NOTHING = (_, _) -> {};

    /**
     * More is stored.
     *
     * @param soFar all of it
     * @param position in the file
     */
    void stored(Tally soFar, long position);
  }

  /**
   * The project that a file goes to, made where it is not there: under its own id and, where the
   * file has them and nobody here uses them, with its own keys.
   *
   * @param nameOrId of another project than the file's own; null for that one
   * @throws ProjectFileException when it is not clear which, or the archive is another
   *     installation's that has the project
   * @throws NotNow when that cannot be said at the moment; ask again
   */
  public Destination destination(ProjectHead head, @Nullable String nameOrId) throws IOException {
    return Destination.of(projects, head, nameOrId, this::requireArchiveOfItsOwn);
  }

  /**
   * Objects are named after projects, not installations: of two that have one project in one
   * archive, each would take the other's recordings for leftovers and delete them.
   */
  private void requireArchiveOfItsOwn(UUID project) throws IOException {
    if (!hasRecordings(archives.holding(false), project)
        && !hasRecordings(archives.holding(true), project)) {
      return;
    }
    if (isBeingDeleted(project)) {
      throw new NotNow("The recordings of this project, which was deleted here, are still going");
    }
    throw new ProjectFileException(
        "The archive holds recordings of this project already: give this installation an archive"
            + " address of its own");
  }

  private static boolean hasRecordings(Archive archive, UUID project) throws NotNow {
    try {
      return !archive.list(project.toString()).next().isEmpty();
    } catch (ArchiveUnavailable away) {
      throw new NotNow("The archive does not answer: " + away.getMessage(), away);
    }
  }

  private boolean isBeingDeleted(UUID project) {
    return database.write(handle ->
        handle
            .createQuery("select exists (select from doomed_object where project_id = :project)")
            .bind("project", project)
            .mapTo(Boolean.class)
            .one());
  }

  /**
   * Stores entries: those of a whole file, or some of one in the same order, a session's together
   * with those of its recording. A manifest among them is passed over: who sends them has compared.
   *
   * @param file closed when all is stored
   * @throws ProjectFileException when an entry is not what it should be; names it, and those before
   *     are stored
   * @throws NotNow when the archive is away or a session goes on at this moment; ask again
   */
  public Tally take(UUID project, InputStream file, Heard heard) throws IOException {
    try (var run = new Run(project, file, heard)) {
      return run.take();
    }
  }

  /** One import, entry by entry. */
  private final class Run implements AutoCloseable {
    private final UUID project;
    private final EntryReader entries;
    private final Heard heard;
    private final Delivery delivery = new Delivery(database, archives);
    private final SessionBatch batch;
    private final KnownDays known = new KnownDays(database, days);
    private final SessionCompletion completion =
        new SessionCompletion(database, playback, packer, delivery);
    private Tally tally = Tally.NOTHING;

    Run(UUID project, InputStream file, Heard heard) {
      this.project = project;
      this.entries = new EntryReader(file);
      this.heard = heard;
      batch = new SessionBatch(database, delivery, project);
    }

    Tally take() throws IOException {
      try {
        takeAll();
      } catch (ProjectFileException wrong) {
        storeBatch(); // What came before it is whole.
        throw wrong;
      }
      storeBatch();
      return tally;
    }

    private void takeAll() throws IOException {
      for (Optional<Entry> entry = entries.next(); entry.isPresent(); entry = entries.next()) {
        String name = entry.get().name();
        Optional<Section> section = Section.of(name);
        if (section.isPresent() && section.get() == Section.SESSIONS) {
          takeSession(name);
          if (batch.isFull()) {
            storeBatch();
          }
        } else if (section.isPresent()) {
          storeBatch();
          takeRows(section.get(), name);
        } else if (RecordingEntries.isOne(name)) {
          throw new ProjectFileException(name + " does not follow its session");
        }
        heard.stored(tally, entries.entry().end());
      }
    }

    private void storeBatch() throws IOException {
      tally = tally.plus(batch.store());
    }

    private void takeRows(Section section, String name) throws IOException {
      List<Line> lines = entries.lines();
      try {
        tally =
            tally.plus(
                section == Section.EVENTS
                    ? takeEvents(name, lines)
                    : Transaction.run(
                        database, connection -> NewRows.add(connection, project, section, lines)));
      } catch (Transaction.Unstorable refused) {
        throw ProjectFileException.refused(name, refused);
      }
      if (section == Section.ERASURES) {
        erasedBefore.erase(project);
      }
    }

    /** Days may leave PostgreSQL between two looks; hardly ever more than one. */
    private Tally takeEvents(String name, List<Line> lines) throws IOException {
      prepareEvents(name, lines);
      for (int tries = 1; tries <= TRIES; tries++) {
        eventDays.make(name);
        try {
          KnownDays.Found found = look(lines);
          return Transaction.run(
              database, connection -> NewRows.addEvents(connection, project, lines, found));
        } catch (KnownDays.Changed _) {
          // Another look tells.
        }
      }
      throw new NotNow("Archived events of the project change all the time");
    }

    private KnownDays.Found look(List<Line> lines) throws NotNow {
      try {
        return known.look(project, lines);
      } catch (IOException unreadable) {
        throw new NotNow(
            "Archived events of the project cannot be read: " + unreadable.getMessage(),
            unreadable);
      }
    }

    private void takeSession(String name) throws IOException {
      List<Line> lines = entries.lines();
      String id = lines.size() == 1 ? lines.getFirst().object().path("id").asString("") : "";
      if (!name.equals(Section.SESSIONS.entry(id, 0))) {
        throw new ProjectFileException(name + " does not hold the session that it is named after");
      }
      Line line = lines.getFirst();
      UUID session = uuid(id, name);
      SessionState state = SessionState.of(line.object(), name);
      int frames = line.object().path("frames").asInt(0);
      if (isErased(lines)) {
        tally = tally.plus(Tally.ofErased(1));
        passOver(id, frames);
        return;
      }
      Optional<SessionState> known = SessionState.stored(database, project, session);
      if (known.isEmpty()) {
        batch.add(name, line, frames == 0 ? null : pack(session, frames));
      } else if (known.get().equals(state)) {
        tally = tally.plus(Tally.ofKnown());
        passOver(id, frames);
      } else {
        storeBatch();
        tally = tally.plus(complete(session, known.get(), state, line, frames));
      }
    }

    private static UUID uuid(String id, String entry) throws ProjectFileException {
      try {
        return UUID.fromString(id);
      } catch (IllegalArgumentException e) {
        throw new ProjectFileException(entry + " has an id that is none", e);
      }
    }

    private boolean isErased(List<Line> session) {
      return Transaction.run(
              database,
              connection -> Erased.without(connection, project, Section.SESSIONS, session))
          .isEmpty();
    }

    private void passOver(String session, int frames) throws IOException {
      if (frames > 0) {
        goTo(RecordingEntries.framesOf(session));
        goTo(RecordingEntries.linesOf(session));
      }
    }

    private void goTo(String wanted) throws IOException {
      String name = entries.next().map(Entry::name).orElse("the end");
      if (!name.equals(wanted)) {
        throw new ProjectFileException("%s is missing: %s is in its place".formatted(wanted, name));
      }
    }

    private PackedPart pack(UUID session, int count) throws IOException {
      List<FrameLine> frames = frames(session, count);
      try (var lines = new FrameSplitter(entries.entry().name(), entries)) {
        return packer.pack(project, session, frames, lines, PartPacker.ALL);
      }
    }

    /** Reads a session's frames, and goes to their events. */
    private List<FrameLine> frames(UUID session, int count) throws IOException {
      goTo(RecordingEntries.framesOf(session.toString()));
      List<FrameLine> frames = FrameLine.all(entries, count);
      goTo(RecordingEntries.linesOf(session.toString()));
      return frames;
    }

    private Tally complete(
        UUID session, SessionState known, SessionState state, Line line, int count)
        throws IOException {
      if (count == 0) {
        return completion.complete(project, session, known, state, line);
      }
      List<FrameLine> frames = frames(session, count);
      try (var lines = new FrameSplitter(entries.entry().name(), entries)) {
        return completion.complete(project, session, known, state, line, frames, lines);
      }
    }

    @Override
    public void close() throws IOException {
      delivery.close();
      batch.close();
      entries.close();
    }
  }

  /** Sees to it that the events' numbers stay theirs. */
  private void prepareEvents(String name, List<Line> lines) throws IOException {
    long highest = 0;
    for (Line line : lines) {
      long id = line.object().path("id").asLong(-1);
      if (id < 0 || id > Sequences.MOST) {
        throw new ProjectFileException(
            name + " has an event with the id " + line.object().path("id"));
      }
      highest = Math.max(highest, id);
    }
    Sequences.eventsAbove(database, highest);
  }
}

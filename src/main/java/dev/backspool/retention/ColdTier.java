package dev.backspool.retention;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.PlannedObjects;
import dev.backspool.ingest.Transaction;
import dev.backspool.recording.Archives;
import dev.backspool.recording.Part;
import dev.backspool.recording.Parts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Moves parts of recordings to the cold tier: the bucket's own, or another archive.
 *
 * <p>Between two archives, a copy is planned before it is made, as an object to be deleted in an
 * hour; the transaction that says where the part is from now on takes this back and has the other
 * object deleted. So a crash leaves no object that nothing names. Playback that has begun goes on
 * for the ten minutes that the other object still has.
 */
final class ColdTier {
  private static final String STEP = "cold";
  private static final int AT_ONCE = 64;
  private static final int COPIES = 8;
  private static final String PREFIX = "cold-";

  /** Well above the time that a copy takes. */
  private static final Duration PLANNED = Duration.ofHours(1);

  /** For playback that has begun. */
  private static final Duration LINGERS = Duration.ofMinutes(10);

  private final Work work;
  private final ProjectRun run;
  private final Archives archives;
  private final Path folder;
  private final InstantSource clock;

  /**
   * Moves nothing yet.
   *
   * @param folder where objects lie while they pass
   */
  ColdTier(Work work, ProjectRun run, Archives archives, Path folder, InstantSource clock) {
    this.work = work;
    this.run = run;
    this.archives = archives;
    this.folder = folder;
    this.clock = clock;
  }

  /** Moves what is due. An archive that is away ends it: the rest is moved by another run. */
  void move() {
    if (run.terms().coldBefore().equals(Terms.NEVER)) {
      return;
    }
    long total = work.read(this::count);
    long done = 0;
    @Nullable Part last = null;
    while (true) {
      work.progress(run.project(), STEP, done, total);
      @Nullable Part after = last;
      List<Part> parts = work.read(handle -> next(handle, after));
      if (parts.isEmpty() || !move(parts)) {
        return;
      }
      done += parts.size();
      last = parts.getLast();
    }
  }

  /** Deletes files of copies whose process died; before anything is copied. */
  static void removeLeftovers(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException _) {
      // They only take room, and the next start tries again.
    }
  }

  private long count(Handle handle) {
    return run.terms()
        .bind(
            handle.createQuery(
                "select count(*) from recording_part where project_id = :project and "
                    + Expired.WARM_PART))
        .mapTo(Long.class)
        .one();
  }

  private List<Part> next(Handle handle, @Nullable Part after) {
    return run.terms()
        .bind(
            handle.createQuery(
                """
                select * from recording_part
                where project_id = :project and %s and (last_at, object) > (:after, :object)
                order by last_at, object
                limit :most
                """
                    .formatted(Expired.WARM_PART)))
        .bind("after", (after == null ? Terms.NEVER : after.lastAt()).atOffset(ZoneOffset.UTC))
        .bind("object", after == null ? "" : after.object())
        .bind("most", AT_ONCE)
        .map((row, _) -> Parts.part(row))
        .list();
  }

  private boolean move(List<Part> parts) {
    Archive cold = archives.cold();
    if (cold == null) {
      return moveWithin(parts);
    }
    Set<ObjectKey> planned = plan(parts);
    var moved = new ArrayList<Part>();
    boolean available =
        forEach(
            parts.stream().filter(part -> planned.contains(part.key())).toList(),
            part -> copy(part, cold),
            moved);
    work.witness("after copies");
    work.remove(run, handle -> record(handle, moved));
    return available;
  }

  private boolean moveWithin(List<Part> parts) {
    var moved = new ArrayList<Part>();
    boolean available = forEach(parts, part -> archives.main().moveToColdTier(part.key()), moved);
    work.witness("after moves");
    work.remove(
        run,
        handle -> {
          Set<String> there = lockThere(handle, parts);
          abandon(handle, parts, there);
          return Removed.movedToCold(setCold(handle, moved));
        });
    return available;
  }

  /**
   * Does something for some parts at a time.
   *
   * @param each tells whether the part has moved
   * @param moved gets those for which it did
   * @return false when the archive is away
   */
  private boolean forEach(List<Part> parts, Move each, List<Part> moved) {
    var slots = new Semaphore(COPIES);
    var moves = new LinkedHashMap<Part, Future<Boolean>>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Part part : parts) {
        moves.put(part, threads.submit(inSlot(slots, () -> each.apply(part))));
      }
    }
    boolean available = true;
    for (Map.Entry<Part, Future<Boolean>> move : moves.entrySet()) {
      Part part = move.getKey();
      try {
        if (move.getValue().get()) {
          moved.add(part);
        }
      } catch (InterruptedException ends) {
        Thread.currentThread().interrupt();
        return false;
      } catch (ExecutionException failure) {
        Exception why = failure.getCause() instanceof Exception cause ? cause : failure;
        run.fail("Object " + part.object() + " could not be moved", why);
        available &= !(why instanceof ArchiveUnavailable);
      }
    }
    return available;
  }

  /** Moves a part's object. */
  private interface Move {
    boolean apply(Part part) throws ArchiveFailure, IOException;
  }

  private static Callable<Boolean> inSlot(Semaphore slots, Callable<Boolean> task) {
    return () -> {
      slots.acquire();
      try {
        return task.call();
      } finally {
        slots.release();
      }
    };
  }

  /** Parts whose last copy is being deleted at this moment are left for another run. */
  private Set<ObjectKey> plan(List<Part> parts) {
    Set<ObjectKey> planned =
        work.write(handle ->
            on(
                handle,
                connection ->
                    PlannedObjects.plan(
                        connection, keys(parts), true, clock.instant().plus(PLANNED))));
    work.witness("after a plan");
    return planned;
  }

  private static List<ObjectKey> keys(List<Part> parts) {
    return parts.stream().map(Part::key).toList();
  }

  private boolean copy(Part part, Archive cold) throws ArchiveFailure, IOException {
    Files.createDirectories(folder);
    Path file = Files.createTempFile(folder, PREFIX, ".bksp");
    try {
      long size;
      try (OutputStream out = Files.newOutputStream(file)) {
        size = archives.main().get(part.key(), out);
      }
      if (size != part.bytes()) {
        throw new IOException("it has " + size + " bytes instead of " + part.bytes());
      }
      cold.put(part.key(), file);
      return true;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Only parts that are still there, with a copy that nobody has begun to delete. */
  private Removed record(Handle handle, List<Part> copied) {
    Set<String> there = lockThere(handle, copied);
    List<Part> kept = copied.stream().filter(part -> there.contains(part.object())).toList();
    Set<ObjectKey> safe =
        on(handle, connection -> PlannedObjects.spend(connection, keys(kept), true));
    List<Part> moved = kept.stream().filter(part -> safe.contains(part.key())).toList();
    abandon(handle, copied, there);
    setCold(handle, moved);
    doom(handle, moved);
    return Removed.movedToCold(moved.size());
  }

  /** Those of the objects that parts still name, which nobody takes away until the commit. */
  private Set<String> lockThere(Handle handle, List<Part> parts) {
    return handle
        .createQuery(
            """
            select object from recording_part
            where project_id = :project and object = any(:objects) and not cold
            order by object
            for update
            """)
        .bind("project", run.project())
        .bindArray("objects", String.class, objects(parts))
        .mapTo(String.class)
        .set();
  }

  /**
   * A copy may have ended after its recording was erased, and the object deleted: it goes again.
   */
  private void abandon(Handle handle, List<Part> copied, Set<String> there) {
    List<Part> unwanted = copied.stream().filter(part -> !there.contains(part.object())).toList();
    on(
        handle,
        connection -> {
          PlannedObjects.abandon(connection, keys(unwanted), true, clock.instant());
          return unwanted.size();
        });
  }

  /** The objects that the copies take the place of. */
  private void doom(Handle handle, List<Part> moved) {
    handle
        .createUpdate(
            """
            insert into doomed_object (project_id, object, session_id, reason, not_before, cold)
            select :project, object, session_id, 'moved', :not_before, false
            from unnest(:objects, :sessions) as moved (object, session_id)
            on conflict (project_id, object, cold) do update set
              session_id = excluded.session_id,
              reason = excluded.reason,
              not_before = excluded.not_before
            """)
        .bind("project", run.project())
        .bind("not_before", clock.instant().plus(LINGERS).atOffset(ZoneOffset.UTC))
        .bindArray("objects", String.class, objects(moved))
        .bindArray("sessions", UUID.class, moved.stream().map(Part::session).toList())
        .execute();
  }

  private static <T> T on(Handle handle, Transaction.Work<T> work) {
    try {
      return work.in(handle.getConnection());
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static List<String> objects(List<Part> parts) {
    return parts.stream().map(Part::object).toList();
  }

  private int setCold(Handle handle, List<Part> parts) {
    return handle
        .createUpdate(
            """
            update recording_part set cold = true
            where project_id = :project and object = any(:objects) and not cold
            """)
        .bind("project", run.project())
        .bindArray("objects", String.class, objects(parts))
        .execute();
  }
}

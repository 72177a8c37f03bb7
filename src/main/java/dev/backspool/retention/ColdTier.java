package dev.backspool.retention;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.recording.Archives;
import dev.backspool.recording.Part;
import dev.backspool.recording.Parts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    removeLeftovers(folder);
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

  /** Files of a copy whose process died. */
  private static void removeLeftovers(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException _) {
      // They only take room, and the next run tries again.
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
    Set<String> planned = plan(parts);
    var moved = new ArrayList<String>();
    boolean available =
        forEach(
            parts.stream().filter(part -> planned.contains(part.object())).toList(),
            part -> copy(part, cold),
            moved);
    work.witness("after copies");
    work.remove(run, handle -> record(handle, moved));
    return available;
  }

  private boolean moveWithin(List<Part> parts) {
    var moved = new ArrayList<String>();
    boolean available = forEach(parts, part -> archives.main().moveToColdTier(part.key()), moved);
    work.witness("after moves");
    work.remove(run, handle -> Removed.movedToCold(setCold(handle, moved)));
    return available;
  }

  /**
   * Does something for some parts at a time.
   *
   * @param each tells whether the part has moved
   * @param moved gets the objects for which it did
   * @return false when the archive is away
   */
  private boolean forEach(List<Part> parts, Move each, List<String> moved) {
    var slots = new Semaphore(COPIES);
    var moves = new LinkedHashMap<Part, Future<Boolean>>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Part part : parts) {
        moves.put(part, threads.submit(inSlot(slots, () -> each.apply(part))));
      }
    }
    boolean available = true;
    for (Map.Entry<Part, Future<Boolean>> move : moves.entrySet()) {
      String object = move.getKey().object();
      try {
        if (move.getValue().get()) {
          moved.add(object);
        }
      } catch (InterruptedException ends) {
        Thread.currentThread().interrupt();
        return false;
      } catch (ExecutionException failure) {
        Exception why = failure.getCause() instanceof Exception cause ? cause : failure;
        run.fail("Object " + object + " could not be moved", why);
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
  private Set<String> plan(List<Part> parts) {
    var planned = new HashSet<String>();
    work.write(handle -> {
      planned.addAll(
          handle
              .createQuery(
                  """
                  insert into doomed_object (project_id, object, reason, not_before, cold)
                  select :project, object, 'planned', :not_before, true
                  from unnest(:objects) as object
                  on conflict (project_id, object, cold) do update set
                    reason = excluded.reason, not_before = excluded.not_before
                  where not doomed_object.deleting
                  returning object
                  """)
              .bind("project", run.project())
              .bind("not_before", in(PLANNED))
              .bindArray("objects", String.class, parts.stream().map(Part::object).toList())
              .mapTo(String.class)
              .list());
      return planned.size();
    });
    work.witness("after a plan");
    return planned;
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
  private Removed record(Handle handle, List<String> copied) {
    List<String> there =
        handle
            .createQuery(
                """
                select object from recording_part
                where project_id = :project and object = any(:objects) and not cold
                order by object
                for update
                """)
            .bind("project", run.project())
            .bindArray("objects", String.class, copied)
            .mapTo(String.class)
            .list();
    List<String> safe =
        handle
            .createQuery(
                """
                delete from doomed_object
                where project_id = :project and object = any(:objects) and cold and not deleting
                returning object
                """)
            .bind("project", run.project())
            .bindArray("objects", String.class, there)
            .mapTo(String.class)
            .list();
    int moved = setCold(handle, safe);
    handle
        .createUpdate(
            """
            insert into doomed_object (project_id, object, reason, not_before, cold)
            select :project, object, 'moved', :not_before, false
            from unnest(:objects) as object
            on conflict (project_id, object, cold) do update set
              reason = excluded.reason, not_before = excluded.not_before
            """)
        .bind("project", run.project())
        .bind("not_before", in(LINGERS))
        .bindArray("objects", String.class, safe)
        .execute();
    return Removed.movedToCold(moved);
  }

  private OffsetDateTime in(Duration time) {
    return clock.instant().plus(time).atOffset(ZoneOffset.UTC);
  }

  private int setCold(Handle handle, List<String> objects) {
    return handle
        .createUpdate(
            """
            update recording_part set cold = true
            where project_id = :project and object = any(:objects) and not cold
            """)
        .bind("project", run.project())
        .bindArray("objects", String.class, objects)
        .execute();
  }
}

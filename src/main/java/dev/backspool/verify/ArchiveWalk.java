package dev.backspool.verify;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.Listing;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.StoredObject;
import dev.backspool.eventday.EventDay;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.recording.Frame;
import dev.backspool.recording.file.ArchivedRecording;
import dev.backspool.recording.file.DamagedRecording;
import dev.backspool.recording.file.RangeSource;
import dev.backspool.recording.file.ReadAhead;
import dev.backspool.verify.Finding.Place;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the archive for objects that no row names. Whoever puts an object names it first, so
 * there are none unless rows were lost: by hand, or because the database is an older copy. That is
 * why only such objects are deleted as cannot be the last copy of anything, and none at all when
 * there are many. Of an encrypted one nobody can tell: a newer copy of the database may hold its
 * key. Objects of projects that the database does not know may be another installation's, under the
 * same address: they are passed over.
 */
final class ArchiveWalk {
  /** Younger objects may have been put by a server that is older than this rule. */
  private static final Duration YOUNG = Duration.ofDays(1);

  /** So many may be deleted, however few others there are. */
  private static final int FEW = 20;

  /** More of all objects than one in so many are not deleted. */
  private static final int MOST_SHARE = 10;

  /** More are not held: they are too many to be deleted anyway. */
  private static final int MOST_HELD = 50_000;

  private final Database database;
  private final Archives archives;
  private final DoomedCheck doomed;
  private final SessionCheck sessions;
  private final @Nullable UUID only;
  private final Tally tally;

  ArchiveWalk(
      Database database,
      Archives archives,
      DoomedCheck doomed,
      SessionCheck sessions,
      @Nullable UUID only,
      Tally tally) {
    this.database = database;
    this.archives = archives;
    this.doomed = doomed;
    this.sessions = sessions;
    this.only = only;
    this.tally = tally;
  }

  private record Orphan(StoredObject stored, boolean cold) {
    ObjectKey key() {
      return stored.key();
    }

    Place place() {
      return Place.object(key().project(), null, key().name());
    }
  }

  /** Asked between pages whether to go on. */
  interface Pause {
    void orEnd() throws ArchiveUnavailable, InterruptedException;
  }

  /** Goes through the archive, and the cold one where there is one. */
  void walk(ReferenceCheck.Seen seen, Pause pause) throws ArchiveUnavailable, InterruptedException {
    walk(false, seen, pause);
    if (archives.cold() != null) {
      walk(true, seen, pause);
    }
  }

  private void walk(boolean cold, ReferenceCheck.Seen seen, Pause pause)
      throws ArchiveUnavailable, InterruptedException {
    Archive archive = archives.holding(cold);
    Listing listing = archive.list(only == null ? "" : only.toString());
    Instant young = Instant.now().minus(YOUNG);
    var orphans = new ArrayList<Orphan>();
    long listed = 0;
    for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
      listed += page.size();
      tally.listed.addAndGet(page.size());
      tally.done(page.size());
      List<Orphan> old =
          page.stream()
              .filter(stored -> stored.modified().isBefore(young))
              .map(stored -> new Orphan(stored, cold))
              .toList();
      Set<ObjectKey> unnamed = unnamed(old.stream().map(Orphan::key).toList(), cold);
      old.stream().filter(each -> unnamed.contains(each.key())).forEach(orphans::add);
      erased(page.stream().map(StoredObject::key).toList(), cold)
          .forEach(key -> seen.add(() -> lookErased(key, cold), List.of(erased(key, cold))));
      if (orphans.size() > MOST_HELD) {
        break;
      }
      pause.orEnd();
    }
    boolean tooMany =
        orphans.size() > MOST_HELD || orphans.size() > Math.max(FEW, listed / MOST_SHARE);
    for (Orphan orphan : orphans) {
      seen.add(() -> look(orphan, tooMany), List.of(suspicion(orphan, true)));
      pause.orEnd();
    }
  }

  /** Those that no row and no deletion names, of projects that there are. */
  private Set<ObjectKey> unnamed(List<ObjectKey> keys, boolean cold) {
    if (keys.isEmpty()) {
      return Set.of();
    }
    return database.snapshot(handle ->
        new HashSet<>(
            handle
                .createQuery(
                    """
                    select project_id, object
                    from unnest(cast(:projects as uuid[]), cast(:objects as text[]))
                      as listed (project_id, object)
                    join project on project.id = listed.project_id
                    where not exists (
                        select from named_object part
                        where part.project_id = listed.project_id and part.object = listed.object
                          and (part.cold = :cold or :one_archive))
                      and not exists (
                        select from doomed_object doomed
                        where doomed.project_id = listed.project_id
                          and doomed.object = listed.object
                          and (doomed.cold = :cold or :one_archive))
                      and not exists (
                        select from erasure_object
                        where erasure_object.project_id = listed.project_id
                          and erasure_object.object = listed.object)
                    """)
                .bindArray("projects", UUID.class, keys.stream().map(ObjectKey::project).toList())
                .bindArray("objects", String.class, keys.stream().map(ObjectKey::name).toList())
                .bind("cold", cold)
                .bind("one_archive", archives.cold() == null)
                .map((row, _) -> new ObjectKey(row.getObject(1, UUID.class), row.getString(2)))
                .list()));
  }

  /**
   * Those that an erasure has removed, as its receipt says. What was recorded again since then,
   * once the erasure was lifted, may have the same name.
   */
  private Set<ObjectKey> erased(List<ObjectKey> keys, boolean cold) {
    return database.snapshot(handle ->
        new HashSet<>(
            handle
                .createQuery(
                    """
                    select distinct listed.project_id, listed.object
                    from unnest(cast(:projects as uuid[]), cast(:objects as text[]))
                      as listed (project_id, object)
                    join erasure_object on erasure_object.project_id = listed.project_id
                      and erasure_object.object = listed.object
                    join erasure on erasure.project_id = erasure_object.project_id
                      and erasure.id = erasure_object.erasure_id
                    where objects_removed_at is not null
                      and not exists (
                        select from doomed_object doomed
                        where doomed.project_id = listed.project_id
                          and doomed.object = listed.object
                          and (doomed.cold = :cold or :one_archive))
                      and not exists (
                        select from named_object part
                        where part.project_id = listed.project_id and part.object = listed.object
                          and (part.cold = :cold or :one_archive))
                    """)
                .bindArray("projects", UUID.class, keys.stream().map(ObjectKey::project).toList())
                .bindArray("objects", String.class, keys.stream().map(ObjectKey::name).toList())
                .bind("cold", cold)
                .bind("one_archive", archives.cold() == null)
                .map((row, _) -> new ObjectKey(row.getObject(1, UUID.class), row.getString(2)))
                .list()));
  }

  private List<Suspicion> lookErased(ObjectKey key, boolean cold) throws ArchiveUnavailable {
    return erased(List.of(key), cold).isEmpty() || archives.holding(cold).find(key).isEmpty()
        ? List.of()
        : List.of(erased(key, cold));
  }

  private Suspicion erased(ObjectKey key, boolean cold) {
    return Suspicion.of(
        Kind.ERASED_OBJECT_THERE,
        Place.object(key.project(), null, key.name()),
        "The receipt of an erasure says that the object is gone, and it is there",
        () -> doomed.deleteOrphan(key, cold));
  }

  private List<Suspicion> look(Orphan orphan, boolean tooMany) throws ArchiveUnavailable {
    if (unnamed(List.of(orphan.key()), orphan.cold()).isEmpty()
        || archives.holding(orphan.cold()).find(orphan.key()).isEmpty()) {
      return List.of();
    }
    return List.of(suspicion(orphan, tooMany));
  }

  private Suspicion suspicion(Orphan orphan, boolean tooMany) {
    String message =
        "No row names the object, of %,d bytes, stored %s"
            .formatted(orphan.stored().size(), Words.time(orphan.stored().modified()));
    Suspicion suspicion =
        Suspicion.of(
            Kind.OBJECT_ORPHANED,
            orphan.place(),
            message,
            () -> {
              if (isSpare(orphan)) {
                doomed.deleteOrphan(orphan.key(), orphan.cold());
              }
            });
    return tooMany
        ? Suspicion.of(Kind.OBJECT_ORPHANED, orphan.place(), message)
            .withAdvice(
                "So many of the archive's objects are named by no row that the database may be an"
                    + " older copy: none is deleted. Restore the newer one; or delete them by hand.")
        : suspicion;
  }

  /**
   * Whether an object can be deleted and nothing is lost by it: it is neither a recording nor a day
   * of events; or it is a recording that can be read, and each of its uploads belongs to a session
   * that was deleted, or that has all its uploads without it.
   */
  private boolean isSpare(Orphan orphan) throws ArchiveFailure, IOException {
    if (EventDay.isOne(orphan.key())) {
      return false;
    }
    UUID project = orphan.key().project();
    RangeSource source = source(orphan);
    boolean encrypted;
    try {
      encrypted = ArchivedRecording.isEncrypted(source);
    } catch (DamagedRecording e) {
      return true;
    }
    if (encrypted) {
      return false;
    }
    List<Frame> frames = ArchivedRecording.open(source, null, new ReadAhead(0)).frames();
    Optional<Set<UUID>> sessionsOf = sessions(project, frames);
    if (sessionsOf.isEmpty()) {
      return false;
    }
    Map<UUID, List<Suspicion>> suspicions = sessions.look(project, List.copyOf(sessionsOf.get()));
    return suspicions.values().stream()
        .flatMap(List::stream)
        .noneMatch(each -> each.finding().kind().severity() == Severity.LOST);
  }

  /** The sessions that the uploads went to; empty when that is not known of all of them. */
  private Optional<Set<UUID>> sessions(UUID project, List<Frame> frames) {
    Set<String> batches = frames.stream().map(Frame::batchId).collect(Collectors.toSet());
    Map<String, UUID> answered =
        database.snapshot(handle ->
            handle
                .createQuery(
                    """
                    select batch_id, session_id
                    from receipt
                    where project_id = :project and batch_id = any(:batches)
                    """)
                .bind("project", project)
                .bindArray("batches", String.class, List.copyOf(batches))
                .map((row, _) -> Map.entry(row.getString(1), row.getObject(2, UUID.class)))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    return answered.keySet().containsAll(batches)
        ? Optional.of(Set.copyOf(answered.values()))
        : Optional.empty();
  }

  private RangeSource source(Orphan orphan) {
    Archive holder = archives.holding(orphan.cold());
    return new RangeSource() {
      @Override
      public byte[] read(long from, int length) throws IOException {
        try {
          return holder.get(orphan.key(), from, length);
        } catch (ArchiveFailure failure) {
          throw new IOException(failure);
        }
      }

      @Override
      public long size() {
        return orphan.stored().size();
      }
    };
  }
}

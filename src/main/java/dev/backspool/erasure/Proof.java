package dev.backspool.erasure;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ObjectKey;
import dev.backspool.postgres.Database;
import dev.backspool.recording.Archives;
import dev.backspool.session.Mark;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Proves receipts: no row names what was erased, and no object of it is left. Whom a receipt is
 * about it does not tell, so every name in the project's rows is hashed and held against it.
 * Receipts whose tombstones were lifted prove nothing any more, as the same names may have come
 * again; those of erasures that still go on prove nothing yet.
 */
public final class Proof {
  private static final int ROWS_AT_ONCE = 10_000;

  private final Database database;
  private final Archives archives;

  public Proof(Database database, Archives archives) {
    this.database = database;
    this.archives = archives;
  }

  /**
   * Something that should be gone.
   *
   * @param erasure whose receipt says so
   * @param what is there all the same, for example {@code a row of event} or an object's name
   */
  public record Flaw(UUID erasure, String what) {}

  /** Where names stand. The query gives those of a project, once each. */
  private enum Names {
    SESSIONS("session", Mark.Kind.SESSION, "select id::text from session where project_id = ?"),
    SESSIONS_OF_TABS("tab", Mark.Kind.SESSION, ofSessions("tab")),
    SESSIONS_OF_PAGES("page", Mark.Kind.SESSION, ofSessions("page")),
    SESSIONS_OF_CHUNKS("chunk", Mark.Kind.SESSION, ofSessions("chunk")),
    SESSIONS_OF_EVENTS("event", Mark.Kind.SESSION, ofSessions("event")),
    SESSIONS_OF_RECEIPTS("receipt", Mark.Kind.SESSION, ofSessions("receipt")),
    SESSIONS_OF_OPENERS("open_session", Mark.Kind.SESSION, ofSessions("open_session")),
    SESSIONS_OF_PARTS("recording_part", Mark.Kind.SESSION, ofSessions("recording_part")),
    OPENERS(
        "open_session", Mark.Kind.OPENER, "select opener from open_session where project_id = ?"),
    OPENERS_OF_SESSIONS(
        "session",
        Mark.Kind.OPENER,
        "select distinct opener from session where project_id = ? and opener is not null"),
    TABS("tab", Mark.Kind.TAB, "select distinct id from tab where project_id = ?"),
    PROFILES("profile", Mark.Kind.PROFILE, "select id from profile where project_id = ?"),
    PROFILES_OF_SESSIONS("session", Mark.Kind.PROFILE, ofProfiles("session")),
    PROFILES_OF_EVENTS("event", Mark.Kind.PROFILE, ofProfiles("event")),
    EXCLUDED_PROFILES(
        "project", Mark.Kind.PROFILE, "select unnest(excluded_profiles) from project where id = ?");

    private final String table;
    private final Mark.Kind kind;
    private final String query;

    Names(String table, Mark.Kind kind, String query) {
      this.table = table;
      this.kind = kind;
      this.query = query;
    }

    private static String ofSessions(String table) {
      return "select distinct session_id::text from "
          + table
          + " where project_id = ? and session_id is not null";
    }

    private static String ofProfiles(String table) {
      return "select distinct profile_id from "
          + table
          + " where project_id = ? and profile_id is not null";
    }
  }

  /**
   * Goes over all rows and receipts of a project.
   *
   * @return what contradicts a receipt; empty when all of them hold
   * @throws ArchiveUnavailable when objects cannot be looked for now
   */
  public List<Flaw> flaws(UUID project) throws ArchiveUnavailable {
    var flaws = new ArrayList<>(database.own(handle -> rows(handle, project)));
    for (Flaw listed : database.own(handle -> objects(handle, project))) {
      if (isStored(new ObjectKey(project, listed.what()))) {
        flaws.add(listed);
      }
    }
    return flaws;
  }

  private static List<Flaw> rows(Handle handle, UUID project) {
    var flaws = new ArrayList<Flaw>();
    Map<ByteBuffer, UUID> erased = new HashMap<>();
    handle
        .createQuery(
            """
            select mark, erasure_id from tombstone
            join erasure on erasure.project_id = tombstone.project_id and id = erasure_id
            where tombstone.project_id = :project and rows_removed_at is not null
            """)
        .bind("project", project)
        .map((row, _) -> erased.put(ByteBuffer.wrap(row.getBytes(1)), row.getObject(2, UUID.class)))
        .list();
    Optional<byte[]> secret =
        handle
            .createQuery("select secret from erasure_secret where project_id = :project")
            .bind("project", project)
            .mapTo(byte[].class)
            .findOne();
    if (erased.isEmpty() || secret.isEmpty()) {
      return flaws;
    }
    for (Names names : Names.values()) {
      try (Stream<String> all =
          handle
              .createQuery(names.query)
              .bind(0, project)
              .setFetchSize(ROWS_AT_ONCE)
              .mapTo(String.class)
              .stream()) {
        all.forEach(name -> {
          var mark = ByteBuffer.wrap(new Mark(project, names.kind, name).hash(secret.get()));
          UUID erasure = erased.get(mark);
          if (erasure != null) {
            flaws.add(new Flaw(erasure, "a row of " + names.table));
          }
        });
      }
    }
    return flaws;
  }

  /** What receipts list and nothing is about to delete. */
  private static List<Flaw> objects(Handle handle, UUID project) {
    return handle
        .createQuery(
            """
            select erasure_id, object from erasure_object as listed
            join erasure on erasure.project_id = listed.project_id and id = erasure_id
            where listed.project_id = :project and lifted_at is null and not exists (
              select from doomed_object as waiting
              where waiting.project_id = listed.project_id and waiting.object = listed.object)
            """)
        .bind("project", project)
        .map((row, _) -> new Flaw(row.getObject(1, UUID.class), row.getString(2)))
        .list();
  }

  private boolean isStored(ObjectKey key) throws ArchiveUnavailable {
    Archive cold = archives.cold();
    return archives.main().find(key).isPresent() || (cold != null && cold.find(key).isPresent());
  }
}

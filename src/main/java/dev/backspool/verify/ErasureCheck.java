package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.NamesAlongIndex;
import dev.backspool.session.Mark;
import dev.backspool.verify.Finding.Place;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether what was erased is gone: no session and no person is named anywhere whom a
 * tombstone stands for. Tombstones tell nobody's name, so every name that is there is hashed as
 * theirs were; only of projects that have erased something. An opener is a trace only while it
 * leads to no session: the same name may have opened a later session, which stays.
 */
final class ErasureCheck {
  private static final int PAGE = 1_000;

  /** An erasure ends within its request; one that is held up, within minutes. */
  private static final Duration LONG = Duration.ofHours(1);

  private final Database database;
  private final @Nullable UUID only;

  ErasureCheck(Database database, @Nullable UUID only) {
    this.database = database;
    this.only = only;
  }

  private record Secret(UUID project, byte[] bytes) {}

  /**
   * A column that names sessions or people.
   *
   * @param which more conditions: those of the index that is walked, or what makes a name a trace
   */
  private record Spot(String table, String column, Mark.Kind kind, String which) {
    String sql() {
      return NamesAlongIndex.query(table, column, type(), which);
    }

    String type() {
      return isId() ? "uuid" : "text";
    }

    private boolean isId() {
      return kind == Mark.Kind.SESSION;
    }

    /** Comes before all names. */
    String before() {
      return isId() ? new UUID(0, 0).toString() : "";
    }

    Place place(UUID project, String name) {
      return isId()
          ? Place.session(project, UUID.fromString(name)).of(table)
          : Place.project(project).of(table);
    }
  }

  private static final String WITHOUT_SESSION =
      """
      and not exists (
        select from session
        where session.project_id = open_session.project_id
          and session.id = open_session.session_id)
      """;

  private static final List<Spot> SPOTS =
      List.of(
          new Spot("open_session", "opener", Mark.Kind.OPENER, WITHOUT_SESSION),
          new Spot("session", "id", Mark.Kind.SESSION, ""),
          new Spot("receipt", "session_id", Mark.Kind.SESSION, ""),
          new Spot("session", "profile_id", Mark.Kind.PROFILE, ""),
          new Spot("profile", "id", Mark.Kind.PROFILE, ""));

  private static Spot events(TableCheck.Table table) {
    return new Spot(
        table.name(),
        "profile_id",
        Mark.Kind.PROFILE,
        "and profile_id is not null and profile_id is distinct from device_id");
  }

  /** Looks for erasures that do not come to their end. */
  List<Suspicion> lookAtUnfinished() {
    return database.snapshot(handle ->
        handle
            .createQuery(
                """
                select project_id, id, kind from erasure
                where rows_removed_at is null and requested_at < now() - cast(:long as interval)
                  and (cast(:project as uuid) is null or project_id = cast(:project as uuid))
                order by project_id, id
                """)
            .bind("long", LONG.toString())
            .bind("project", only)
            .map((row, _) ->
                Suspicion.of(
                    Kind.ERASURE_UNFINISHED,
                    Place.project(row.getObject(1, UUID.class)).of(row.getString(2)),
                    "The erasure of a %s was begun more than an hour ago, and rows are left"
                        .formatted(row.getString(3))))
            .list());
  }

  /** Walks everything that could name who was erased. */
  void walk(List<TableCheck.Table> tables, ReferenceCheck.Seen seen) {
    for (Secret secret : secrets()) {
      SPOTS.forEach(spot -> walk(secret, spot, seen));
      for (TableCheck.Table table : tables) {
        if (table.parent().equals("event")) {
          walkEvents(secret, table, seen);
        }
      }
    }
  }

  private void walkEvents(Secret secret, TableCheck.Table table, ReferenceCheck.Seen seen) {
    try {
      walk(secret, events(table), seen);
    } catch (RuntimeException failure) {
      if (!Unreadable.isDropped(failure)
          && Unreadable.of(failure, Place.table(table.name())).isEmpty()) {
        throw failure; // A table that cannot be read was told of already.
      }
    }
  }

  private List<Secret> secrets() {
    return database.snapshot(handle ->
        handle
            .createQuery(
                """
                select project_id, secret from erasure_secret
                where cast(:project as uuid) is null or project_id = cast(:project as uuid)
                order by project_id
                """)
            .bind("project", only)
            .map((row, _) -> new Secret(row.getObject(1, UUID.class), row.getBytes(2)))
            .list());
  }

  private void walk(Secret secret, Spot spot, ReferenceCheck.Seen seen) {
    String last = spot.before();
    while (true) {
      List<String> page = page(secret, spot, last, PAGE);
      for (String name : erased(secret, spot, page)) {
        seen.add(() -> again(secret, spot, name), List.of(suspicion(secret, spot, name)));
      }
      if (page.size() < PAGE) {
        return;
      }
      last = page.getLast();
    }
  }

  private List<String> page(Secret secret, Spot spot, String after, int limit) {
    return database.snapshot(handle -> {
      handle.execute("set local enable_seqscan = off");
      return handle
          .createQuery(spot.sql())
          .bind("project", secret.project())
          .bind("after", after)
          .bind("page", limit)
          .mapTo(String.class)
          .list();
    });
  }

  /** What hashes a project's names; empty when it never erased anything. */
  Optional<byte[]> secret(UUID project) {
    return database.snapshot(handle ->
        handle
            .createQuery("select secret from erasure_secret where project_id = :project")
            .bind("project", project)
            .mapTo(byte[].class)
            .findOne());
  }

  private List<String> erased(Secret secret, Spot spot, List<String> names) {
    return erased(secret.project(), secret.bytes(), spot.kind(), names);
  }

  /** Those of some names that a tombstone of an erasure stands for which has come to its end. */
  List<String> erased(UUID project, byte[] secret, Mark.Kind kind, Collection<String> names) {
    if (names.isEmpty()) {
      return List.of();
    }
    Map<String, String> byHash =
        names.stream()
            .collect(
                Collectors.toMap(
                    name -> HexFormat.of().formatHex(new Mark(project, kind, name).hash(secret)),
                    name -> name));
    Set<String> buried =
        Set.copyOf(
            database.snapshot(handle ->
                handle
                    .createQuery(
                        """
                        select distinct encode(mark, 'hex')
                        from tombstone
                        join erasure on erasure.project_id = tombstone.project_id
                          and erasure.id = tombstone.erasure_id
                        where tombstone.project_id = :project and rows_removed_at is not null
                          and mark = any(
                            array(select decode(hash, 'hex') from unnest(:hashes) as hash))
                        """)
                    .bind("project", project)
                    .bindArray("hashes", String.class, List.copyOf(byHash.keySet()))
                    .mapTo(String.class)
                    .list()));
    return byHash.entrySet().stream()
        .filter(each -> buried.contains(each.getKey()))
        .map(Map.Entry::getValue)
        .sorted()
        .toList();
  }

  private List<Suspicion> again(Secret secret, Spot spot, String name) {
    boolean there =
        database.snapshot(handle ->
            handle
                .createQuery(
                    "select exists (select from %s where project_id = :project and %s = cast(:name as %s) %s)"
                        .formatted(spot.table(), spot.column(), spot.type(), spot.which()))
                .bind("project", secret.project())
                .bind("name", name)
                .mapTo(Boolean.class)
                .one());
    return there && !erased(secret, spot, List.of(name)).isEmpty()
        ? List.of(suspicion(secret, spot, name))
        : List.of();
  }

  /** Does not name a person: who reads this need not know them. */
  private Suspicion suspicion(Secret secret, Spot spot, String name) {
    Place place = spot.place(secret.project(), name);
    String message =
        "A %s that was erased is there, in %s.%s"
            .formatted(
                switch (spot.kind()) {
                  case SESSION -> "session";
                  case OPENER -> "session's opener";
                  case TAB -> "session's tab";
                  case PROFILE -> "person";
                },
                spot.table(),
                spot.column());
    return spot.kind() == Mark.Kind.OPENER
        ? Suspicion.of(
                Kind.ERASED_THERE, place, message, () -> forgetOpener(secret.project(), name))
            .withAdvice("--repair deletes the row.")
        : Suspicion.of(Kind.ERASED_THERE, place, message);
  }

  /** To erase once more does not reach it: there is no session to erase. */
  private void forgetOpener(UUID project, String opener) {
    database.write(handle ->
        handle.execute(
            "delete from open_session where project_id = ? and opener = ? " + WITHOUT_SESSION,
            project,
            opener));
  }
}

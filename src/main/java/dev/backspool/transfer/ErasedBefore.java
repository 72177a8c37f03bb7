package dev.backspool.transfer;

import dev.backspool.erasure.Erasures;
import dev.backspool.erasure.StillGoingOn;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.NamesAlongIndex;
import dev.backspool.session.Mark;
import dev.backspool.session.Tombstones;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Erases what a project still has of those whom the receipts in a file tell were erased where it
 * comes from: such a receipt says that nothing is left of them. Receipts name nobody, so every name
 * that is there is held against the tombstones.
 */
final class ErasedBefore {
  private static final int PAGE = 1_000;
  private static final String NO_ID = new UUID(0, 0).toString();

  private final Database database;
  private final Erasures erasures;

  ErasedBefore(Database database, Erasures erasures) {
    this.database = database;
    this.erasures = erasures;
  }

  /** A column that names sessions or people. */
  private record Spot(String table, String column, Mark.Kind kind, String conditions) {
    String query() {
      return NamesAlongIndex.query(
          table, column, kind == Mark.Kind.SESSION ? "uuid" : "text", conditions);
    }

    String beforeAll() {
      return kind == Mark.Kind.SESSION ? NO_ID : "";
    }
  }

  /** People first: with them most of their sessions go. */
  private static final List<Spot> SPOTS =
      List.of(
          new Spot("profile", "id", Mark.Kind.PROFILE, ""),
          new Spot("session", "profile_id", Mark.Kind.PROFILE, ""),
          new Spot(
              "event",
              "profile_id",
              Mark.Kind.PROFILE,
              "and profile_id is not null and profile_id is distinct from device_id"),
          new Spot("session", "id", Mark.Kind.SESSION, ""));

  /**
   * Erases them.
   *
   * @throws NotNow when something holds an erasure up
   */
  void erase(UUID project) throws NotNow {
    try {
      for (Spot spot : SPOTS) {
        erase(project, spot);
      }
    } catch (StillGoingOn late) {
      throw new NotNow(
          "Somebody whom the file tells was erased is being erased here: " + late.getMessage(),
          late);
    }
  }

  private void erase(UUID project, Spot spot) {
    List<String> page = page(project, spot, spot.beforeAll());
    while (!page.isEmpty()) {
      for (String name : buried(project, spot, page)) {
        if (spot.kind() == Mark.Kind.SESSION) {
          erasures.eraseSession(project, UUID.fromString(name));
        } else {
          erasures.eraseProfile(project, name);
        }
      }
      page = page.size() < PAGE ? List.of() : page(project, spot, page.getLast());
    }
  }

  private List<String> page(UUID project, Spot spot, String after) {
    return database.write(handle ->
        handle
            .createQuery(spot.query())
            .bind("project", project)
            .bind("after", after)
            .bind("page", PAGE)
            .mapTo(String.class)
            .list());
  }

  private Set<String> buried(UUID project, Spot spot, List<String> names) {
    List<Mark> marks = names.stream().map(name -> new Mark(project, spot.kind(), name)).toList();
    return Transaction.run(
            database, connection -> Tombstones.watch(connection, List.of(project)).among(marks))
        .stream()
        .map(Mark::value)
        .collect(Collectors.toSet());
  }
}

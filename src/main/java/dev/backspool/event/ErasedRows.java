package dev.backspool.event;

import dev.backspool.ingest.Transaction;
import dev.backspool.session.Mark;
import dev.backspool.session.Opener;
import dev.backspool.session.Tombstones;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a group of requests are not to be stored, because whom or what they tell of was
 * erased. Asked once by what the rows name themselves, and once more when their sessions are known.
 */
final class ErasedRows {
  private final List<StoreEvents> requests;
  private final Set<Mark> erased = new HashSet<>();
  private Tombstones tombstones;

  private ErasedRows(List<StoreEvents> requests, Tombstones tombstones) {
    this.requests = requests;
    this.tombstones = tombstones;
  }

  /** Asks by what the rows name. */
  static ErasedRows watch(Connection connection, List<StoreEvents> requests) throws SQLException {
    var rows =
        new ErasedRows(
            requests,
            Tombstones.watch(connection, requests.stream().map(StoreEvents::project).toList()));
    rows.askByNames();
    return rows;
  }

  /**
   * Asks again by what the rows name, when the openers' rows are held.
   *
   * @throws Transaction.Overtaken when more of them is erased by now: the next try refuses it
   */
  void lookAgain() throws SQLException {
    tombstones = tombstones.lookAgain();
    int before = erased.size();
    askByNames();
    if (erased.size() > before) {
      throw new Transaction.Overtaken();
    }
  }

  private void askByNames() throws SQLException {
    if (!isEmpty()) {
      var marks = new HashSet<Mark>();
      for (StoreEvents request : requests) {
        request.rows().forEach(row -> marks.addAll(named(request.project(), row)));
      }
      ask(marks);
    }
  }

  /** Whether nothing was erased in any of the projects. */
  boolean isEmpty() {
    return tombstones.isEmpty();
  }

  /** Asks for more marks. */
  void ask(Collection<Mark> marks) throws SQLException {
    erased.addAll(tombstones.among(marks));
  }

  /** Whether a row names something erased. */
  boolean names(UUID project, Row row) {
    return !erased.isEmpty() && named(project, row).stream().anyMatch(erased::contains);
  }

  /** Whether this session was found to be erased. */
  boolean has(UUID project, @Nullable UUID session) {
    return session != null && !erased.isEmpty() && erased.contains(Mark.session(project, session));
  }

  /** Whether this profile, or a device that stands for one, was found to be erased. */
  boolean has(UUID project, @Nullable String profile) {
    return profile != null && !erased.isEmpty() && erased.contains(Mark.profile(project, profile));
  }

  private static List<Mark> named(UUID project, Row row) {
    var marks = new ArrayList<>(named(project, row.sender()));
    String profile =
        switch (row) {
          case Row.Track track -> track.profile();
          case Row.Kept kept -> kept.event().profile();
          case Row.Identify identify -> identify.profile();
          case Row.Increment increment -> increment.profile();
          case Row.AssignGroups assign -> assign.profile();
          case Row.DefineGroup _ -> null;
        };
    if (profile != null) {
      marks.add(Mark.profile(project, profile));
    }
    return marks;
  }

  private static List<Mark> named(UUID project, Sender sender) {
    return switch (sender) {
      case Sender.Named named -> named(project, named);
      case Sender.Imported imported ->
          imported.session() == null
              ? List.of()
              : List.of(Mark.session(project, imported.session()));
      case Sender.Device _, Sender.Backend _ -> List.of();
    };
  }

  private static List<Mark> named(UUID project, Sender.Named sender) {
    var marks = new ArrayList<Mark>();
    if (sender.tab() != null) {
      marks.add(Mark.tab(project, sender.tab()));
    }
    switch (sender.opener()) {
      case Opener.Known known -> marks.add(Mark.session(project, known.session()));
      case Opener.Named named -> marks.add(Mark.opener(project, named.key()));
      case Opener.Token _ -> {
        // The sign-in goes on when a session of it is erased; the tab tells.
      }
    }
    return marks;
  }
}

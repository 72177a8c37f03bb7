package dev.backspool.transfer;

import dev.backspool.session.Mark;
import dev.backspool.session.Tombstones;
import dev.backspool.transfer.EntryReader.Line;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Keeps out what the project has erased: a file is older than that. */
final class Erased {
  private Erased() {}

  /** The lines of a section that tell of nothing erased, as the caller's transaction sees it. */
  static List<Line> without(Connection connection, UUID project, Section section, List<Line> lines)
      throws SQLException {
    var tombstones = Tombstones.watch(connection, List.of(project));
    if (tombstones.isEmpty()) {
      return lines;
    }
    Set<Mark> erased =
        tombstones.among(
            lines.stream()
                .flatMap(line -> marks(project, section, line.object()).stream())
                .toList());
    return lines.stream()
        .filter(line -> marks(project, section, line.object()).stream().noneMatch(erased::contains))
        .toList();
  }

  /** What a line tells of. Whoever is anonymous goes by the device. */
  private static List<Mark> marks(UUID project, Section section, JsonNode line) {
    var marks = new ArrayList<Mark>();
    switch (section) {
      case PROFILES -> marks.add(Mark.profile(project, line.path("id").asString("")));
      case SESSIONS -> {
        marks.add(session(project, line.path("id")));
        marks.add(
            Mark.profile(
                project, line.path("profile_id").asString(line.path("device_id").asString(""))));
      }
      case EVENTS -> {
        marks.add(session(project, line.path("session_id")));
        marks.add(Mark.profile(project, line.path("profile_id").asString("")));
      }
      case ERASURES, GROUPS, EVENT_KEYS -> {}
    }
    return marks;
  }

  private static Mark session(UUID project, JsonNode id) {
    return new Mark(project, Mark.Kind.SESSION, id.asString(""));
  }
}

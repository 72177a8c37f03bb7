package dev.backspool.transfer;

import dev.backspool.Project;
import dev.backspool.eventday.DayFiles;
import dev.backspool.postgres.Database;
import dev.backspool.project.Projects;
import dev.backspool.recording.Playback;
import dev.backspool.transfer.RecordingEntries.Wanted;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a project into a project file: what is in PostgreSQL and what is archived, decrypted. It
 * holds a page of rows and one frame, not the project. The server may go on taking uploads; what
 * that means for the file says {@code docs/project-file.md}. Threads may share one.
 */
public final class ProjectExport {
  private final Projects projects;
  private final Playback playback;
  private final StoredRows rows;
  private final Spools spools;
  private final DayFiles days;
  private final Database database;
  private final String version;

  /**
   * Writes nothing yet.
   *
   * @param days events that have left PostgreSQL
   * @param version of the program, for who reads the file
   */
  public ProjectExport(
      Database database,
      Projects projects,
      Playback playback,
      Spools spools,
      DayFiles days,
      String version) {
    this.database = database;
    this.days = days;
    this.projects = projects;
    this.playback = playback;
    this.rows = new StoredRows(database);
    this.spools = spools;
    this.version = version;
  }

  /** The first entry of a project's file, as of now. */
  public ProjectHead head(Project project, boolean withKeys) {
    return new ProjectHead(
        ProjectHead.FORM,
        ProjectHead.VERSION,
        Instant.now(),
        "backspool " + version,
        ProjectHead.Settings.of(project),
        withKeys ? keys(project) : null,
        rows.expected(project.id()));
  }

  private ProjectHead.Keys keys(Project project) {
    return new ProjectHead.Keys(
        project.sdkKey(),
        project.publishableKey(),
        project.clientId(),
        HexFormat.of().formatHex(projects.secretHash(project.id())));
  }

  /**
   * Writes a whole file, but for its manifest.
   *
   * @throws IOException when it cannot be written, the archive is away, or archived events cannot
   *     be read; an export that goes on behind the last whole entry loses nothing
   */
  public void write(ProjectHead head, ProjectFileWriter out) throws IOException {
    out.begin(head);
    write(head.project().id(), Place.start(head.exportedAt()), out);
  }

  /**
   * Writes what is behind a place.
   *
   * @throws IOException as the other
   */
  public void write(UUID project, Place from, ProjectFileWriter out) throws IOException {
    var events = new EventPages(database, rows, days, project);
    Optional<Place> place = Optional.of(from);
    while (place.isPresent()) {
      Place here = place.get();
      List<byte[]> page =
          here.section() == Section.EVENTS ? events.behind(here) : rows.behind(project, here);
      if (page.isEmpty()) {
        place = here.nextSection();
      } else if (here.section() == Section.SESSIONS) {
        place = Optional.of(writeSessions(project, here, page, out));
      } else {
        place = Optional.of(writeRows(here, page, out));
      }
    }
  }

  private Place writeRows(Place from, List<byte[]> page, ProjectFileWriter out) throws IOException {
    Place place = from.behind(stored(page.getLast()));
    try (var entry = spools.make()) {
      for (byte[] row : page) {
        entry.write(row);
      }
      out.add(place.entry(), entry);
    }
    return place;
  }

  private Place writeSessions(UUID project, Place from, List<byte[]> page, ProjectFileWriter out)
      throws IOException {
    Place place = from;
    for (byte[] row : page) {
      ObjectNode session = stored(row);
      place = place.behind(session);
      UUID id = UUID.fromString(session.path("id").asString());
      try (RecordingEntries recording =
          RecordingEntries.read(
              playback,
              spools,
              new Wanted(project, id, tabs(session), rows.uploaded(project, id)))) {
        session.put("frames", recording.count());
        if (!recording.lost().isEmpty()) {
          session.set("lost", Json.array(recording.lost()));
        }
        out.addSession(place.entry(), session);
        if (recording.count() > 0) {
          recording.write(id, out);
        }
      }
    }
    return place;
  }

  /** How many frames each tab had when the session's row was read. */
  private static Map<String, Integer> tabs(JsonNode session) {
    var tabs = new HashMap<String, Integer>();
    for (JsonNode tab : session.path("tabs")) {
      tabs.put(tab.path("id").asString(), tab.path("chunk_count").asInt());
    }
    return tabs;
  }

  private static ObjectNode stored(byte[] row) {
    return Json.object(row)
        .orElseThrow(() -> new IllegalStateException("a row of the database is no JSON object"));
  }
}

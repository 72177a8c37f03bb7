package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.archive.Archive;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.Parts;
import dev.backspool.recording.Playback;
import dev.backspool.recording.file.RecordingWriter;
import dev.backspool.recording.file.Written;
import dev.backspool.server.TestServer;
import dev.backspool.server.TestServer.Answer;
import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** A project whose visitors are recorded and tracked over HTTP, and a member who looks at it. */
final class Shop {
  private final TestServer server;
  final Project project;
  private int batches;

  Shop(TestServer server) {
    this.server = server;
    this.project = server.project();
  }

  UUID id() {
    return project.id();
  }

  String path() {
    return "/api/projects/" + project.id();
  }

  /** Sets what is kept how long; a JSON object. */
  Answer keeps(String json) {
    return server.call("PATCH", path()).admin().body(json).send();
  }

  /** Records a visit of two tabs with a page each, and returns the session's id. */
  String recorded(String session) {
    upload(session, "a");
    return upload(session, "b");
  }

  /** Records some more of a visit. */
  String upload(String session, String tab) {
    long now = System.currentTimeMillis();
    var events =
        List.of(
            event(
                now,
                4,
                Map.of("href", "https://shop.example.com/" + tab, "width", 800, "height", 600)),
            event(now + 1, 2, Map.of("node", Map.of("type", 0, "childNodes", List.of(), "id", 1))),
            event(now + 2, 3, Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 5)));
    Answer answer = send(session, tab, "batch-" + session + "-" + batches++, events);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("session_id").asString();
  }

  private Answer send(String session, String tab, String batch, Object events) {
    return server
        .post("/v1/replay?session_id=%s&tab_id=%s&batch_id=%s".formatted(session, tab, batch))
        .bearer(project.sdkKey())
        .json(events)
        .send();
  }

  /** Sends one small batch under a name of its own. */
  Answer batch(String session, String batch) {
    return send(
        session,
        "a",
        batch,
        List.of(event(System.currentTimeMillis(), 3, Map.of("source", 2, "type", 2, "id", 1))));
  }

  private static Map<String, Object> event(long at, int type, Map<String, Object> data) {
    return Map.of("type", type, "timestamp", at, "data", data);
  }

  /** Tracks events in a session, by the server's clock, and returns the session's id. */
  String tracked(String session, int events) {
    Answer answer =
        server
            .post("/v1/events")
            .bearer(project.sdkKey())
            .json(
                Map.of(
                    "session_id",
                    session,
                    "events",
                    IntStream.range(0, events)
                        .mapToObj(
                            i -> Map.of("name", "bought", "id", session + "-" + batches + "-" + i))
                        .toList()))
            .send();
    batches++;
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("session_id").asString();
  }

  Answer get(String path) {
    return server.get(path() + path).admin().send();
  }

  JsonNode session(String session) {
    Answer answer = get("/sessions/" + session);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  boolean has(String session) {
    return get("/sessions/" + session).status() == 200;
  }

  /** All of a session's rrweb events, as they come out. */
  String recording(String session) {
    Answer answer = get("/sessions/" + session + "/recording/events");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  int events(String session) {
    Answer answer = get("/sessions/" + session + "/events?limit=200");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("events").size();
  }

  JsonNode retention() {
    Answer answer = get("/retention");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  /** The report of the last run. */
  JsonNode lastRun() {
    return retention().get("runs").get(0);
  }

  void keep(String session) {
    var answer = server.call("PUT", path() + "/sessions/" + session + "/keep").admin().send();
    assertThat(answer.status()).isEqualTo(204);
  }

  void release(String session) {
    var answer = server.call("DELETE", path() + "/sessions/" + session + "/keep").admin().send();
    assertThat(answer.status()).isEqualTo(204);
  }

  /** Rows of a table that are the project's. */
  long rows(String table) {
    return server.count(
        "select count(*) from %s where project_id = '%s'".formatted(table, project.id()));
  }

  /** Archives what there is of a recording, as one object of an archive. */
  Part archive(String session, Archive archive) {
    UUID id = UUID.fromString(session);
    Playback playback = server.server().playback();
    var database = server.server().postgres();
    var keys = new DataKeys(database);
    var key = keys.generate();
    List<Frame> frames = playback.frames(id(), id);
    var file = new ByteArrayOutputStream();
    try (var writer = new RecordingWriter(file, key, 1 << 20)) {
      for (Frame frame : frames) {
        writer.add(frame, playback.verified(id(), id, frame.n()).orElseThrow().zstd());
      }
      Written written = writer.finish();
      var part =
          new Part(
              id(),
              id,
              "recordings/2026-11-21/" + written.sha256().substring(0, 40) + ".bksp",
              written.bytes(),
              written.json(),
              frames.stream().mapToLong(Frame::bytes).sum(),
              written.frames(),
              written.events(),
              frames.stream().map(Frame::firstAt).min(Instant::compareTo).orElseThrow(),
              frames.stream().map(Frame::lastAt).max(Instant::compareTo).orElseThrow(),
              Collections.nCopies(32, 0),
              keys.wrap(id(), key),
              false);
      archive.put(part.key(), file.toByteArray());
      database.write(handle -> {
        try {
          Parts.add(handle.getConnection(), List.of(part));
        } catch (SQLException failure) {
          throw new IllegalStateException(failure);
        }
        handle.execute("delete from chunk where session_id = ?", id);
        return handle.execute(
            """
            update session set
              hot_since = null, hot_chunks = 0, hot_bytes = 0, part_count = part_count + 1
            where id = ?
            """,
            id);
      });
      return part;
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }
}

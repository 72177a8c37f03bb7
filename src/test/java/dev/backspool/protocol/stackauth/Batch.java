package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A batch as a client makes it. Each {@code with…} changes this one. */
final class Batch {
  private final Map<String, Object> body = new LinkedHashMap<>();

  private Batch() {}

  /** A batch of a new browser session and page load, with a page's first two events. */
  static Batch first() {
    long now = System.currentTimeMillis();
    return new Batch()
        .with("browser_session_id", id())
        .with("session_replay_segment_id", id())
        .with("batch_id", id())
        .with("started_at_ms", now)
        .with("sent_at_ms", now)
        .events(page(now));
  }

  static String id() {
    return UUID.randomUUID().toString();
  }

  /** The next batch of the same page load. */
  Batch next() {
    Batch next = new Batch();
    next.body.putAll(body);
    return next.with("batch_id", id()).at(System.currentTimeMillis());
  }

  /** Moves the batch and its only event to a moment of the client's clock. */
  Batch at(long ms) {
    return with("sent_at_ms", ms).events(List.of(move(ms)));
  }

  Batch events(List<?> events) {
    return with("events", events);
  }

  Batch with(String field, Object value) {
    body.put(field, value);
    return this;
  }

  Batch without(String field) {
    body.remove(field);
    return this;
  }

  String get(String field) {
    return String.valueOf(body.get(field));
  }

  /** The same in the contract's first form. */
  Batch firstForm() {
    Batch recording = new Batch();
    recording.body.putAll(body);
    return recording
        .with("session_id", get("browser_session_id"))
        .with("tab_id", get("session_replay_segment_id"))
        .without("browser_session_id")
        .without("session_replay_segment_id");
  }

  byte[] json() {
    return TestServer.JSON.writeValueAsBytes(body);
  }

  /** A Meta and a full snapshot: what a page load begins with. */
  static List<Map<String, Object>> page(long ms) {
    return List.of(
        Map.of(
            "type",
            4,
            "data",
            Map.of("href", "https://shop.example.com/", "width", 1280, "height", 720),
            "timestamp",
            ms),
        Map.of(
            "type",
            2,
            "data",
            Map.of(
                "node",
                Map.of("type", 0, "childNodes", List.of(), "id", 1),
                "initialOffset",
                Map.of("top", 0, "left", 0)),
            "timestamp",
            ms));
  }

  /** Small events, a millisecond apart. */
  static List<Map<String, Object>> moves(int count) {
    long now = System.currentTimeMillis();
    var events = new ArrayList<Map<String, Object>>(count);
    for (int i = 0; i < count; i++) {
      events.add(move(now + i));
    }
    return events;
  }

  static Map<String, Object> move(long ms) {
    return Map.of(
        "type", 3, "data", Map.of("source", 3, "id", 1, "x", 0, "y", 10), "timestamp", ms);
  }

  static Map<String, Object> click(long ms) {
    return Map.of(
        "type",
        3,
        "data",
        Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 10),
        "timestamp",
        ms);
  }

  /** An upload's call, without a body. */
  static TestServer.Call call(TestServer server, Project project, @Nullable String token) {
    return call(server, "/api/v1/session-replays/batch", project, token);
  }

  static TestServer.Call call(
      TestServer server, String path, Project project, @Nullable String token) {
    TestServer.Call call =
        server
            .post(path)
            .header("Content-Type", "application/json")
            .header("X-Stack-Project-Id", project.id().toString())
            .header("X-Stack-Access-Type", "client")
            .header("X-Stack-Publishable-Client-Key", project.publishableKey());
    return token == null ? call : call.header("X-Stack-Access-Token", token);
  }

  /** Uploads it. */
  TestServer.Answer send(TestServer server, Project project, @Nullable String token) {
    return call(server, project, token).body(json()).send();
  }

  TestServer.Answer send(TestServer server, Project project) {
    return send(server, project, null);
  }
}

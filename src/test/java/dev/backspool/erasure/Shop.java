package dev.backspool.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.event.SessionIds;
import dev.backspool.server.TestServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A project that people visit, and that erases them. */
final class Shop implements AutoCloseable {
  static final String CHROME =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
          + " Safari/537.36";

  final TestServer server;
  final Project project;
  private final boolean own;
  private final AtomicInteger batches = new AtomicInteger();

  Shop() {
    this(TestServer.start(), true);
  }

  private Shop(TestServer server, boolean own) {
    this.server = server;
    this.own = own;
    this.project = server.project();
  }

  /** A project of a server of its own. */
  static Shop in(TestServer server) {
    return new Shop(server, true);
  }

  /** Another project of a server that somebody else stops. */
  static Shop on(TestServer server) {
    return new Shop(server, false);
  }

  /** A page with its text, and a click on it. */
  static List<Map<String, Object>> page(String href, String text) {
    long now = System.currentTimeMillis();
    return List.of(
        Map.of(
            "type", 4, "timestamp", now, "data", Map.of("href", href, "width", 800, "height", 600)),
        Map.of(
            "type",
            2,
            "timestamp",
            now,
            "data",
            Map.of(
                "node",
                Map.of(
                    "type",
                    0,
                    "id",
                    1,
                    "childNodes",
                    List.of(Map.of("type", 3, "id", 2, "textContent", text))),
                "initialOffset",
                Map.of("top", 0, "left", 0))),
        Map.of(
            "type",
            3,
            "timestamp",
            now + 10,
            "data",
            Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 6)));
  }

  /**
   * Uploads a batch of a recording.
   *
   * @param more parameters, for example {@code &profile_id=ada}
   */
  TestServer.Answer record(String session, String href, String text, String more) {
    return server
        .post(
            "/v1/replay?session_id=%s&batch_id=%s-%d%s"
                .formatted(session, session, batches.incrementAndGet(), more))
        .bearer(project.sdkKey())
        .header("User-Agent", CHROME)
        .json(page(href, text))
        .send();
  }

  /** The same, taken; gives the server's id of the session. */
  UUID recorded(String session, String href, String text, String more) {
    TestServer.Answer answer = record(session, href, text, more);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return UUID.fromString(answer.json().get("session_id").asString());
  }

  /** An event for {@link #send}. */
  static Map<String, Object> event(String name, String... fields) {
    var event = new LinkedHashMap<String, Object>();
    event.put("name", name);
    for (int i = 0; i < fields.length; i += 2) {
      event.put(fields[i], fields[i + 1]);
    }
    return event;
  }

  /** Sends events by our own contract, of a session that the SDK names. */
  TestServer.Answer send(
      String session, @Nullable String device, @Nullable Object profile, List<?> events) {
    var body = new LinkedHashMap<String, Object>();
    body.put("session_id", session);
    if (device != null) {
      body.put("device_id", device);
    }
    if (profile instanceof String id) {
      body.put("profile_id", id);
    } else if (profile != null) {
      body.put("profile", profile);
    }
    body.put("events", events);
    return server
        .post("/v1/events")
        .bearer(project.sdkKey())
        .header("User-Agent", CHROME)
        .json(body)
        .send();
  }

  /** The same, stored. */
  void sent(String session, @Nullable String device, @Nullable Object profile, List<?> events) {
    TestServer.Answer answer = send(session, device, profile, events);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("stored").asInt()).as(answer.body()).isEqualTo(events.size());
  }

  /** Sends an event as OpenPanel's web SDK would, of a device that names itself. */
  TestServer.Answer track(
      @Nullable String device, String name, @Nullable String profile, @Nullable Instant at) {
    var properties = new LinkedHashMap<String, Object>();
    if (device != null) {
      properties.put("__deviceId", device);
    }
    if (at != null) {
      properties.put("__timestamp", at.toString());
    }
    properties.put("__path", "https://shop.example.com/" + name);
    var payload = new LinkedHashMap<String, Object>();
    payload.put("name", name);
    payload.put("properties", properties);
    if (profile != null) {
      payload.put("profileId", profile);
    }
    return openPanel(Map.of("type", "track", "payload", payload));
  }

  /** The same, stored; gives the server's id of the session. */
  UUID tracked(
      @Nullable String device, String name, @Nullable String profile, @Nullable Instant at) {
    TestServer.Answer answer = track(device, name, profile, at);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return Objects.requireNonNull(SessionIds.parse(answer.json().get("sessionId").asString()));
  }

  TestServer.Answer openPanel(Object body) {
    return server
        .post("/track")
        .header("openpanel-client-id", project.clientId().toString())
        .header("openpanel-sdk-name", "web")
        .header("Origin", "https://shop.example.com")
        .header("User-Agent", CHROME)
        .json(body)
        .send();
  }

  String path() {
    return "/api/projects/" + project.id();
  }

  TestServer.Answer eraseProfile(String id) {
    return server
        .call(
            "DELETE",
            path()
                + "/profiles/"
                + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20"))
        .admin()
        .send();
  }

  TestServer.Answer eraseSession(UUID id) {
    return server.call("DELETE", path() + "/sessions/" + id).admin().send();
  }

  /** The receipt of an erasure that has its rows removed. */
  static JsonNode receipt(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("rows_removed_at").isString()).as(answer.body()).isTrue();
    return answer.json();
  }

  /** How often each reason was counted for the project. */
  Map<String, Integer> refusals() {
    var counts = new TreeMap<String, Integer>();
    server
        .get(path() + "/refusals")
        .admin()
        .send()
        .json()
        .get("refusals")
        .forEach(line ->
            counts.merge(
                line.get("protocol").asString() + " " + line.get("reason").asString(),
                line.get("count").asInt(),
                Integer::sum));
    return counts;
  }

  /** Rows of the project in a table. */
  long count(String table) {
    return count(table, "true");
  }

  long count(String table, String condition) {
    return server.count(
        "select count(*) from %s where project_id = '%s' and %s"
            .formatted(table, project.id(), condition));
  }

  /** Waits until something is so, for at most half a minute. */
  static void until(BooleanSupplier so) throws InterruptedException {
    Instant givenUpAt = Instant.now().plus(Duration.ofSeconds(30));
    while (!so.getAsBoolean()) {
      assertThat(Instant.now()).isBefore(givenUpAt);
      Thread.sleep(20);
    }
  }

  @Override
  public void close() {
    if (own) {
      server.close();
    }
  }
}

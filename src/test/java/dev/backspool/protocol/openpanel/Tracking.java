package dev.backspool.protocol.openpanel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A server whose clock the test sets, and a client that speaks the OpenPanel contract to it. */
final class Tracking implements AutoCloseable {
  static final String CHROME =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
          + " Safari/537.36";
  static final String DEVICE = "mobile-device-abc";

  /** A safe instant: far from the edges of its half hour. */
  static final Instant T = Instant.parse("2026-06-08T12:10:00Z");

  final SettableClock clock = new SettableClock(T);
  final TestServer server = TestServer.start(clock);
  final Project project;
  private final String secret;
  private String userAgent = CHROME;
  private String ip = "203.0.113.7";

  Tracking() {
    var created = server.server().projects().create("Shop", "web");
    project = created.project();
    secret = created.clientSecret();
  }

  /** The same client with another user agent from now on. */
  Tracking as(String agent) {
    userAgent = agent;
    return this;
  }

  /** The same client at another address from now on. */
  Tracking from(String address) {
    ip = address;
    return this;
  }

  TestServer.Call post(String path) {
    return server
        .post(path)
        .header("openpanel-client-id", project.clientId().toString())
        .header("openpanel-client-secret", secret)
        .header("openpanel-client-ip", ip)
        .header("User-Agent", userAgent);
  }

  TestServer.Answer batch(List<Map<String, Object>> rows) {
    return post("/track/batch").json(Map.of("events", rows)).send();
  }

  /** Sends a batch that is taken whole. */
  void store(List<Map<String, Object>> rows) {
    TestServer.Answer answer = batch(rows);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).as(answer.body()).isEqualTo(rows.size());
  }

  /** Sends one row by itself and returns the answer's ids. */
  JsonNode send(Map<String, Object> row) {
    TestServer.Answer answer = post("/track").json(row).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  /** An event of a device that names itself. */
  static Map<String, Object> row(Instant at, String name) {
    return row(DEVICE, at, name, null);
  }

  /** An event of a device; of the sender's own address and browser where the device is null. */
  static Map<String, Object> row(
      @Nullable String device, @Nullable Instant at, String name, @Nullable String profile) {
    return row(device, at, name, profile, Map.of());
  }

  static Map<String, Object> row(
      @Nullable String device,
      @Nullable Instant at,
      String name,
      @Nullable String profile,
      Map<String, Object> more) {
    var properties = new LinkedHashMap<String, Object>(more);
    if (device != null) {
      properties.put("__deviceId", device);
    }
    if (at != null) {
      properties.put("__timestamp", at.toString());
    }
    var payload = new LinkedHashMap<String, Object>();
    payload.put("name", name);
    payload.put("properties", properties);
    if (profile != null) {
      payload.put("profileId", profile);
    }
    return Map.of("type", "track", "payload", payload);
  }

  /** A view of a screen. */
  static Map<String, Object> view(@Nullable String device, Instant at, String path) {
    return row(
        device, at, "screen_view", null, Map.of("__path", "https://shop.example.com" + path));
  }

  /** Closes what is due by the clock. */
  void close(Instant at) {
    clock.set(at);
    server.server().events().closer().closeDue();
  }

  /** The events of the project, sorted as they are shown, starts and ends of sessions left out. */
  List<Stored> events() {
    return stored("name not in ('session_start', 'session_end')");
  }

  List<Stored> starts() {
    return stored("name = 'session_start'");
  }

  List<Stored> ends() {
    return stored("name = 'session_end'");
  }

  /** An event as it lies in the database. */
  record Stored(
      String name,
      Instant at,
      @Nullable UUID session,
      @Nullable String device,
      @Nullable String profile,
      @Nullable String path,
      @Nullable String country,
      @Nullable Long durationMs,
      JsonNode properties) {}

  private List<Stored> stored(String condition) {
    return server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createQuery(
                    """
                    select
                      name, at, session_id, device_id, profile_id, path, country, duration_ms, properties
                    from event where project_id = :project and %s order by at, id
                    """
                        .formatted(condition))
                .bind("project", project.id())
                .map((row, _) ->
                    new Stored(
                        row.getString(1),
                        row.getTimestamp(2).toInstant(),
                        row.getObject(3, UUID.class),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getObject(8, Long.class),
                        TestServer.JSON.readTree(row.getString(9))))
                .list());
  }

  /** A session as it lies in the database. */
  record Session(
      UUID id,
      String device,
      @Nullable String profile,
      Instant from,
      Instant until,
      long count,
      int screenViews,
      boolean current,
      @Nullable Instant closesAt,
      @Nullable String entryPath,
      @Nullable String exitPath) {}

  List<Session> sessions() {
    return server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createQuery(
                    """
                    select
                      id, device_id, profile_id, tracked_from, tracked_until, tracked_count,
                      screen_view_count, is_current, closes_at, entry_path, exit_path
                    from session where project_id = :project order by tracked_from, id
                    """)
                .bind("project", project.id())
                .map((row, _) ->
                    new Session(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        row.getString(3),
                        row.getTimestamp(4).toInstant(),
                        row.getTimestamp(5).toInstant(),
                        row.getLong(6),
                        row.getInt(7),
                        row.getBoolean(8),
                        row.getTimestamp(9) == null ? null : row.getTimestamp(9).toInstant(),
                        row.getString(10),
                        row.getString(11)))
                .list());
  }

  /** A batch's rows, gathered as the test tells them. */
  static List<Map<String, Object>> rows() {
    return new ArrayList<>();
  }

  @Override
  public void close() {
    server.close();
  }
}

package dev.backspool.protocol.uxcam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The UXCam-like contract's two uploads, over HTTP. */
final class UxcamContractTest {
  /** {@code [{"type":0,"data":{},"timestamp":1000},{"type":1,"data":{},"timestamp":2000}]}. */
  private static final String TWO_EVENTS =
      "[{\"type\":0,\"data\":{},\"timestamp\":1000},{\"type\":1,\"data\":{},\"timestamp\":2000}]";

  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Map<String, Object> upload(String session, Object snapshots, int count) {
    var body = new LinkedHashMap<String, Object>();
    body.put("sdk_key", project.sdkKey());
    body.put("session_id", session);
    body.put("snapshots", snapshots);
    body.put("snapshot_count", count);
    body.put("is_initial_snapshot", true);
    return body;
  }

  private static TestServer.Answer send(Map<String, Object> body) {
    return server.post("/api/snapshots/ingest").json(body).send();
  }

  /** The events of a session as they are stored, in order. */
  private static List<JsonNode> stored(String session) throws IOException {
    var events = new ArrayList<JsonNode>();
    List<byte[]> payloads =
        server
            .server()
            .postgres()
            .own(handle ->
                handle
                    .createQuery(
                        """
                        select payload from chunk
                        join session on session.id = chunk.session_id
                        where session.name = :session
                        order by chunk.id
                        """)
                    .bind("session", session)
                    .mapTo(byte[].class)
                    .list());
    for (byte[] payload : payloads) {
      String lines = new String(PayloadReader.lines(payload, 1 << 30), StandardCharsets.UTF_8);
      lines.lines().map(TestServer.JSON::readTree).forEach(events::add);
    }
    return events;
  }

  private static List<JsonNode> twoEvents() {
    return TestServer.JSON.readTree(TWO_EVENTS).valueStream().toList();
  }

  private static String golden(String method) throws IOException {
    try (var in = UxcamContractTest.class.getResourceAsStream("/uxcam/two-events.json")) {
      return TestServer.JSON.readTree(in).get(method).asString();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"compressToUTF16", "compressToBase64", "compressToEncodedURIComponent"})
  void takes_snapshots_in_each_text_form_of_lzstring(String method) throws IOException {
    var answer = send(upload("sess_" + method, golden(method), 2));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("success").asBoolean()).isTrue();
    assertThat(answer.json().get("snapshot_count").asInt()).isEqualTo(2);
    assertThat(UUID.fromString(answer.json().get("session_id").asString())).isNotNull();
    assertThat(stored("sess_" + method)).isEqualTo(twoEvents());
  }

  @Test
  void takes_snapshots_as_an_array_and_as_a_json_string() throws IOException {
    send(upload("sess_array", TestServer.JSON.readTree(TWO_EVENTS), 2));
    send(upload("sess_string", TWO_EVENTS, 2));

    assertThat(stored("sess_array")).isEqualTo(twoEvents());
    assertThat(stored("sess_string")).isEqualTo(twoEvents());
  }

  @Test
  void a_count_that_does_not_match_is_refused_with_both_numbers() throws IOException {
    var answer = send(upload("sess_count", TWO_EVENTS, 3));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("error").asString()).contains("3").contains("2 events");
    assertThat(stored("sess_count")).isEmpty();
  }

  @Test
  void truncated_compression_is_refused_and_nothing_is_stored() throws IOException {
    String whole = golden("compressToUTF16");
    var answer = send(upload("sess_cut", whole.substring(0, whole.length() / 2), 2));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("success").asBoolean()).isFalse();
    assertThat(server.count("select count(*) from session where name = 'sess_cut'")).isZero();
  }

  @Test
  void an_unknown_key_is_refused_with_headers_the_page_can_read() {
    var body = upload("sess_key", TWO_EVENTS, 2);
    body.put("sdk_key", "bsk_unknown");
    var answer =
        server
            .post("/api/snapshots/ingest")
            .header("Origin", "https://shop.example.com")
            .json(body)
            .send();

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("https://shop.example.com");
    assertThat(answer.json().get("success").asBoolean()).isFalse();
  }

  @Test
  void an_upload_over_the_limit_is_refused_before_it_is_read() {
    var answer = server.post("/api/snapshots/ingest").body(new byte[(16 << 20) + 1]).send();

    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void a_retry_without_a_name_is_stored_once() throws IOException {
    send(upload("sess_retry", TWO_EVENTS, 2));
    var retry = send(upload("sess_retry", golden("compressToBase64"), 2));

    assertThat(retry.status()).isEqualTo(200);
    assertThat(stored("sess_retry")).hasSize(2);
  }

  @Test
  void device_info_is_kept() {
    var body = upload("sess_device", TWO_EVENTS, 2);
    body.put("device_info", Map.of("browser", "Firefox 140", "os", "Fedora"));
    send(body);

    assertThat(server.column("select device_info from session where name = 'sess_device'"))
        .singleElement()
        .satisfies(info ->
            assertThat(TestServer.JSON.readTree(info).get("os").asString()).isEqualTo("Fedora"));
  }

  private static TestServer.Answer sendEvents(String session, List<?> events) {
    return server
        .post("/api/events/ingest")
        .json(Map.of("sdk_key", project.sdkKey(), "session_id", session, "events", events))
        .send();
  }

  private static List<String> tracked(String session) {
    return server.column(
        "select event.name || ' ' || coalesce(path, '-') from event join session on session.id ="
            + " event.session_id where session.name = '"
            + session
            + "' and event.name <> 'session_start' order by event.id");
  }

  @Test
  void events_belong_to_the_session_of_the_recording() throws IOException {
    var recorded = upload("sess_events", TWO_EVENTS, 2);
    recorded.put("device_info", Map.of("browser", "Firefox 140"));
    send(recorded);
    long now = System.currentTimeMillis();
    var answer =
        sendEvents(
            "sess_events",
            List.of(
                Map.of("type", "page_view", "timestamp", now, "data", Map.of("url", "/a?b=1")),
                Map.of("type", "added", "timestamp", Instant.ofEpochMilli(now).toString())));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().propertyNames()).containsExactly("success", "events_processed");
    assertThat(answer.json().get("events_processed").asInt()).isEqualTo(2);
    assertThat(stored("sess_events")).isEqualTo(twoEvents());
    assertThat(tracked("sess_events")).containsExactly("screen_view /a", "added -");
    assertThat(
            server.column(
                "select tracked_count || ' ' || screen_view_count || ' ' || device_info from"
                    + " session where name = 'sess_events'"))
        .containsExactly("2 1 {\"browser\":\"Firefox 140\"}");
    assertThat(
            server.column(
                "select properties from event join session on session.id = session_id where"
                    + " session.name = 'sess_events' and event.name = 'screen_view'"))
        .singleElement()
        .satisfies(properties ->
            assertThat(TestServer.JSON.readTree(properties).get("__type").asString())
                .isEqualTo("page_view"));
  }

  @Test
  void the_same_events_again_are_stored_once() {
    List<?> events = List.of(Map.of("type", "click", "timestamp", System.currentTimeMillis()));
    sendEvents("sess_twice", events);
    var retry = sendEvents("sess_twice", events);
    sendEvents("sess_other", events);

    assertThat(retry.json().get("events_processed").asInt()).isOne();
    assertThat(tracked("sess_twice")).hasSize(1);
    assertThat(tracked("sess_other")).hasSize(1);
  }

  @Test
  void an_event_without_a_time_is_refused_by_its_place() {
    var answer =
        server
            .post("/api/events/ingest")
            .json(
                Map.of(
                    "sdk_key",
                    project.sdkKey(),
                    "session_id",
                    "sess_bad",
                    "events",
                    List.of(Map.of("type", "click", "timestamp", 1), Map.of("type", "click"))))
            .send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("error").asString()).contains("events[1].timestamp");
    assertThat(tracked("sess_bad")).isEmpty();
  }
}

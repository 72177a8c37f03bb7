package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tracker's events, over HTTP. */
final class EventBatchesTest {
  private static final String PATH = "/api/v1/analytics/events/batch";

  private static TestServer server;
  private static Issuer issuer;
  private static Project open;
  private static Project signedIn;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    issuer = Issuer.start();
    open = server.project();
    signedIn =
        server
            .server()
            .projects()
            .change(
                server.project().id(),
                new Projects.Change(null, null, issuer.jwksUrl(), null, null))
            .orElseThrow();
  }

  @AfterAll
  static void stop() {
    issuer.close();
    server.close();
  }

  private static Map<String, Object> event(String type, Object data) {
    return Map.of("event_type", type, "event_at_ms", System.currentTimeMillis(), "data", data);
  }

  private static Map<String, Object> batch(String segment, List<?> events) {
    var body = new LinkedHashMap<String, Object>();
    body.put("session_replay_segment_id", segment);
    body.put("batch_id", Batch.id());
    body.put("sent_at_ms", System.currentTimeMillis());
    body.put("events", events);
    return body;
  }

  private static List<Map<String, Object>> visit() {
    return List.of(
        event(
            "$page-view",
            Map.of("url", "https://shop.example.com/lamps", "path", "/lamps", "title", "Lamps")),
        event("$click", Map.of("tag_name", "button", "text", "Buy")));
  }

  private static TestServer.Answer send(
      String path, Project project, @Nullable String token, Object body) {
    return Batch.call(server, path, project, token)
        .body(TestServer.JSON.writeValueAsBytes(body))
        .send();
  }

  private static List<String> stored(String session) {
    return server.column(
        "select name || ' ' || coalesce(path, '-') || ' ' || (properties::jsonb->>'__type') from"
            + " event where session_id = '"
            + session
            + "' and name <> 'session_start' order by id");
  }

  @ParameterizedTest
  @ValueSource(strings = {PATH, "/api/latest/analytics/events/batch"})
  void events_belong_to_the_replay_of_the_sign_in(String path) {
    String user = Batch.id();
    String token = issuer.token(signedIn.id(), user, Batch.id());
    Map<String, Object> body = batch(Batch.id(), visit());
    // Events first, by another page load than the replay's: neither makes a session of its own.
    var events = send(path, signedIn, token, body);
    var retry = send(path, signedIn, token, body);
    String session =
        Batch.first().send(server, signedIn, token).json().get("session_replay_id").asString();

    assertThat(events.status()).as(events.body()).isEqualTo(200);
    assertThat(events.json().propertyNames()).containsExactly("inserted");
    assertThat(events.json().get("inserted").asInt()).isEqualTo(2);
    assertThat(retry.body()).isEqualTo(events.body());
    assertThat(stored(session)).containsExactly("screen_view /lamps $page-view", "click - $click");
    assertThat(
            server.column(
                "select profile_id || ' ' || screen_view_count || ' ' || tracked_count || ' '"
                    + " || coalesce(name, 'unnamed') from session where id = '"
                    + session
                    + "'"))
        .containsExactly(user + " 1 2 unnamed");
  }

  @Test
  void without_tokens_the_page_load_leads_to_the_replay() {
    Batch replay = Batch.first();
    String session = replay.send(server, open).json().get("session_replay_id").asString();
    var answer = send(PATH, open, null, batch(replay.get("session_replay_segment_id"), visit()));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(stored(session)).hasSize(2);
  }

  @Test
  void lone_surrogates_are_replaced() {
    String token = issuer.token(signedIn.id(), Batch.id(), Batch.id());
    String body =
        TestServer.JSON
            .writeValueAsString(batch(Batch.id(), List.of(event("$click", Map.of("text", "TEXT")))))
            .replace("TEXT", "cut \\ud83d here \\ud83d\\ude00");
    var answer = Batch.call(server, PATH, signedIn, token).body(body).send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(server.column("select properties::jsonb->>'text' from event where name = 'click'"))
        .contains("cut \ufffd here \ud83d\ude00");
  }

  @Test
  void every_failing_field_is_listed() {
    var body = batch("x", List.of(Map.of("event_type", 7, "event_at_ms", 1.5)));
    body.put("batch_id", "y");
    var answer = send(PATH, signedIn, issuer.token(signedIn.id(), Batch.id(), Batch.id()), body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("code").asString()).isEqualTo("SCHEMA_ERROR");
    assertThat(answer.json().get("error").asString())
        .contains("body.session_replay_segment_id", "body.batch_id")
        .contains("body.events[0].event_type", "body.events[0].event_at_ms");
  }

  @Test
  void five_hundred_events_are_the_most_and_a_user_is_needed() {
    String token = issuer.token(signedIn.id(), Batch.id(), Batch.id());
    var events = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 500; i++) {
      events.add(event("$click", Map.of()));
    }
    assertThat(
            send(PATH, signedIn, token, batch(Batch.id(), events)).json().get("inserted").asInt())
        .isEqualTo(500);
    events.add(event("$click", Map.of()));
    var over = send(PATH, signedIn, token, batch(Batch.id(), events));
    var nobody = send(PATH, signedIn, null, batch(Batch.id(), visit()));
    var empty = send(PATH, signedIn, token, batch(Batch.id(), List.of()));

    assertThat(over.status()).isEqualTo(400);
    assertThat(over.body()).isEqualTo("Too many events (max 500)");
    assertThat(nobody.status()).isEqualTo(401);
    assertThat(nobody.header("x-stack-known-error")).isEqualTo("USER_AUTHENTICATION_REQUIRED");
    assertThat(empty.status()).isEqualTo(400);
  }
}

package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The wire contract of the batch upload: what is taken, what is refused and in which words. */
final class ReplayBatchesTest {
  private static TestServer server;
  private static Issuer issuer;
  private static Project open;
  private static Project signedIn;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    issuer = Issuer.start();
    open = server.project();
    signedIn = withKeys(server.project());
  }

  @AfterAll
  static void stop() {
    issuer.close();
    server.close();
  }

  private static Project withKeys(Project project) {
    return change(project, new Projects.Change(null, null, issuer.jwksUrl(), null, null));
  }

  private static Project change(Project project, Projects.Change change) {
    return server.server().projects().change(project.id(), change).orElseThrow();
  }

  private static String token() {
    return issuer.token(signedIn.id(), Batch.id(), Batch.id());
  }

  private static TestServer.Answer send(Batch batch) {
    return batch.send(server, open);
  }

  private static void assertKnown(TestServer.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("x-stack-known-error")).isEqualTo(code);
    assertThat(answer.json().get("code").asString()).isEqualTo(code);
    assertThat(answer.json().get("error").asString()).isNotEmpty();
  }

  private static void assertPlain(TestServer.Answer answer, int status, String text) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("x-stack-known-error")).isEmpty();
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.body()).isEqualTo(text);
  }

  private static long chunks(Batch batch) {
    return server.count(
        "select count(*) from chunk where batch_id = '" + batch.get("batch_id") + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/session-replays/batch", "/api/latest/session-replays/batch"})
  void answers_a_batch_with_its_replay_and_a_retry_with_the_same(String path) {
    Batch batch = Batch.first();
    var first = Batch.call(server, path, open, null).body(batch.json()).send();
    var retry = Batch.call(server, path, open, null).body(batch.json()).send();

    assertThat(first.status()).as(first.body()).isEqualTo(200);
    JsonNode answer = first.json();
    String replay = answer.get("session_replay_id").asString();
    assertThat(answer.propertyNames())
        .containsExactly("session_replay_id", "batch_id", "s3_key", "deduped");
    assertThat(UUID.fromString(replay)).isNotNull();
    assertThat(answer.get("batch_id").asString()).isEqualTo(batch.get("batch_id"));
    assertThat(answer.get("s3_key").asString())
        .isEqualTo(
            "session-replays/%s/main/%s/%s.json.gz", open.id(), replay, batch.get("batch_id"));
    assertThat(answer.get("deduped").asBoolean()).isFalse();
    assertThat(retry.json().get("deduped").asBoolean()).isTrue();
    assertThat(retry.json().get("s3_key")).isEqualTo(answer.get("s3_key"));
    assertThat(chunks(batch)).isOne();
  }

  @Test
  void answers_the_first_form_in_its_own_words() {
    Batch batch = Batch.first().firstForm();
    var answer =
        Batch.call(server, "/api/latest/session-recordings/batch", open, null)
            .body(batch.json())
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().propertyNames())
        .containsExactly("session_id", "batch_id", "s3_key", "deduped");
    assertThat(answer.json().get("session_id").asString()).isEqualTo(batch.get("session_id"));
    assertThat(answer.json().get("s3_key").asString()).startsWith("session-recordings/");
    assertThat(server.column("select name from session where name is not null"))
        .contains(batch.get("session_id"));
  }

  @Test
  void the_first_form_takes_five_million_bytes() {
    Batch batch = Batch.first().firstForm();
    byte[] exact = padded(batch, 5_000_000);
    byte[] over = padded(Batch.first().firstForm(), 5_000_001);
    String path = "/api/latest/session-recordings/batch";

    assertThat(Batch.call(server, path, open, null).body(exact).send().status()).isEqualTo(200);
    assertPlain(
        Batch.call(server, path, open, null).body(over).send(),
        413,
        "Request body too large (max 5000000 bytes)");
  }

  /** A batch whose JSON has exactly this many bytes. */
  private static byte[] padded(Batch batch, int bytes) {
    batch.events(List.of(Map.of("type", 5, "timestamp", 1, "data", "")));
    int missing = bytes - batch.json().length;
    batch.events(List.of(Map.of("type", 5, "timestamp", 1, "data", "x".repeat(missing))));
    byte[] json = batch.json();
    assertThat(json).hasSize(bytes);
    return json;
  }

  // B18
  @Test
  void a_body_of_exactly_the_limit_is_taken_and_a_byte_more_is_refused() {
    Batch exact = Batch.first();
    Batch over = Batch.first();

    assertThat(Batch.call(server, open, null).body(padded(exact, 1_000_000)).send().status())
        .isEqualTo(200);
    assertPlain(
        Batch.call(server, open, null).body(padded(over, 1_000_001)).send(),
        413,
        "Request body too large (max 1000000 bytes)");
    assertThat(chunks(over)).isZero();
  }

  @Test
  void who_sends_far_too_much_gets_the_answer_and_not_a_reset() {
    byte[] body = new byte[6_000_000];
    for (int i = 0; i < 20; i++) {
      assertThat(Batch.call(server, open, null).body(body).send().status()).isEqualTo(413);
    }
  }

  // B18
  @Test
  void one_and_five_thousand_events_are_taken() {
    assertThat(send(Batch.first().events(Batch.moves(1))).status()).isEqualTo(200);
    assertThat(send(Batch.first().events(Batch.moves(5_000))).status()).isEqualTo(200);
  }

  // B18
  @Test
  void no_events_and_five_thousand_and_one_are_refused() {
    Batch none = Batch.first().events(List.of());
    Batch tooMany = Batch.first().events(Batch.moves(5_001));

    assertPlain(send(none), 400, "events must not be empty");
    assertPlain(send(tooMany), 400, "Too many events (max 5000)");
    assertThat(chunks(none) + chunks(tooMany)).isZero();
  }

  // B18
  @ParameterizedTest
  @ValueSource(
      strings = {
        "7a1d5c2e-0c6b-1f3e-8a4b-1f2e3d4c5b6a",
        "7a1d5c2e-0c6b-2f3e-9a4b-1f2e3d4c5b6a",
        "7a1d5c2e-0c6b-3f3e-aa4b-1f2e3d4c5b6a",
        "7A1D5C2E-0C6B-4F3E-BA4B-1F2E3D4C5B6A",
        "7a1d5c2e-0c6b-5f3e-8a4b-1f2e3d4c5b6a",
        "7a1d5c2e-0c6b-6f3e-9a4b-1f2e3d4c5b6a",
        "7a1d5c2e-0c6b-7f3e-aa4b-1f2e3d4c5b6a",
        "7a1d5c2e-0c6b-8f3e-0a4b-1f2e3d4c5b6a"
      })
  void ids_of_versions_one_to_eight_are_taken(String id) {
    var answer =
        send(
            Batch.first()
                .with("browser_session_id", id)
                .with("session_replay_segment_id", id)
                .with("batch_id", id));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("batch_id").asString()).isEqualTo(id);
  }

  @Test
  void one_id_in_two_spellings_is_one_batch() {
    Batch batch = Batch.first();
    send(batch);
    var again =
        send(batch.with("batch_id", batch.get("batch_id").toUpperCase(java.util.Locale.ROOT)));

    assertThat(again.json().get("deduped").asBoolean()).isTrue();
  }

  // B18
  @ParameterizedTest
  @CsvSource({
    "browser_session_id, 7a1d5c2e-0c6b-0f3e-8a4b-1f2e3d4c5b6a",
    "browser_session_id, 7a1d5c2e-0c6b-9f3e-8a4b-1f2e3d4c5b6a",
    "session_replay_segment_id, 7a1d5c2e-0c6b-4f3e-ca4b-1f2e3d4c5b6a",
    "batch_id, not-an-id",
    "batch_id, 7a1d5c2e0c6b4f3e8a4b1f2e3d4c5b6a",
    "batch_id, 7a1d5c2e-0c6b-4f3e-8a4b-1f2e3d4c5b6a1",
  })
  void a_bad_id_is_refused_by_its_name(String field, String id) {
    var answer = send(Batch.first().with(field, id));

    assertKnown(answer, 400, "SCHEMA_ERROR");
    assertThat(answer.json().get("error").asString()).contains("body." + field);
    assertThat(answer.json().at("/details/message").asString()).contains("body." + field);
  }

  @Test
  void every_failing_field_is_named_at_once() {
    var answer =
        send(
            Batch.first()
                .with("browser_session_id", 7)
                .with("batch_id", "x")
                .without("session_replay_segment_id")
                .with("started_at_ms", 1.5)
                .with("sent_at_ms", -1)
                .with("events", "none"));

    assertKnown(answer, 400, "SCHEMA_ERROR");
    assertThat(answer.json().get("error").asString())
        .contains(
            "body.browser_session_id",
            "body.batch_id",
            "body.session_replay_segment_id",
            "body.started_at_ms",
            "body.sent_at_ms",
            "body.events");
  }

  @Test
  void times_end_where_javascript_dates_do() {
    long last = 8_640_000_000_000_000L;

    assertThat(send(Batch.first().with("started_at_ms", 0).with("sent_at_ms", last)).status())
        .isEqualTo(200);
    assertKnown(send(Batch.first().with("sent_at_ms", last + 2)), 400, "SCHEMA_ERROR");
    assertKnown(send(Batch.first().with("started_at_ms", "1")), 400, "SCHEMA_ERROR");
  }

  @Test
  void a_versioned_batch_has_a_version_and_a_resource_or_neither() {
    Map<String, Object> resource = Map.of("sdk", "shop-recorder");

    var both = send(Batch.first().with("schema_version", 2).with("resource", resource));
    assertThat(both.status()).as(both.body()).isEqualTo(200);
    assertThat(server.column("select device_info from session where device_info is not null"))
        .contains("{\"sdk\":\"shop-recorder\"}");
    assertKnown(send(Batch.first().with("schema_version", 2)), 400, "SCHEMA_ERROR");
    assertKnown(send(Batch.first().with("resource", resource)), 400, "SCHEMA_ERROR");
    assertKnown(
        send(Batch.first().with("schema_version", 3).with("resource", resource)),
        400,
        "SCHEMA_ERROR");
    assertKnown(
        send(Batch.first().with("schema_version", 2).with("resource", "x")), 400, "SCHEMA_ERROR");
  }

  @Test
  void events_may_be_any_value() {
    var answer = send(Batch.first().events(List.of(1, "two", List.of(3), Map.of("four", 4), true)));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(
            server.count(
                "select event_count from session where id = '%s'"
                    .formatted(answer.json().get("session_replay_id").asString())))
        .isEqualTo(5);
  }

  @Test
  void what_is_no_json_is_refused_as_such() {
    assertKnown(
        Batch.call(server, open, null).body("{\"events\":[1,").send(), 400, "BODY_PARSING_ERROR");
    assertKnown(Batch.call(server, open, null).body("").send(), 400, "BODY_PARSING_ERROR");
    assertKnown(Batch.call(server, open, null).body("[1]").send(), 400, "BODY_PARSING_ERROR");
  }

  @ParameterizedTest
  @CsvSource({
    "application/json; charset=utf-8, 200",
    "text/plain, 200",
    "application/octet-stream, 200",
    "application/x-www-form-urlencoded, 400",
    "image/png, 400"
  })
  void content_types_are_those_of_the_contract(String type, int status) {
    var answer =
        server
            .post("/api/v1/session-replays/batch")
            .header("Content-Type", type)
            .header("X-Stack-Project-Id", open.id().toString())
            .header("X-Stack-Publishable-Client-Key", open.publishableKey())
            .body(Batch.first().json())
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
  }

  @Test
  void a_gzip_body_is_known_by_its_bytes() throws IOException {
    Batch batch = Batch.first().events(Batch.moves(5_000));
    var gzip = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(gzip)) {
      out.write(batch.json());
    }
    var answer =
        server
            .post("/api/v1/session-replays/batch")
            .header("Content-Type", "application/octet-stream")
            .header("X-Stack-Project-Id", open.id().toString())
            .header("X-Stack-Publishable-Client-Key", open.publishableKey())
            .body(gzip.toByteArray())
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(chunks(batch)).isOne();
  }

  @Test
  void errors_hide_behind_200_for_clients_that_ask_for_it() {
    var known =
        Batch.call(server, open, null)
            .header("X-Stack-Override-Error-Status", "true")
            .body("{}")
            .send();
    var plain =
        Batch.call(server, open, null)
            .header("X-Hexclave-Override-Error-Status", "true")
            .body(Batch.first().events(List.of()).json())
            .send();

    assertThat(known.status()).isEqualTo(200);
    assertThat(known.header("x-stack-actual-status")).isEqualTo("400");
    assertThat(known.header("x-stack-known-error")).isEqualTo("SCHEMA_ERROR");
    assertThat(plain.status()).isEqualTo(200);
    assertThat(plain.header("x-stack-actual-status")).isEqualTo("400");
    assertThat(plain.body()).isEqualTo("events must not be empty");
  }

  @Test
  void pages_may_send_every_header_and_read_every_error() {
    String headers =
        "content-type,x-stack-access-token,x-stack-access-type,x-stack-allow-anonymous-user,"
            + "x-stack-branch-id,x-stack-client-version,x-stack-override-error-status,"
            + "x-stack-project-id,x-stack-publishable-client-key,x-stack-random-nonce,"
            + "x-stack-refresh-token,x-hexclave-access-token";
    var preflight =
        server
            .call("OPTIONS", "/api/v1/session-replays/batch")
            .header("Origin", "https://shop.example.com")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", headers)
            .send();
    var refused =
        Batch.call(server, open, null)
            .header("Origin", "https://shop.example.com")
            .body("{}")
            .send();

    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.header("Access-Control-Allow-Origin"))
        .isEqualTo("https://shop.example.com");
    assertThat(preflight.header("Access-Control-Allow-Headers")).isEqualTo(headers);
    assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("https://shop.example.com");
    assertThat(refused.header("Access-Control-Expose-Headers"))
        .contains("Retry-After", "x-stack-actual-status", "x-stack-known-error");
  }

  @Test
  void the_key_must_be_the_projects() {
    assertKnown(
        server
            .post("/api/v1/session-replays/batch")
            .header("X-Stack-Project-Id", open.id().toString())
            .header("X-Stack-Access-Type", "client")
            .header("X-Stack-Publishable-Client-Key", signedIn.publishableKey())
            .body(Batch.first().json())
            .send(),
        401,
        "INVALID_PUBLISHABLE_CLIENT_KEY");
    assertKnown(
        server
            .post("/api/v1/session-replays/batch")
            .header("X-Stack-Project-Id", open.id().toString())
            .header("X-Stack-Access-Type", "client")
            .body(Batch.first().json())
            .send(),
        401,
        "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT");
  }

  @Test
  void the_project_must_exist() {
    for (String id : List.of(Batch.id(), "internal")) {
      var answer =
          server
              .post("/api/v1/session-replays/batch")
              .header("X-Stack-Project-Id", id)
              .header("X-Stack-Access-Type", "client")
              .body(Batch.first().json())
              .send();
      assertKnown(answer, 400, "CURRENT_PROJECT_NOT_FOUND");
      assertThat(answer.json().at("/details/project_id").asString()).isEqualTo(id);
    }
    assertKnown(
        server
            .post("/api/v1/session-replays/batch")
            .header("X-Stack-Access-Type", "client")
            .body("{}")
            .send(),
        400,
        "ACCESS_TYPE_WITHOUT_PROJECT_ID");
    assertKnown(
        server
            .post("/api/v1/session-replays/batch")
            .header("X-Stack-Project-Id", open.id().toString())
            .header("X-Stack-Access-Type", "owner")
            .body("{}")
            .send(),
        400,
        "INVALID_ACCESS_TYPE");
  }

  @Test
  void a_project_with_published_keys_wants_a_signed_in_user() {
    assertKnown(Batch.first().send(server, signedIn), 401, "USER_AUTHENTICATION_REQUIRED");

    String withoutSignIn =
        issuer.token(
            signedIn.id(), Batch.id(), "", claims -> claims.claim("refresh_token_id", null));
    var answer = Batch.first().send(server, signedIn, withoutSignIn);
    assertPlain(answer, 400, "The access token does not name its refresh token");

    // What is wrong with the body is told before who is missing.
    assertKnown(Batch.first().with("batch_id", "x").send(server, signedIn), 400, "SCHEMA_ERROR");
  }

  @Test
  void a_verified_user_is_seen_in_the_replay() {
    String user = Batch.id();
    var answer =
        Batch.first().send(server, signedIn, issuer.token(signedIn.id(), user, Batch.id()));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(
            server.column(
                "select profile_id || ' ' || profile_name || ' ' || profile_email from session"
                    + " where id = '"
                    + answer.json().get("session_replay_id").asString()
                    + "'"))
        .containsExactly(user + " Ada Shopper ada@example.com");
  }

  @Test
  void a_verified_token_needs_no_publishable_key() {
    var answer =
        server
            .post("/api/v1/session-replays/batch")
            .header("Content-Type", "application/json")
            .header("X-Stack-Project-Id", signedIn.id().toString())
            .header("X-Stack-Access-Token", token())
            .body(Batch.first().json())
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void pages_of_other_origins_are_turned_away() {
    Project project =
        change(
            server.project(),
            new Projects.Change(null, List.of("https://*.example.com"), null, null, null));

    var mine =
        Batch.call(server, project, null)
            .header("Origin", "https://shop.example.com")
            .body(Batch.first().json())
            .send();
    var theirs =
        Batch.call(server, project, null)
            .header("Origin", "https://example.com.evil.test")
            .body(Batch.first().json())
            .send();

    assertThat(mine.status()).as(mine.body()).isEqualTo(200);
    assertThat(theirs.status()).isEqualTo(403);
  }

  @Test
  void too_many_requests_are_told_when_to_come_again() {
    Project project = change(server.project(), new Projects.Change(null, null, null, null, 1));

    assertThat(Batch.first().send(server, project).status()).isEqualTo(200);
    var second = Batch.first().send(server, project);
    assertThat(second.status()).isEqualTo(429);
    assertThat(Integer.parseInt(second.header("Retry-After"))).isBetween(1, 60);
  }

  @Test
  void a_used_up_quota_lets_nobody_wait_for_more_than_a_minute() {
    Project project = change(server.project(), new Projects.Change(null, null, null, 1L, null));

    assertThat(Batch.first().send(server, project).status()).isEqualTo(200);
    var second = Batch.first().send(server, project);
    assertThat(second.status()).isEqualTo(429);
    assertThat(Integer.parseInt(second.header("Retry-After"))).isBetween(1, 60);
  }

  @Test
  void what_is_refused_is_counted() {
    Project project = server.project();
    Batch.first().with("batch_id", "x").send(server, project);
    Batch.first().events(List.of()).send(server, project);

    assertThat(server.server().ingest().refusals().of(project.id(), 1))
        .singleElement()
        .satisfies(line -> {
          assertThat(line.protocol()).isEqualTo("stackauth");
          assertThat(line.reason()).isEqualTo("malformed");
          assertThat(line.count()).isEqualTo(2);
        });
  }
}

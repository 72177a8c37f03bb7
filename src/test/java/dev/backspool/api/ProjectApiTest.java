package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Projects and their keys, over HTTP. */
final class ProjectApiTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode make(String name) {
    var answer = server.post("/api/projects").admin().json(Map.of("name", name)).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    return answer.json();
  }

  private static String path(JsonNode project) {
    return "/api/projects/" + project.get("id").asString();
  }

  @Test
  void a_new_project_has_all_its_keys_and_shows_its_secret_once() {
    JsonNode made = make("Shop");

    assertThat(made.get("sdk_key").asString()).startsWith("bsk_");
    assertThat(made.get("publishable_key").asString()).startsWith("pck_");
    assertThat(made.get("client_secret").asString()).startsWith("bss_");
    assertThat(made.get("platform").asString()).isEqualTo("web");
    assertThat(Instant.parse(made.get("created_at").asString())).isBefore(Instant.now());
    JsonNode later = server.get(path(made)).admin().send().json();
    assertThat(later.has("client_secret")).isFalse();
    assertThat(later.propertyNames())
        .containsExactly(
            "id",
            "name",
            "platform",
            "sdk_key",
            "client_id",
            "publishable_key",
            "created_at",
            "allowed_origins",
            "jwks_url",
            "daily_quota_mb",
            "requests_per_minute",
            "allow_unsafe_revenue",
            "excluded_ips",
            "excluded_profiles",
            "recording_days",
            "event_days",
            "kept_days",
            "cold_after_days",
            "session_count",
            "first_recorded_at",
            "last_recorded_at",
            "sources");
  }

  @Test
  void the_list_tells_what_each_project_recorded() {
    var project = server.project();
    new Visit(server, project, "v1").page(0, "https://shop.example.com/").upload();
    new Visit(server, project, "v2").page(0, "https://shop.example.com/").upload();
    JsonNode empty = make("Empty");

    JsonNode shop = listed(project.id().toString());
    JsonNode other = listed(empty.get("id").asString());
    assertThat(shop.get("session_count").asInt()).isEqualTo(2);
    assertThat(shop.get("sources").propertyNames()).containsExactly("backspool");
    assertThat(shop.get("sources").get("backspool")).isEqualTo(shop.get("last_recorded_at"));
    assertThat(other.get("session_count").asInt()).isZero();
    assertThat(other.get("last_recorded_at").isNull()).isTrue();
    assertThat(other.get("sources").isEmpty()).isTrue();
  }

  private static JsonNode listed(String id) {
    for (JsonNode each : server.get("/api/projects").admin().send().json().get("projects")) {
      if (each.get("id").asString().equals(id)) {
        return each;
      }
    }
    throw new AssertionError("not in the list: " + id);
  }

  @Test
  void a_change_touches_the_fields_it_names_and_null_takes_limits_away() {
    JsonNode made = make("Before");
    var changed =
        server
            .call("PATCH", path(made))
            .admin()
            .body(
                """
                {"name": " After ", "allowed_origins": ["https://Shop.example.com", "https://*.example.com"],
                 "jwks_url": "https://auth.example.com/jwks.json", "daily_quota_mb": 250,
                 "requests_per_minute": 600, "allow_unsafe_revenue": true,
                 "excluded_ips": ["203.0.113.7", " 2001:DB8::1", "203.0.113.7"],
                 "excluded_profiles": ["tester"]}
                """)
            .send()
            .json();

    assertThat(changed.get("name").asString()).isEqualTo("After");
    assertThat(changed.get("allowed_origins").toString())
        .isEqualTo("[\"https://shop.example.com\",\"https://*.example.com\"]");
    assertThat(changed.get("daily_quota_mb").asInt()).isEqualTo(250);
    assertThat(changed.get("allow_unsafe_revenue").asBoolean()).isTrue();
    assertThat(changed.get("excluded_ips").toString())
        .isEqualTo("[\"203.0.113.7\",\"2001:db8:0:0:0:0:0:1\"]");
    assertThat(changed.get("excluded_profiles").toString()).isEqualTo("[\"tester\"]");
    assertThat(
            server.count(
                "select daily_quota_bytes from project where id = '%s'"
                    .formatted(made.get("id").asString())))
        .isEqualTo(250_000_000);

    var undone =
        server
            .call("PATCH", path(made))
            .admin()
            .body(
                "{\"jwks_url\": null, \"daily_quota_mb\": null, \"requests_per_minute\": null, \"excluded_ips\": []}")
            .send()
            .json();
    assertThat(undone.get("name").asString()).isEqualTo("After");
    assertThat(undone.get("allowed_origins").size()).isEqualTo(2);
    assertThat(undone.get("jwks_url").isNull()).isTrue();
    assertThat(undone.get("daily_quota_mb").isNull()).isTrue();
    assertThat(undone.get("requests_per_minute").isNull()).isTrue();
    assertThat(undone.get("excluded_ips").isEmpty()).isTrue();
    assertThat(undone.get("allow_unsafe_revenue").asBoolean()).isTrue();
    assertThat(undone.get("excluded_profiles").size()).isOne();
  }

  @Test
  void every_field_that_is_wrong_is_named_and_nothing_is_changed() {
    JsonNode made = make("Same");
    var answer =
        server
            .call("PATCH", path(made))
            .admin()
            .body(
                """
                {"name": "", "allowed_origins": ["https://ok.example.com", "shop.example.com/path"],
                 "jwks_url": "http://169.254.169.254/keys", "daily_quota_mb": 0,
                 "requests_per_minute": "many", "allow_unsafe_revenue": "yes",
                 "excluded_ips": ["127.0.0.1", "office", "300.1.1.1"],
                 "excluded_profiles": {"id": "x"}}
                """)
            .send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.json().get("code").asString()).isEqualTo("malformed");
    List<String> fields = new ArrayList<>();
    answer.json().get("errors").forEach(error -> fields.add(error.get("field").asString()));
    assertThat(fields)
        .containsExactly(
            "name",
            "allowed_origins[1]",
            "jwks_url",
            "daily_quota_mb",
            "requests_per_minute",
            "allow_unsafe_revenue",
            "excluded_ips[1]",
            "excluded_ips[2]",
            "excluded_profiles");
    assertThat(server.get(path(made)).admin().send().json().get("name").asString())
        .isEqualTo("Same");
  }

  @ParameterizedTest
  @CsvSource({
    "https://auth.example.com/keys, true",
    "http://127.0.0.1:9000/keys, true",
    "http://localhost/keys, true",
    "http://[::1]/keys, true",
    "http://auth.example.com/keys, false",
    "http://localhost.evil.example/keys, false",
    "https://user:secret@auth.example.com/keys, false",
    "ftp://auth.example.com/keys, false",
    "keys, false"
  })
  void a_jwks_address_is_https_or_this_machine(String url, boolean taken) {
    JsonNode made = make("Keys");
    var answer = server.call("PATCH", path(made)).admin().json(Map.of("jwks_url", url)).send();

    assertThat(answer.status()).isEqualTo(taken ? 200 : 400);
  }

  @ParameterizedTest
  @CsvSource({"'{}', name", "'{\"name\": 7}', name", "'[]', body", "'{\"name\"', body"})
  void a_project_needs_a_name(String body, String field) {
    var answer = server.post("/api/projects").admin().body(body).send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo(field);
  }

  @Test
  void a_new_key_ends_the_old_one_at_once() {
    JsonNode made = make("Keys");
    JsonNode rotated = server.post(path(made) + "/rotate-key").admin().send().json();

    assertThat(rotated.get("sdk_key")).isNotEqualTo(made.get("sdk_key"));
    assertThat(
            server
                .post("/v1/replay?session_id=s&batch_id=b")
                .bearer(made.get("sdk_key").asString())
                .body("[{\"type\":4,\"timestamp\":1}]")
                .send()
                .status())
        .isEqualTo(401);
  }

  @Test
  void a_new_secret_is_shown_once_and_ends_the_old_one() {
    JsonNode made = make("Secret");
    JsonNode rotated = server.post(path(made) + "/rotate-secret").admin().send().json();

    var id = java.util.UUID.fromString(made.get("id").asString());
    assertThat(server.server().projects().hasSecret(id, made.get("client_secret").asString()))
        .isFalse();
    assertThat(server.server().projects().hasSecret(id, rotated.get("client_secret").asString()))
        .isTrue();
  }

  @Test
  void a_deleted_project_is_gone_with_all_it_recorded() {
    var project = server.project();
    new Visit(server, project, "gone").page(0, "https://shop.example.com/").upload();
    String path = "/api/projects/" + project.id();

    assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(204);
    assertThat(server.get(path).admin().send().status()).isEqualTo(404);
    assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(404);
    for (String table : List.of("session", "tab", "page", "chunk", "receipt", "open_session")) {
      assertThat(
              server.count(
                  "select count(*) from %s where project_id = '%s'".formatted(table, project.id())))
          .as(table)
          .isZero();
    }
  }

  @Test
  void what_was_turned_away_is_listed_with_its_reason() {
    var project = server.project();
    server
        .post("/v1/replay?session_id=s&batch_id=b")
        .bearer(project.sdkKey())
        .body("not json")
        .send();

    JsonNode refusals =
        server
            .get("/api/projects/" + project.id() + "/refusals")
            .admin()
            .send()
            .json()
            .get("refusals");
    assertThat(refusals.size()).isOne();
    assertThat(refusals.get(0).get("protocol").asString()).isEqualTo("backspool");
    assertThat(refusals.get(0).get("reason").asString()).isEqualTo("malformed");
    assertThat(refusals.get(0).get("count").asInt()).isOne();
    assertThat(refusals.get(0).get("day").asString()).hasSize(10);
  }

  @Test
  void the_samples_appear_as_sessions() throws InterruptedException {
    var project = server.project();
    String path = "/api/projects/" + project.id();

    var answer = server.post(path + "/sample-recordings").admin().send();
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("recordings").asInt()).isEqualTo(4);

    Instant givenUpAt = Instant.now().plusSeconds(60);
    JsonNode sessions;
    do {
      Thread.sleep(100);
      sessions = server.get(path + "/sessions").admin().send().json().get("sessions");
    } while (sessions.size() < 4 && Instant.now().isBefore(givenUpAt));
    assertThat(sessions.size()).isEqualTo(4);
    assertThat(sessions.get(0).get("source").asString()).isEqualTo("import");
    assertThat(sessions.get(0).get("live").asBoolean()).isFalse();
  }
}

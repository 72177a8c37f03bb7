package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * B19: what the published client sends. Its requests were taken down, header by header, while it
 * ran in a browser against this server, on a page that loads, is used, falls silent and is left;
 * {@code published-client.json} holds them with the project, the key and the token left open.
 */
final class PublishedClientTest {
  private static final JsonNode CLIENT = read();

  private static TestServer server;
  private static Issuer issuer;

  private Projects.WithSecret shop;
  private Project project;

  private static JsonNode read() {
    try (InputStream file =
        Objects.requireNonNull(
            PublishedClientTest.class.getResourceAsStream("/stackauth/published-client.json"))) {
      return TestServer.JSON.readTree(file.readAllBytes());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @BeforeAll
  static void start() {
    server = TestServer.start();
    issuer = Issuer.start();
  }

  @AfterAll
  static void stop() {
    issuer.close();
    server.close();
  }

  @BeforeEach
  void makeProject() {
    shop = server.server().projects().create("Shop", "web");
    project =
        server
            .server()
            .projects()
            .change(
                shop.project().id(), new Projects.Change(null, null, issuer.jwksUrl(), null, null))
            .orElseThrow();
  }

  private TestServer.Call call(String method, JsonNode headers, String token) {
    TestServer.Call call = server.call(method, CLIENT.get("path").asString());
    headers
        .propertyStream()
        .forEach(header ->
            call.header(
                header.getKey(),
                header
                    .getValue()
                    .asString()
                    .replace("{project}", project.id().toString())
                    .replace("{key}", project.publishableKey())
                    .replace("{token}", token)));
    return call;
  }

  @Test
  void its_page_loads_is_used_falls_silent_and_is_left() {
    String token = issuer.token(project.id(), Batch.id(), Batch.id());
    var replays = new ArrayList<String>();
    var sent = new ArrayList<JsonNode>();
    for (JsonNode upload : CLIENT.get("uploads")) {
      var answer =
          call("POST", upload.get("headers"), token)
              .body(TestServer.JSON.writeValueAsBytes(upload.get("body")))
              .send();
      assertThat(answer.status()).as(upload.get("what") + answer.body()).isEqualTo(200);
      assertThat(answer.header("x-stack-actual-status")).isEmpty();
      assertThat(answer.header("Access-Control-Allow-Origin"))
          .isEqualTo("https://shop.example.com");
      replays.add(answer.json().get("session_replay_id").asString());
      upload.at("/body/events").forEach(sent::add);
    }

    assertThat(replays).hasSize(4).containsOnly(replays.getFirst());
    var events = new ArrayList<JsonNode>();
    JsonNode recording =
        server
            .get("/api/v1/session-replays/" + replays.getFirst() + "/events")
            .header("X-Hexclave-Project-Id", project.id().toString())
            .header("X-Hexclave-Access-Type", "server")
            .header("X-Hexclave-Secret-Server-Key", shop.clientSecret())
            .send()
            .json();
    recording.get("chunk_events").forEach(chunk -> chunk.get("events").forEach(events::add));
    assertThat(events).isEqualTo(sent);
    assertThat(
            recording
                .get("chunks")
                .valueStream()
                .map(chunk -> chunk.get("browser_session_id").asString())
                .distinct())
        .as("the browser session before and after the silence")
        .hasSize(2);
    assertThat(
            server.column(
                "select has_full_snapshot || ' ' || page_count from session where id = '"
                    + replays.getFirst()
                    + "'"))
        .containsExactly("true 2");
  }

  @Test
  void its_preflight_is_answered() {
    var answer = call("OPTIONS", CLIENT.get("preflight"), "").send();

    assertThat(answer.status()).isEqualTo(204);
    assertThat(List.of(answer.header("Access-Control-Allow-Headers").split(",", -1)))
        .contains("x-hexclave-access-token", "x-hexclave-project-id", "x-hexclave-random-nonce");
  }

  @Test
  void its_errors_come_in_the_form_it_reads() {
    JsonNode upload = CLIENT.get("uploads").get(0);
    String expired =
        issuer.token(
            project.id(),
            Batch.id(),
            Batch.id(),
            claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(120))));
    var answer =
        call("POST", upload.get("headers"), expired)
            .body(TestServer.JSON.writeValueAsBytes(upload.get("body")))
            .send();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("x-stack-actual-status")).isEqualTo("401");
    assertThat(answer.header("x-stack-known-error")).isEqualTo("ACCESS_TOKEN_EXPIRED");
    assertThat(answer.json().get("code").asString()).isEqualTo("ACCESS_TOKEN_EXPIRED");
  }
}

package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients are told that go on sending for somebody who was erased. */
final class ErasedTest {
  private static TestServer server;
  private static Issuer issuer;
  private Project project;
  private String user;
  private String token;

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
  void emptyProject() {
    project =
        server
            .server()
            .projects()
            .change(
                server.project().id(),
                new Projects.Change(null, null, issuer.jwksUrl(), null, null))
            .orElseThrow();
    user = Batch.id();
    token = issuer.token(project.id(), user, Batch.id());
  }

  private void erase(String what) {
    var answer = server.call("DELETE", "/api/projects/" + project.id() + "/" + what).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  private TestServer.Answer events(@Nullable String as, String segment) {
    var body = new LinkedHashMap<String, Object>();
    body.put("session_replay_segment_id", segment);
    body.put("batch_id", Batch.id());
    body.put("sent_at_ms", System.currentTimeMillis());
    body.put(
        "events",
        List.of(
            Map.of(
                "event_type",
                "$page-view",
                "event_at_ms",
                System.currentTimeMillis(),
                "data",
                Map.of("url", "https://shop.example.com/", "path", "/"))));
    return Batch.call(server, "/api/v1/analytics/events/batch", project, as)
        .body(TestServer.JSON.writeValueAsBytes(body))
        .send();
  }

  private static void assertGone(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(410);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.header("x-stack-actual-status")).isEqualTo("410");
    assertThat(answer.header("x-stack-known-error")).isEmpty();
    assertThat(answer.header("Retry-After")).isEmpty();
    assertThat(answer.body()).contains("erased");
  }

  private long rows(String table) {
    return server.count(
        "select count(*) from " + table + " where project_id = '" + project.id() + "'");
  }

  private long counted() {
    return server.server().ingest().refusals().of(project.id(), 2).stream()
        .filter(line -> line.protocol().equals("stackauth") && line.reason().equals("erased"))
        .mapToLong(line -> line.count())
        .sum();
  }

  @Test
  void of_an_erased_user_nothing_is_taken_by_whatever_sign_in() {
    Batch batch = Batch.first();
    assertThat(batch.send(server, project, token).status()).isEqualTo(200);
    assertThat(events(token, batch.get("session_replay_segment_id")).status()).isEqualTo(200);
    erase("profiles/" + user);

    String newSignIn = issuer.token(project.id(), user, Batch.id());
    assertGone(batch.next().send(server, project, token));
    assertGone(Batch.first().send(server, project, newSignIn));
    assertGone(events(token, Batch.id()));
    assertGone(events(newSignIn, Batch.id()));
    var quiet =
        Batch.call(server, project, token)
            .header("X-Stack-Override-Error-Status", "true")
            .body(batch.next().json())
            .send();
    assertThat(quiet.status()).isEqualTo(200);
    assertThat(quiet.header("x-stack-actual-status")).isEqualTo("410");

    assertThat(counted()).isEqualTo(5);
    for (String table : List.of("session", "chunk", "event", "profile", "open_session")) {
      assertThat(rows(table)).as(table).isZero();
    }
  }

  @Test
  void of_an_erased_replay_the_page_loads_are_refused_and_the_sign_in_goes_on() {
    Batch batch = Batch.first();
    String replay = batch.send(server, project, token).json().get("session_replay_id").asString();
    String segment = batch.get("session_replay_segment_id");
    erase("sessions/" + replay);

    assertGone(batch.next().send(server, project, token));
    assertGone(events(token, segment));
    assertThat(rows("open_session")).isZero();

    Batch nextPage =
        batch.next().with("session_replay_segment_id", Batch.id()).events(Batch.page(1));
    String next = nextPage.send(server, project, token).json().get("session_replay_id").asString();
    assertThat(next).isNotEqualTo(replay);
    assertThat(events(token, nextPage.get("session_replay_segment_id")).status()).isEqualTo(200);
    assertThat(rows("session")).isOne();
    assertThat(counted()).isEqualTo(2);
  }

  @Test
  void without_tokens_the_page_load_is_refused_as_well() {
    project = server.project();
    Batch batch = Batch.first();
    String replay = batch.send(server, project).json().get("session_replay_id").asString();
    erase("sessions/" + replay);

    assertGone(batch.next().send(server, project));
    assertGone(events(null, batch.get("session_replay_segment_id")));
    assertThat(rows("session")).isZero();
    assertThat(rows("open_session")).isZero();
  }

  @Test
  void in_the_first_form_the_session_is_refused_by_its_name() {
    Batch batch = Batch.first();
    String path = "/api/latest/session-recordings/batch";
    var stored = Batch.call(server, path, project, token).body(batch.firstForm().json()).send();
    assertThat(stored.status()).as(stored.body()).isEqualTo(200);
    erase(
        "sessions/"
            + server
                .column("select id::text from session where project_id = '" + project.id() + "'")
                .getFirst());

    Batch other = batch.next().with("session_replay_segment_id", Batch.id());
    assertGone(Batch.call(server, path, project, token).body(other.firstForm().json()).send());
    assertThat(rows("chunk")).isZero();
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Following sessions as they come and grow, over a real connection. */
@Timeout(60)
final class LiveSessionsTest {
  private TestServer server;
  private Project project;

  @BeforeEach
  void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private EventStream follow() throws IOException {
    return new EventStream(server, project, "sessions/live", null);
  }

  @Test
  void a_session_is_told_when_it_begins_and_when_it_grows() throws IOException {
    new Visit(server, project, "before").page(0, "https://shop.example.com/").upload();
    try (var follower = follow();
        var second = follow()) {
      Visit visit = new Visit(server, project, "new").page(0, "https://shop.example.com/").upload();

      JsonNode begun = follower.next("session");
      assertThat(begun.get("id").asString()).isEqualTo(visit.id());
      assertThat(begun.get("event_count").asInt()).isEqualTo(2);
      assertThat(second.next("session")).isEqualTo(begun);

      visit.click(1_000).upload();
      assertThat(follower.next("session").get("event_count").asInt()).isEqualTo(3);
    }
  }

  @Test
  void another_projects_sessions_are_not_told() throws IOException {
    try (var follower = follow()) {
      new Visit(server, server.project(), "theirs").page(0, "https://a.example/").upload();
      Visit ours = new Visit(server, project, "ours").page(0, "https://b.example/").upload();

      assertThat(follower.next("session").get("id").asString()).isEqualTo(ours.id());
    }
  }

  @Test
  void a_listener_that_is_gone_is_forgotten() throws Exception {
    var follower = follow();
    assertThat(listeners()).isEqualTo("1");
    follower.close();
    Visit visit = new Visit(server, project, "busy").page(0, "https://b.example/");
    Instant givenUpAt = Instant.now().plusSeconds(45);
    for (int i = 0; !listeners().equals("0") && Instant.now().isBefore(givenUpAt); i++) {
      visit.click(i).upload();
      Thread.sleep(200);
    }
    assertThat(listeners()).isEqualTo("0");
  }

  private String listeners() {
    return server
        .get("/metrics")
        .admin()
        .send()
        .body()
        .lines()
        .filter(line -> line.startsWith("backspool_live_views "))
        .findFirst()
        .orElseThrow()
        .substring("backspool_live_views ".length());
  }

  @Test
  void a_server_that_stops_ends_its_streams_whole() throws IOException {
    try (var follower = follow()) {
      server.close();

      follower.readToTheEnd();
    }
  }
}

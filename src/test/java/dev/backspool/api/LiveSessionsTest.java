package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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

  /** An open stream of one project's sessions. */
  private final class Follower implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader lines;

    Follower(Project project) throws IOException {
      socket = new Socket(server.url().getHost(), server.url().getPort());
      socket
          .getOutputStream()
          .write(
              """
              GET /api/projects/%s/sessions/live HTTP/1.1\r
              Host: localhost\r
              Authorization: Bearer %s\r
              \r
              """
                  .formatted(project.id(), TestServer.ADMIN_TOKEN)
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      line("Content-Type: text/event-stream");
      line("retry: ");
    }

    /** Reads up to a line with this start. */
    String line(String start) throws IOException {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.regionMatches(true, 0, start, 0, start.length())) {
          return line.substring(start.length());
        }
      }
      throw new IOException("the stream ended before " + start);
    }

    JsonNode session() throws IOException {
      line("event: session");
      return TestServer.JSON.readTree(line("data: "));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void a_session_is_told_when_it_begins_and_when_it_grows() throws IOException {
    new Visit(server, project, "before").page(0, "https://shop.example.com/").upload();
    try (var follower = new Follower(project);
        var second = new Follower(project)) {
      Visit visit = new Visit(server, project, "new").page(0, "https://shop.example.com/").upload();

      JsonNode begun = follower.session();
      assertThat(begun.get("id").asString()).isEqualTo(visit.id());
      assertThat(begun.get("event_count").asInt()).isEqualTo(2);
      assertThat(second.session()).isEqualTo(begun);

      visit.click(1_000).upload();
      assertThat(follower.session().get("event_count").asInt()).isEqualTo(3);
    }
  }

  @Test
  void another_projects_sessions_are_not_told() throws IOException {
    try (var follower = new Follower(project)) {
      new Visit(server, server.project(), "theirs").page(0, "https://a.example/").upload();
      Visit ours = new Visit(server, project, "ours").page(0, "https://b.example/").upload();

      assertThat(follower.session().get("id").asString()).isEqualTo(ours.id());
    }
  }

  @Test
  void a_listener_that_is_gone_is_forgotten() throws Exception {
    var follower = new Follower(project);
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
    try (var follower = new Follower(project)) {
      server.close();

      // The last chunk of a whole answer; a connection that is cut has none.
      assertThat(follower.line("0")).isEmpty();
    }
  }
}

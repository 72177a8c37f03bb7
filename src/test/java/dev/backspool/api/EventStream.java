package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An open stream of server-sent events, on a connection of its own. */
final class EventStream implements AutoCloseable {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final BufferedReader lines;
  private String lastId = "";

  /**
   * Opens a stream; what happens after the return is told.
   *
   * @param path behind the project's, for example {@code sessions/live}
   * @param lastId the last id of an earlier stream; null starts anew
   */
  EventStream(TestServer server, Project project, String path, @Nullable String lastId)
      throws IOException {
    var request =
        HttpRequest.newBuilder(
                server.url().resolve("/api/projects/%s/%s".formatted(project.id(), path)))
            .header("Authorization", "Bearer " + TestServer.ADMIN_TOKEN);
    if (lastId != null) {
      request.header("Last-Event-ID", lastId);
    }
    HttpResponse<InputStream> answer;
    try {
      answer = client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
    line("retry: ");
  }

  private String line(String start) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
      if (line.startsWith("id: ")) {
        lastId = line.substring("id: ".length());
      }
    }
    throw new IOException("the stream ended before " + start);
  }

  /** The data of the next message of a kind. */
  JsonNode next(String event) throws IOException {
    line("event: " + event);
    return TestServer.JSON.readTree(line("data: "));
  }

  /** The last id that was sent. */
  String lastId() {
    return lastId;
  }

  /** Reads to the end; fails when the connection is cut instead of the answer being ended. */
  void readToTheEnd() throws IOException {
    while (lines.readLine() != null) {
      // Whatever was on its way.
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}

package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** An open stream of server-sent events, over a real connection. */
final class EventStream implements AutoCloseable {
  private final Socket socket;
  private final BufferedReader lines;
  private String lastId = "";

  /**
   * Opens a stream; it is being sent when this returns.
   *
   * @param path behind the project's, for example {@code sessions/live}
   * @param headers more of the request, each ended by CR LF
   */
  EventStream(TestServer server, Project project, String path, String headers) throws IOException {
    socket = new Socket(server.url().getHost(), server.url().getPort());
    socket
        .getOutputStream()
        .write(
            """
            GET /api/projects/%s/%s HTTP/1.1\r
            Host: localhost\r
            Authorization: Bearer %s\r
            %s\r
            """
                .formatted(project.id(), path, TestServer.ADMIN_TOKEN, headers)
                .getBytes(StandardCharsets.US_ASCII));
    InputStream in = socket.getInputStream();
    lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    line("Content-Type: text/event-stream");
    line("retry: ");
  }

  /** Reads up to a line with this start; gives the rest of it. */
  String line(String start) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.regionMatches(true, 0, start, 0, start.length())) {
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

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

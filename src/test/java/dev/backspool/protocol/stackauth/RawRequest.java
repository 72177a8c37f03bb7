package dev.backspool.protocol.stackauth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;

/** An upload sent byte by byte, for what no HTTP client would do. */
final class RawRequest implements AutoCloseable {
  private final Socket socket;

  private RawRequest(Socket socket) {
    this.socket = socket;
  }

  /**
   * Sends the head of an upload.
   *
   * @param framing the header that says how the body ends
   */
  static RawRequest begin(TestServer server, Project project, String framing) throws IOException {
    var socket = new Socket(server.url().getHost(), server.url().getPort());
    socket.setSoTimeout(30_000);
    socket.setTcpNoDelay(true);
    var request = new RawRequest(socket);
    request.send(
        """
        POST /api/v1/session-replays/batch HTTP/1.1
        Host: backspool.test
        Content-Type: application/json
        X-Stack-Project-Id: %s
        X-Stack-Publishable-Client-Key: %s
        %s

        """
            .formatted(project.id(), project.publishableKey(), framing)
            .replace("\n", "\r\n")
            .getBytes(ISO_8859_1));
    return request;
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** Sends a chunk of a chunked body. */
  void sendChunk(byte[] bytes) throws IOException {
    var chunk = new ByteArrayOutputStream();
    chunk.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
    chunk.write(bytes);
    chunk.write("\r\n".getBytes(ISO_8859_1));
    send(chunk.toByteArray());
  }

  /** Whether the server has said something. */
  boolean isAnswered() throws IOException {
    return socket.getInputStream().available() > 0;
  }

  /** The head and body of the answer, read until the server closes or says no more for now. */
  String answer() throws IOException {
    var answer = new ByteArrayOutputStream();
    var in = socket.getInputStream();
    try {
      int next = in.read();
      while (next >= 0) {
        answer.write(next);
        next = answer.size() > 12 && in.available() == 0 ? -1 : in.read();
      }
    } catch (SocketException reset) {
      // The server has closed on bytes it did not want; what it said before is here.
    }
    return answer.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

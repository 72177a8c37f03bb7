package dev.backspool.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * A client's connection that is kept alive. A plain socket: the general clients cost as much as the
 * server does, and would be measured with it.
 */
final class HttpConnection implements AutoCloseable {
  private static final int LONGEST_LINE = 8 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final URI server;
  private final Socket socket;
  private final InputStream in;

  HttpConnection(URI server) throws IOException {
    this.server = server;
    socket = new Socket(server.getHost(), server.getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * Posts a body and returns when the answer is there.
   *
   * @param headers lines of more headers, each ended by CR and LF
   * @return the answer's body
   * @throws Target.Refused when the answer's status is not 200 or 202
   * @throws IOException when the other side is gone; whether it did its work is not known
   */
  String post(String path, String headers, byte[] body) throws IOException {
    String start = "POST " + path + " HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\n";
    String length = "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
    byte[] head = (start + headers + length).getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    socket.getOutputStream().write(request);
    return receive();
  }

  private String receive() throws IOException {
    String status = line();
    int length = 0;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      }
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the answer ended early");
    }
    String text = new String(body, StandardCharsets.UTF_8);
    if (!status.startsWith("HTTP/1.1 200") && !status.startsWith("HTTP/1.1 202")) {
      throw new Target.Refused(status + " " + text);
    }
    return text;
  }

  private String line() throws IOException {
    var line = new StringBuilder(64);
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > LONGEST_LINE) {
        throw new EOFException("no answer");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

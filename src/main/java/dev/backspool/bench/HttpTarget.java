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
 * A client of the upload contract on one connection that is kept alive. A plain socket: the general
 * clients cost as much as the server does, and would be measured with it.
 */
final class HttpTarget implements Target {
  private static final int LONGEST_LINE = 8 * 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final URI server;
  private final String key;
  private final Socket socket;
  private final InputStream in;

  HttpTarget(URI server, String key) throws IOException {
    this.server = server;
    this.key = key;
    socket = new Socket(server.getHost(), server.getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    in = new BufferedInputStream(socket.getInputStream());
  }

  @Override
  public void send(Upload upload, Batch batch) throws IOException {
    byte[] head =
        """
        POST /v1/replay?batch_id=%s&session_id=%s&tab_id=main&seq=%d HTTP/1.1\r
        Host: %s\r
        Authorization: Bearer %s\r
        Content-Type: application/json\r
        Content-Encoding: gzip\r
        Content-Length: %d\r
        \r
        """
            .formatted(
                batch.id(),
                batch.session(),
                batch.seq(),
                server.getAuthority(),
                key,
                upload.body().length)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(head, head.length + upload.body().length);
    System.arraycopy(upload.body(), 0, request, head.length, upload.body().length);
    socket.getOutputStream().write(request);
    receive();
  }

  private void receive() throws IOException {
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
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new Refused(status + " " + new String(body, StandardCharsets.UTF_8));
    }
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

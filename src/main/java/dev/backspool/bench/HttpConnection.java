package dev.backspool.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
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
    return new String(receive(), StandardCharsets.UTF_8);
  }

  /**
   * Gets what is at an address.
   *
   * @param headers lines of headers, each ended by CR and LF
   * @return the answer's body, in the coding it came in
   * @throws Target.Refused when the answer's status is not 200 or 202
   * @throws IOException when the other side is gone
   */
  byte[] get(String path, String headers) throws IOException {
    String head =
        "GET " + path + " HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\n" + headers + "\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return receive();
  }

  private byte[] receive() throws IOException {
    String status = line();
    int length = 0;
    boolean chunked = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      }
      chunked |= lower.equals("transfer-encoding: chunked");
    }
    byte[] body = chunked ? chunks() : exactly(length);
    if (!status.startsWith("HTTP/1.1 200") && !status.startsWith("HTTP/1.1 202")) {
      throw new Target.Refused(status + " " + new String(body, StandardCharsets.UTF_8));
    }
    return body;
  }

  private byte[] exactly(int length) throws IOException {
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the answer ended early");
    }
    return body;
  }

  private byte[] chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
      body.writeBytes(exactly(size));
      line();
    }
    while (!line().isEmpty()) {
      // Trailers end with an empty line.
    }
    return body.toByteArray();
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

package dev.backspool.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.backspool.server.TestServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;

/**
 * A connection whose client sends a request piece by piece and reads the answers when it likes, as
 * no HTTP client of the JDK would.
 */
final class RawConnection implements AutoCloseable {
  /** So small that a large answer waits in the server's socket until it is read. */
  private static final int WINDOW = 2_048;

  private final Socket socket = new Socket();
  private final InputStream in;

  RawConnection(TestServer server) throws IOException {
    socket.setReceiveBufferSize(WINDOW);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(server.url().getHost(), server.url().getPort()));
    in = new BufferedInputStream(socket.getInputStream());
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /**
   * Sends the head of a request.
   *
   * @param request for example {@code GET /healthz}
   */
  RawConnection head(String request, String... headers) throws IOException {
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    String head = request + " HTTP/1.1\r\nHost: backspool.test\r\n" + more + "\r\n";
    return send(head.getBytes(ISO_8859_1));
  }

  /** An answer, read to its end. */
  record Answer(int status, String head, String body) {}

  /**
   * Reads the next answer.
   *
   * @throws IOException when the connection ends, or is reset, before the answer does
   */
  Answer answer() throws IOException {
    var head = new StringBuilder();
    for (String line = line(); !line.isEmpty(); line = line()) {
      head.append(line.toLowerCase(Locale.ROOT)).append('\n');
    }
    int status = Integer.parseInt(head.substring(9, 12));
    byte[] body =
        head.indexOf("\ntransfer-encoding: chunked\n") > 0
            ? chunks()
            : exactly(Integer.parseInt(header(head.toString(), "content-length")));
    return new Answer(status, head.toString(), new String(body, ISO_8859_1));
  }

  private static String header(String head, String name) {
    return head.replaceFirst("(?s).*\n" + name + ": ([^\n]*)\n.*", "$1");
  }

  private byte[] chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.write(exactly(size));
      line();
    }
    line();
    return body.toByteArray();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  private byte[] exactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the answer is cut off");
    }
    return bytes;
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the answer is cut off");
      }
      line.append((char) next);
    }
    return line.toString().stripTrailing();
  }

  /** Whether the server has ended the connection, and not reset it. */
  boolean isEnded() throws IOException {
    return in.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

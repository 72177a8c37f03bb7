package dev.backspool.sync.clickhouse;

import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;

/**
 * The only way out for a client that follows redirects and takes no sockets from us: a proxy within
 * the process that leads to one host and port, and there by sockets of ours. Wherever the client is
 * sent, it gets no further.
 */
final class Gate implements AutoCloseable {
  private static final int MOST_HEAD = 8_192;

  private final ServerSocket entrance;
  private final URI goal;
  private final String wanted;
  private final SocketFactory sockets;
  private final int patienceMillis;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * Opens one.
   *
   * @param goal to which it leads, with a port
   * @param sockets by which it connects
   */
  Gate(URI goal, SocketFactory sockets, Duration patience) throws SinkException {
    this.goal = goal;
    wanted = "CONNECT %s:%d HTTP/1.1".formatted(goal.getHost(), goal.getPort());
    this.sockets = sockets;
    patienceMillis = Math.toIntExact(patience.toMillis());
    try {
      entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException failure) {
      throw new SinkException(Kind.UNREACHABLE, "No way out can be opened", failure);
    }
    Thread.ofVirtual().name("clickhouse-gate").start(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket client = entrance.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException closed) {
        // The loop ends with the entrance.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(patienceMillis);
      List<String> head = head(client.getInputStream());
      if (!head.getFirst().equalsIgnoreCase(wanted)) {
        answer(client, "403 Forbidden");
        return;
      }
      try (Socket server = sockets.createSocket()) {
        open.add(server);
        try {
          server.connect(new InetSocketAddress(goal.getHost(), goal.getPort()), patienceMillis);
        } catch (IOException unreachable) {
          close(server);
          answer(client, "502 Bad Gateway");
          return;
        }
        answer(client, "200 OK");
        client.setSoTimeout(0);
        Thread back = Thread.ofVirtual().start(() -> carry(server, client));
        carry(client, server);
        // Whoever hung up waits for nothing: what the server still says is for nobody.
        back.join(Duration.ofMillis(patienceMillis));
        close(server);
      }
    } catch (IOException | InterruptedException gone) {
      // One of the two sides hung up: the other one sees it.
    } finally {
      open.remove(client);
    }
  }

  private static List<String> head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0 || head.size() == MOST_HEAD) {
        throw new IOException("no request");
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.ISO_8859_1).lines().toList();
  }

  private static void answer(Socket client, String status) throws IOException {
    OutputStream out = client.getOutputStream();
    String close = status.startsWith("200") ? "" : "Content-Length: 0\r\nConnection: close\r\n";
    out.write("HTTP/1.1 %s\r\n%s\r\n".formatted(status, close).getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private void carry(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException ended) {
      close(from);
      close(to);
    }
  }

  private void close(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException gone) {
      // It is closed all the same.
    }
  }

  @Override
  public void close() {
    try {
      entrance.close();
    } catch (IOException gone) {
      // Nobody enters any more all the same.
    }
    Set.copyOf(open).forEach(this::close);
  }
}

package dev.backspool.archive;

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
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stands in front of a server and does to each request what a test says; one a connection. */
public final class FaultyProxy implements AutoCloseable {
  /** What happens to a request. */
  public interface Fault {
    void happenTo(Exchange exchange) throws IOException, InterruptedException;
  }

  public static final Fault NONE = Exchange::pass;

  private static final Pattern LENGTH =
      Pattern.compile("\ncontent-length: *(\\d+)", Pattern.CASE_INSENSITIVE);

  private final int behind;
  private final int port;
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile Fault fault = NONE;
  private volatile ServerSocket door;

  /** Passes everything to a port of this machine until told otherwise. */
  public FaultyProxy(int behind) throws IOException {
    this.behind = behind;
    door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    port = door.getLocalPort();
    accept(door);
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** What happens to requests from now on. */
  public void fault(Fault next) {
    fault = next;
  }

  /** Heads of the requests so far, lower case. */
  public List<String> heads() {
    return heads;
  }

  /** Refuses connections from now on. */
  public void goAway() throws IOException {
    door.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  public void comeBack() throws IOException {
    var again = new ServerSocket();
    again.setReuseAddress(true);
    again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    door = again;
    accept(again);
  }

  @Override
  public void close() throws IOException {
    goAway();
  }

  private void accept(ServerSocket at) {
    Thread.ofVirtual()
        .start(() -> {
          while (!at.isClosed()) {
            try {
              Socket client = at.accept();
              open.add(client);
              Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
              // The door was closed, and the loop ends.
            }
          }
        });
  }

  private void serve(Socket client) {
    try (client) {
      String head = readHead(client.getInputStream());
      if (!head.isEmpty()) {
        heads.add(head.toLowerCase(Locale.ROOT));
        fault.happenTo(new Exchange(client, head));
      }
    } catch (IOException | InterruptedException e) {
      // One of the two sides is gone; that is what this is for.
    } finally {
      open.remove(client);
    }
  }

  private static String readHead(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    for (int b; (b = in.read()) >= 0; ) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  /** One request and what may be done with it. */
  public final class Exchange {
    private final Socket client;
    private final String head;

    Exchange(Socket client, String head) {
      this.client = client;
      this.head = head;
    }

    public boolean is(String method) {
      return head.startsWith(method + " ");
    }

    public boolean has(String text) {
      return head.toLowerCase(Locale.ROOT).contains(text);
    }

    /** Hands it through both ways. */
    public void pass() throws IOException {
      try (Socket server = forward()) {
        server.getInputStream().transferTo(client.getOutputStream());
      }
    }

    /** Hands through the head of the answer and so many bytes of its body, then hangs up. */
    public void cutAfter(int bytes) throws IOException {
      try (Socket server = forward()) {
        InputStream in = server.getInputStream();
        OutputStream out = client.getOutputStream();
        out.write(readHead(in).getBytes(StandardCharsets.ISO_8859_1));
        out.write(in.readNBytes(bytes));
        out.flush();
      }
    }

    /** Hands the answer's body through one byte at a time. */
    public void creep(long millisAByte) throws IOException, InterruptedException {
      try (Socket server = forward()) {
        InputStream in = server.getInputStream();
        OutputStream out = client.getOutputStream();
        out.write(readHead(in).getBytes(StandardCharsets.ISO_8859_1));
        for (int b; (b = in.read()) >= 0; ) {
          out.write(b);
          Thread.sleep(millisAByte);
        }
      }
    }

    /** Lets the server do it and hangs up instead of telling. */
    public void swallowAnswer() throws IOException {
      store();
    }

    /** Lets the server do it and tells nothing so far. */
    public void store() throws IOException {
      try (Socket server = forward()) {
        server.getInputStream().transferTo(OutputStream.nullOutputStream());
      }
    }

    /** Answers by itself. */
    public void answer(int status, String code) throws IOException {
      Matcher length = LENGTH.matcher(head);
      if (length.find() && !has("100-continue")) {
        client.getInputStream().skipNBytes(Long.parseLong(length.group(1)));
      }
      String body =
          is("HEAD")
              ? ""
              : "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>told to</Message></Error>"
                  .formatted(code);
      client
          .getOutputStream()
          .write(
              ("HTTP/1.1 %d Told\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
                      + "Connection: close\r\n\r\n%s")
                  .formatted(status, body.length(), body)
                  .getBytes(StandardCharsets.ISO_8859_1));
      client.getOutputStream().flush();
    }

    /** Neither reads nor answers. */
    public void ignore() throws InterruptedException {
      while (!client.isClosed()) {
        Thread.sleep(20);
      }
    }

    private Socket forward() throws IOException {
      var server = new Socket(InetAddress.getLoopbackAddress(), behind);
      open.add(server);
      String closing =
          head.replaceFirst("(?i)\r\nconnection: [^\r]*", "")
              .replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n");
      server.getOutputStream().write(closing.getBytes(StandardCharsets.ISO_8859_1));
      server.getOutputStream().flush();
      Thread.ofVirtual()
          .start(() -> {
            try {
              client.getInputStream().transferTo(server.getOutputStream());
            } catch (IOException e) {
              // The answer is there, or nobody wants it.
            } finally {
              open.remove(server);
            }
          });
      return server;
    }
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.recording.Archives;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The real server on a fresh database of the shared embedded PostgreSQL, on a free port, and a
 * client that speaks HTTP to it.
 */
public final class TestServer implements AutoCloseable {
  public static final String ADMIN_TOKEN = "bst_test_0123456789abcdef";
  public static final JsonMapper JSON = JsonMapper.shared();

  private final Server server;
  private final Map<String, String> settings;
  private final Path folder;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestServer(Map<String, String> settings, InstantSource clock, Path folder) {
    this.settings = settings;
    this.server = new Server(Config.from(settings), clock);
    this.folder = folder;
  }

  public static TestServer start() {
    return start(Map.of());
  }

  /**
   * Starts a server.
   *
   * @param settings more settings, or others, as {@code BACKSPOOL_*} names
   */
  public static TestServer start(Map<String, String> settings) {
    return start(TestPostgres.freshDatabase(), settings);
  }

  /**
   * Starts a server that receives events, and ends their sessions, by a clock of the test's own.
   */
  public static TestServer start(InstantSource clock) {
    return start(TestPostgres.freshDatabase(), Map.of(), clock);
  }

  public static TestServer start(TestPostgres.Address database, Map<String, String> settings) {
    return start(database, settings, InstantSource.system());
  }

  /** Starts a server on a database that others may use as well. */
  public static TestServer start(
      TestPostgres.Address database, Map<String, String> settings, InstantSource clock) {
    var all = new HashMap<String, String>();
    all.put("BACKSPOOL_PORT", "0");
    all.put("BACKSPOOL_ADMIN_TOKEN", ADMIN_TOKEN);
    all.put("BACKSPOOL_DATABASE_URL", url(database));
    Path folder = freshFolder();
    all.put("BACKSPOOL_DATA_DIR", folder.toString());
    all.put("BACKSPOOL_ANALYTICS_URL", "off");
    all.putAll(settings);
    return new TestServer(all, clock, folder);
  }

  private static Path freshFolder() {
    try {
      return Files.createTempDirectory("backspool-test-");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** A test that stops its server itself has it stopped again when it ends. */
  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Its data directory, deleted with it; the archive is in it unless the settings say otherwise.
   */
  public Path folder() {
    return folder;
  }

  /** Its settings, as {@code BACKSPOOL_*} names: what a command on the same data needs. */
  Map<String, String> settings() {
    return Map.copyOf(settings);
  }

  /** The server's archives, opened once more; to be closed. */
  public Archives archives() {
    return Server.archives(Config.from(settings), server.postgres());
  }

  /** The database as {@code BACKSPOOL_DATABASE_URL} names it. */
  public static String url(TestPostgres.Address database) {
    return database
        .url()
        .replaceFirst(
            "^jdbc:postgresql://",
            "postgresql://" + database.user() + ":" + database.password() + "@");
  }

  public Server server() {
    return server;
  }

  public URI url() {
    return server.url();
  }

  /** A new project of this server. */
  public Project project() {
    return server.projects().create("Shop", "web").project();
  }

  /** An answer and its body as text. */
  public record Answer(int status, String body, HttpResponse<byte[]> response) {
    public JsonNode json() {
      return JSON.readTree(body);
    }

    public String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }
  }

  /** A request being built; sent by {@link #send}. */
  public final class Call {
    private final String method;
    private final String path;
    private final List<String> headers = new ArrayList<>();
    private BodyPublisher body = BodyPublishers.noBody();

    private Call(String method, String path) {
      this.method = method;
      this.path = path;
    }

    public Call header(String name, String value) {
      headers.add(name);
      headers.add(value);
      return this;
    }

    public Call bearer(String token) {
      return header("Authorization", "Bearer " + token);
    }

    /** With the admin token. */
    public Call admin() {
      return bearer(ADMIN_TOKEN);
    }

    public Call body(byte[] bytes) {
      body = BodyPublishers.ofByteArray(bytes);
      return this;
    }

    public Call body(String text) {
      return body(text.getBytes(StandardCharsets.UTF_8));
    }

    public Call body(BodyPublisher publisher) {
      body = publisher;
      return this;
    }

    public Call json(Object value) {
      return header("Content-Type", "application/json").body(JSON.writeValueAsBytes(value));
    }

    public Answer send() {
      HttpResponse<byte[]> response = send(BodyHandlers.ofByteArray());
      return new Answer(
          response.statusCode(), new String(response.body(), StandardCharsets.UTF_8), response);
    }

    /**
     * Sends, and gives the SHA-256 of the answer's body, which may be larger than the memory.
     *
     * @throws AssertionError when the status is not 200
     */
    public String sendForHash() {
      HttpResponse<InputStream> response =
          header("Accept-Encoding", "identity").send(BodyHandlers.ofInputStream());
      try (InputStream content = response.body();
          var hashing = new DigestInputStream(content, MessageDigest.getInstance("SHA-256"))) {
        if (response.statusCode() != 200) {
          throw new AssertionError(new String(content.readAllBytes(), StandardCharsets.UTF_8));
        }
        hashing.transferTo(OutputStream.nullOutputStream());
        return HexFormat.of().formatHex(hashing.getMessageDigest().digest());
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private <T> HttpResponse<T> send(HttpResponse.BodyHandler<T> handler) {
      var request = HttpRequest.newBuilder(url().resolve(path)).method(method, body);
      if (!headers.isEmpty()) {
        request.headers(headers.toArray(String[]::new));
      }
      try {
        return client.send(request.build(), handler);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interrupted);
      }
    }
  }

  public Call get(String path) {
    return new Call("GET", path);
  }

  public Call post(String path) {
    return new Call("POST", path);
  }

  public Call call(String method, String path) {
    return new Call(method, path);
  }

  /** Every value of one column. */
  public List<String> column(String sql) {
    return server.postgres().own(handle -> handle.createQuery(sql).mapTo(String.class).list());
  }

  /** A single number. */
  public long count(String sql) {
    return server.postgres().own(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  @Override
  public void close() {
    client.close();
    server.close();
    delete(folder);
  }
}

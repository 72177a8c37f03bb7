package dev.backspool.sync.clickhouse;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * ClickHouse for the tests: {@link ChdbServer} as a process of its own, because a fault in the
 * engine ends the process that it is in. {@code ./backspool test} installs the engine; without it
 * the tests that need it are skipped, and say so.
 */
public final class TestClickHouse implements AutoCloseable {
  private static final Path LIBRARY =
      Path.of("target", "chdb", "node_modules", "@chdb", "lib-linux-x64-gnu", "libchdb.so");
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Path storage;
  private Process process;
  private int port;

  private TestClickHouse(Path storage) throws IOException {
    this.storage = storage;
    start(0);
  }

  /** The one of this JVM, which goes when the JVM does; skips the test where there is none. */
  public static TestClickHouse shared() {
    skipWithoutEngine();
    return Shared.SERVER;
  }

  /** One of a test's own, to be killed. */
  static TestClickHouse own(Path storage) throws IOException {
    skipWithoutEngine();
    return new TestClickHouse(storage);
  }

  /** Whether there is an engine; says loudly when there is none. */
  public static boolean isThere() {
    boolean isThere = Files.isRegularFile(LIBRARY);
    if (!isThere) {
      System.err.println(
          "WARNING: no ClickHouse engine in "
              + LIBRARY
              + "; the tests against ClickHouse are SKIPPED. ./backspool test installs it.");
    }
    return isThere;
  }

  private static void skipWithoutEngine() {
    Assumptions.assumeTrue(isThere(), "no ClickHouse engine");
  }

  private void start(int wantedPort) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ChdbServer.class.getName(),
                LIBRARY.toAbsolutePath().toString(),
                storage.toAbsolutePath().toString(),
                Integer.toString(wantedPort))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line = process.inputReader().readLine();
    if (line == null || !line.startsWith("ready ")) {
      throw new IllegalStateException("ClickHouse did not start: " + line);
    }
    port = Integer.parseInt(line.substring("ready ".length()));
  }

  /** A name for a database that nobody has used yet; it is not made. */
  public static String freshName() {
    return "test_" + ProcessHandle.current().pid() + "_" + COUNTER.incrementAndGet();
  }

  public int port() {
    return port;
  }

  /** The address of a database, as an operator writes it, through a port of this machine. */
  public static String address(int port, String database) {
    return "clickhouse:http://%s:%s@127.0.0.1:%d/%s"
        .formatted(ChdbServer.USER, URLEncoder.encode(ChdbServer.PASSWORD, UTF_8), port, database);
  }

  public String address(String database) {
    return address(port, database);
  }

  /** What a statement answers, tabs between columns and a line for each row. */
  public String ask(String sql) {
    try {
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                  .header("X-ClickHouse-User", ChdbServer.USER)
                  .header("X-ClickHouse-Key", ChdbServer.PASSWORD)
                  .POST(HttpRequest.BodyPublishers.ofString(sql))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IllegalStateException(response.body());
      }
      return response.body().stripTrailing();
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  public List<String> lines(String sql) {
    return ask(sql).lines().toList();
  }

  /** Ends it without a chance to write anything. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Starts it again, on the same data and port. */
  void restart() throws IOException {
    start(port);
  }

  @Override
  public void close() {
    kill();
  }

  private static final class Shared {
    static final TestClickHouse SERVER = start();

    private static TestClickHouse start() {
      try {
        Path storage = Files.createTempDirectory("backspool-clickhouse-");
        var server = new TestClickHouse(storage);
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(() -> {
                  server.close();
                  delete(storage);
                }));
        return server;
      } catch (IOException failure) {
        throw new IllegalStateException(failure);
      }
    }

    private static void delete(Path folder) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      } catch (IOException failure) {
        throw new IllegalStateException("not cleaned up: " + folder, failure);
      }
    }
  }
}

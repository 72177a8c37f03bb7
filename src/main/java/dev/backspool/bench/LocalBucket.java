package dev.backspool.bench;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An S3 server over a directory, for the time of a measurement: S3Proxy in a process of its own.
 */
final class LocalBucket implements AutoCloseable {
  private static final String BUCKET = "replays";
  private static final String KEY = "bench";
  private static final int MOST_WAITS = 600;

  private final Process process;
  private final int port;
  private final Path log;

  private LocalBucket(Process process, int port, Path log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /**
   * Starts one with an empty bucket.
   *
   * @param jar S3Proxy's, with its dependencies
   * @throws IOException when it does not start
   */
  static LocalBucket start(Path jar, Path folder) throws IOException, InterruptedException {
    return start(jar, folder, "info");
  }

  /** As {@link #start}, but it notes its requests, which makes it somewhat slower. */
  static LocalBucket startCounting(Path jar, Path folder) throws IOException, InterruptedException {
    return start(jar, folder, "debug");
  }

  private static LocalBucket start(Path jar, Path folder, String level)
      throws IOException, InterruptedException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Path buckets = folder.resolve("buckets");
    Files.createDirectories(buckets.resolve(BUCKET));
    Path settings =
        Files.write(
            folder.resolve("s3proxy.properties"),
            List.of(
                "s3proxy.endpoint=http://127.0.0.1:" + port,
                "s3proxy.authorization=aws-v2-or-v4",
                "s3proxy.identity=" + KEY,
                "s3proxy.credential=" + KEY,
                "s3proxy.v4-max-non-chunked-request-size=" + (65L << 20),
                "jclouds.provider=filesystem-nio2",
                "jclouds.filesystem.basedir=" + buckets));
    Path log = folder.resolve("s3proxy.log");
    var bucket =
        new LocalBucket(
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx512m",
                    "-DLOG_LEVEL=" + level,
                    "-jar",
                    jar.toString(),
                    "--properties",
                    settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start(),
            port,
            log);
    for (int wait = 0; !bucket.answers(); wait++) {
      if (wait == MOST_WAITS || !bucket.process.isAlive()) {
        bucket.close();
        throw new IOException("S3Proxy did not start; its log is " + log);
      }
      Thread.sleep(50);
    }
    return bucket;
  }

  private boolean answers() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** What {@code BACKSPOOL_ARCHIVE_URL} is to be. */
  String url() {
    return "s3://%s/archive?endpoint=http://127.0.0.1:%d".formatted(BUCKET, port);
  }

  /** The settings by which a server gets in. */
  Map<String, String> keys() {
    return Map.of("BACKSPOOL_S3_ACCESS_KEY", KEY, "BACKSPOOL_S3_SECRET_KEY", KEY);
  }

  /** All settings by which a server archives here. */
  Map<String, String> settings() {
    var settings = new HashMap<>(keys());
    settings.put("BACKSPOOL_ARCHIVE_URL", url());
    return settings;
  }

  /** How many requests it has answered, where it counts them. */
  long requests() throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> line.contains("request: ")).count();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

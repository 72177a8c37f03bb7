package dev.backspool.archive;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real server of the S3 protocol, S3Proxy over a directory, as a program of its own. */
public final class S3Server implements AutoCloseable {
  public static final S3Keys KEYS = new S3Keys("backspool", "not-so-secret");

  private static final Path PROGRAM = Path.of("target", "s3proxy", "s3proxy.jar");
  private static final int MOST_WAITS = 600;

  private final Process process;
  private final int port;
  private final Path buckets;

  private S3Server(Process process, int port, Path buckets) {
    this.process = process;
    this.port = port;
    this.buckets = buckets;
  }

  /** Starts one that keeps its buckets in a folder. */
  public static S3Server start(Path folder) throws IOException, InterruptedException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Path buckets = Files.createDirectory(folder.resolve("buckets"));
    Path settings =
        Files.write(
            folder.resolve("s3proxy.properties"),
            List.of(
                "s3proxy.endpoint=http://127.0.0.1:" + port,
                "s3proxy.authorization=aws-v2-or-v4",
                "s3proxy.identity=" + KEYS.accessKey(),
                "s3proxy.credential=" + KEYS.secretKey(),
                // Its own bound on a body that is signed as a whole.
                "s3proxy.v4-max-non-chunked-request-size=" + (65L << 20),
                "jclouds.provider=filesystem-nio2",
                "jclouds.filesystem.basedir=" + buckets));
    Path log = folder.resolve("s3proxy.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                PROGRAM.toAbsolutePath().toString(),
                "--properties",
                settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var server = new S3Server(process, port, buckets);
    for (int wait = 0; !server.answers(); wait++) {
      if (wait == MOST_WAITS || !process.isAlive()) {
        process.destroyForcibly();
        throw new IllegalStateException(Files.readString(log));
      }
      Thread.sleep(50);
    }
    return server;
  }

  private boolean answers() throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Where it keeps a bucket; a folder there is one. */
  public Path folder(String bucket) {
    return buckets.resolve(bucket);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

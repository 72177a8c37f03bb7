package dev.backspool.server;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where an export comes from, if not from the data itself, and where it goes. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ExportTarget {
  private static final int BUFFER = 64 * 1024;

  @Option(names = "--out", paramLabel = "FILE", description = "Default: standard output.")
  private @Nullable Path out;

  @Mixin private AskedServer server;

  /** Writes what a running server has. */
  interface Download {
    void write(RunningServer server, String token, OutputStream out)
        throws IOException, InterruptedException;
  }

  /** Whether a running server is asked. */
  boolean isServer() {
    return server.isNamed();
  }

  /** The server, where one is asked. */
  AskedServer server() {
    return server;
  }

  /** The file; empty for standard output. */
  Optional<Path> file() {
    return Optional.ofNullable(out);
  }

  void fromServer(Main main, Download download) throws IOException, InterruptedException {
    server.ask(
        main,
        (running, token) -> {
          try (OutputStream target = open()) {
            download.write(running, token, target);
          }
          return running;
        });
  }

  OutputStream open() throws IOException {
    Path file = out;
    // Standard output stays open: it is not ours to close.
    return file != null
        ? new BufferedOutputStream(Files.newOutputStream(file), BUFFER)
        : new BufferedOutputStream(System.out, BUFFER) {
          @Override
          public void close() throws IOException {
            flush();
          }
        };
  }
}

package dev.backspool.server;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where an export comes from, if not from the data itself, and where it goes. */
final class ExportTarget {
  private static final int BUFFER = 64 * 1024;

  @Option(names = "--out", paramLabel = "FILE", description = "Default: standard output.")
  private @Nullable Path out;

  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(
      names = "--token",
      description = "Admin token, for --url (default: BACKSPOOL_ADMIN_TOKEN).")
  private @Nullable String token;

  /** Writes what a running server has. */
  interface Download {
    void write(RunningServer server, String token, OutputStream out)
        throws IOException, InterruptedException;
  }

  /** Whether a running server is asked. */
  boolean isServer() {
    return url != null;
  }

  void fromServer(Main main, Download download) throws IOException, InterruptedException {
    URI server = url;
    if (server == null) {
      throw new IllegalStateException("no --url");
    }
    String credential = token != null ? token : main.settings().get("BACKSPOOL_ADMIN_TOKEN");
    if (credential == null) {
      throw new Sentence("A running server wants the admin token: --token, or the setting.");
    }
    try (var running = new RunningServer(server);
        OutputStream target = open()) {
      download.write(running, credential, target);
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
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

package dev.backspool.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Names a running server that a command talks to. */
final class ServerOptions {
  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(
      names = "--token",
      description = "Admin token, for --url (default: BACKSPOOL_ADMIN_TOKEN).")
  private @Nullable String token;

  /** What is asked of the server. */
  interface Questions {
    void ask(RunningServer server, String token) throws IOException, InterruptedException;
  }

  /** Whether a server is named. */
  boolean isGiven() {
    return url != null;
  }

  /**
   * Asks the server.
   *
   * @throws Sentence when none answers, or there is no token
   */
  void ask(Main main, Questions questions) throws IOException, InterruptedException {
    URI server = url;
    String credential = token != null ? token : main.settings().get("BACKSPOOL_ADMIN_TOKEN");
    if (server == null || credential == null) {
      throw new Sentence("A running server wants the admin token: --token, or the setting.");
    }
    try (var running = new RunningServer(server)) {
      questions.ask(running, credential);
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
  }
}

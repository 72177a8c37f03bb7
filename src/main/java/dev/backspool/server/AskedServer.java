package dev.backspool.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A running server that a command asks as an administrator, if it does. */
final class AskedServer {
  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(
      names = "--token",
      description = "Admin token, for --url (default: BACKSPOOL_ADMIN_TOKEN).")
  private @Nullable String token;

  /** What is asked of it. */
  interface Question<T> {
    T ask(RunningServer server, String token) throws IOException, InterruptedException;
  }

  boolean isNamed() {
    return url != null;
  }

  /**
   * Asks it.
   *
   * @throws Sentence when nobody answers, or there is no token
   */
  <T> T ask(Main main, Question<T> question) throws IOException, InterruptedException {
    URI server = url;
    if (server == null) {
      throw new IllegalStateException("no --url");
    }
    String credential = token != null ? token : main.settings().get("BACKSPOOL_ADMIN_TOKEN");
    if (credential == null) {
      throw new Sentence("A running server wants the admin token: --token, or the setting.");
    }
    try (var running = new RunningServer(server)) {
      return question.ask(running, credential);
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import dev.backspool.rrweb.DamagedPayload;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code backspool export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a session's rrweb events, one a line, tab by tab in play order.",
      "",
      "Without --url the data is opened directly, while no server runs on it. With --url the",
      "session comes from a running server, named by its id.",
    },
    footer = {
      "",
      "Examples:",
      "  backspool export sample-admin-long | jq -c 'select(.type == 4).data.href'",
      "  backspool export 0192f0c1-... --url http://127.0.0.1:8420 --out session.ndjson"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Export implements Callable<Integer> {
  private static final int BUFFER = 64 * 1024;

  @ParentCommand private Main main;

  @Parameters(
      paramLabel = "SESSION",
      description = "The session's id, or the name that its recorder gave it.")
  private String session;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project, where several have such a session.")
  private @Nullable String project;

  @Option(names = "--out", paramLabel = "FILE", description = "Default: standard output.")
  private @Nullable Path out;

  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(
      names = "--token",
      description = "Admin token, for --url (default: BACKSPOOL_ADMIN_TOKEN).")
  private @Nullable String token;

  private record Found(Project project, SessionSummary session) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (url != null) {
      fromServer(url);
      return 0;
    }
    try (var installation = new Installation(main.config())) {
      Found found = find(installation);
      try (OutputStream target = target()) {
        write(new Playback(installation.database()), found, target);
      }
      return 0;
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nFrom a running server sessions come by --url.");
    }
  }

  private void fromServer(URI server) throws IOException, InterruptedException {
    String credential = token != null ? token : main.settings().get("BACKSPOOL_ADMIN_TOKEN");
    if (credential == null) {
      throw new Sentence("A running server wants the admin token: --token, or the setting.");
    }
    UUID id = id().orElseThrow(() -> new Sentence("A running server wants the session's id."));
    try (var running = new RunningServer(server);
        OutputStream target = target()) {
      running.download(credential, id, target);
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
  }

  private Optional<UUID> id() {
    try {
      return Optional.of(UUID.fromString(session));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Found find(Installation installation) {
    var sessions = new Sessions(installation.database());
    List<Found> found = new ArrayList<>();
    for (Project each : installation.projects(project)) {
      id().flatMap(id -> sessions.byId(each.id(), id))
          .or(() -> sessions.byName(each.id(), session))
          .ifPresent(summary -> found.add(new Found(each, summary)));
    }
    if (found.isEmpty()) {
      throw new Sentence("There is no session " + session);
    }
    if (found.size() > 1) {
      throw new Sentence(
          "Several projects have a session %s; choose one by --project:\n  %s"
              .formatted(
                  session,
                  String.join("\n  ", found.stream().map(each -> each.project().name()).toList())));
    }
    return found.getFirst();
  }

  private static void write(Playback playback, Found found, OutputStream target)
      throws IOException {
    UUID project = found.project().id();
    UUID session = found.session().id();
    for (Frame frame : playback.frames(project, session)) {
      Payload payload;
      try {
        payload = playback.verified(project, session, frame.n()).orElse(null);
      } catch (DamagedPayload damaged) {
        throw new Sentence("Chunk " + frame.batchId() + " is damaged: " + damaged.getMessage());
      }
      if (payload == null) {
        throw new Sentence("Chunk " + frame.batchId() + " is gone");
      }
      payload.writeLines(target);
    }
  }

  private OutputStream target() throws IOException {
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

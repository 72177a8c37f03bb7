package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    subcommands = {ExportEvents.class, ExportProject.class},
    description = {
      "Writes a session's rrweb events, one a line, tab by tab in play order; or, as",
      "'export events', a project's analytics events.",
      "",
      "Without --url the data is opened directly, while no server runs on it. With --url the",
      "session comes from a running server, named by its id.",
    },
    footer = {
      "",
      "Examples:",
      "  backspool export sample-admin-long | jq -c 'select(.type == 4).data.href'",
      "  backspool export 0192f0c1-... --url http://127.0.0.1:8420 --out session.ndjson",
      "  backspool export events --project Shop --from 2026-11-01T00:00:00Z --out events.ndjson"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Export implements Callable<Integer> {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;
  @Mixin private ExportTarget target;

  // May be missing in front of a subcommand.
  @Parameters(
      arity = "0..1",
      paramLabel = "SESSION",
      description = "The session's id, or the name that its recorder gave it.")
  private @Nullable String session;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project, where several have such a session.")
  private @Nullable String project;

  private record Found(Project project, SessionSummary session) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    String wanted = session;
    if (wanted == null) {
      throw new ParameterException(spec.commandLine(), "Missing required parameter: 'SESSION'");
    }
    if (target.isServer()) {
      UUID id =
          id(wanted).orElseThrow(() -> new Sentence("A running server wants the session's id."));
      target.fromServer(main, (running, token, out) -> running.download(token, id, out));
      return 0;
    }
    try (var installation = new Installation(main.config())) {
      Found found = find(installation, wanted);
      try (OutputStream out = target.open()) {
        write(installation.playback(), found, out);
      }
      return 0;
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nFrom a running server sessions come by --url.");
    }
  }

  private static Optional<UUID> id(String session) {
    try {
      return Optional.of(UUID.fromString(session));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Found find(Installation installation, String session) {
    var sessions = new Sessions(installation.database());
    List<Found> found = new ArrayList<>();
    for (Project each : installation.projects(project)) {
      id(session)
          .flatMap(id -> sessions.byId(each.id(), id))
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
      } catch (IOException damaged) {
        throw new Sentence("Chunk " + frame.batchId() + " is damaged: " + damaged.getMessage());
      }
      if (payload == null) {
        throw new Sentence("Chunk " + frame.batchId() + " is gone");
      }
      payload.writeLines(target);
    }
  }

  Main main() {
    return main;
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.recording.Contents.Unread;
import dev.backspool.recording.Frame;
import dev.backspool.recording.LostKey;
import dev.backspool.recording.Part;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Reel;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import dev.backspool.recording.file.DamagedRecording;
import dev.backspool.rrweb.DamagedPayload;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
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
      "",
      "What cannot be read any more, or not now, is left out and named, and the exit code is 1.",
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
  /** Lost uploads that are named one by one. */
  private static final int MOST_LINES = 20;

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
      List<String> lost;
      try (OutputStream out = target.open()) {
        lost = write(installation.playback(), found, out);
      }
      if (!lost.isEmpty()) {
        throw incomplete(lost);
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

  /**
   * Writes all events that can be read.
   *
   * @return what cannot be read, a line each
   */
  private static List<String> write(Playback playback, Found found, OutputStream target)
      throws IOException {
    var lost = new ArrayList<String>();
    Reel reel = playback.reel(found.project().id(), found.session().id());
    for (Unread unread : reel.contents().unread()) {
      Part part = unread.part();
      lost.add(line(part.firstAt(), part.lastAt(), part.events(), "", unread.why().getMessage()));
    }
    for (Frame frame : reel.contents().frames()) {
      String why;
      try {
        Optional<Payload> payload = reel.read(frame);
        if (payload.isPresent()) {
          payload.get().writeLines(target);
          continue;
        }
        why = "it is gone";
      } catch (DamagedPayload | DamagedRecording | PartFiles.Unreadable | LostKey unreadable) {
        why = unreadable.getMessage();
      }
      lost.add(
          line(frame.firstAt(), frame.lastAt(), frame.events(), " of tab " + frame.tab(), why));
    }
    return lost;
  }

  private static String line(
      Instant from, Instant to, long events, String where, @Nullable String why) {
    return "  %s to %s: %d events%s: %s".formatted(from, to, events, where, why);
  }

  /** Ends the command with what is not in its output. */
  private static Sentence incomplete(List<String> lost) {
    int more = lost.size() - MOST_LINES;
    return new Sentence(
        "The export is not complete. These events cannot be read and were left out:\n"
            + String.join("\n", lost.subList(0, Math.min(lost.size(), MOST_LINES)))
            + (more > 0 ? "\n  and " + more + " more uploads" : ""));
  }

  Main main() {
    return main;
  }
}

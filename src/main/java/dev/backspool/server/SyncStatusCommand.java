package dev.backspool.server;

import dev.backspool.api.SyncJson;
import dev.backspool.api.SyncJson.MappingJson;
import dev.backspool.api.SyncJson.SinkJson;
import dev.backspool.api.SyncJson.StageJson;
import dev.backspool.http.Json;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.sync.Whereabouts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool sync status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Tells how far copies elsewhere are, and what keeps them from being there.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:told, whatever it is", "1:it could not be told", "2:called wrongly"},
    footerHeading = "%nExamples:%n",
    footer = {
      "  backspool sync status",
      "  backspool sync status --project Shop",
      "  backspool sync status --json --url http://127.0.0.1:8420 | jq .totals"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SyncStatusCommand implements Callable<Integer> {
  @ParentCommand private SyncCommand group;
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Only this project, by its name or id (default: all).")
  private @Nullable String project;

  @Option(names = "--json", description = "Write one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (server.isGiven()) {
      server.ask(group.main(), (running, token) -> write(running.syncStatus(token, project)));
    } else {
      try (var installation = new Installation(group.main().config())) {
        var statuses = installation.sync().statuses();
        write(
            SyncJson.of(
                project == null
                    ? statuses.all()
                    : statuses.of(installation.onlyProject(project).id())));
      } catch (PostgresStartException e) {
        throw new Sentence(e.getMessage() + "\nA running server tells it by --url.");
      }
    }
    return 0;
  }

  private void write(SyncJson status) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new String(Json.bytes(status), StandardCharsets.UTF_8));
    } else {
      status.stages().forEach(stage -> out.println(line(stage, status.generatedAt())));
      if (status.sinks().isEmpty()) {
        out.println("\nThere are no sinks.");
      }
      status.sinks().forEach(sink -> write(out, sink, status.generatedAt()));
    }
    out.flush();
  }

  private static String line(StageJson stage, Instant now) {
    return "%-5s %-7s %s"
        .formatted(
            stage.stage(),
            stage.paused() ? "paused" : "runs",
            stage.stage().equals("tidy")
                ? rows(stage.behind(), stage.exact()) + " keys of deleted rows to let go of"
                : behind(stage.behind(), stage.exact(), stage.oldestAt(), now));
  }

  private static void write(PrintWriter out, SinkJson sink, Instant now) {
    out.printf("%n%s (%s%s)  %s%n", sink.name(), sink.kind(), place(sink.address()), sink.id());
    out.printf(
        "  %s: %s%s%n",
        sink.state(),
        behind(sink.behind(), sink.exact(), sink.oldestAt(), now),
        sink.quarantined() == 0
            ? ""
            : String.format(Locale.ROOT, ", %,d rows in quarantine", sink.quarantined()));
    if (sink.error() != null) {
      out.printf("  %s%n", sink.error());
      if (sink.retryAt() != null) {
        out.printf("  It is tried again at %s.%n", sink.retryAt());
      }
    }
    for (MappingJson mapping : sink.mappings()) {
      out.printf(
          Locale.ROOT,
          "  %-18s %-8s %s, %,d delivered%s%n",
          mapping.mapping(),
          mapping.state(),
          behind(mapping.behind(), mapping.exact(), mapping.oldestAt(), now),
          mapping.delivered(),
          mapping.quarantined() == 0
              ? ""
              : String.format(Locale.ROOT, ", %,d in quarantine", mapping.quarantined()));
      if (mapping.reason() != null) {
        out.printf("    %s%n", mapping.reason());
      }
    }
  }

  private static String place(@Nullable Whereabouts address) {
    return address == null
        ? ""
        : ", %s@%s:%d/%s"
            .formatted(
                text(address.user()),
                text(address.host()),
                address.port(),
                text(address.database()));
  }

  private static String text(@Nullable String part) {
    return part == null ? "" : part;
  }

  private static String rows(long rows, boolean exact) {
    return (exact ? "" : "about ") + String.format(Locale.ROOT, "%,d", rows);
  }

  private static String behind(long rows, boolean exact, @Nullable Instant oldest, Instant now) {
    if (rows == 0) {
      return "nothing behind";
    }
    String age =
        oldest == null
            ? ""
            : ", the oldest for " + VerifyProgress.time(Duration.between(oldest, now));
    return rows(rows, exact) + (rows == 1 ? " row behind" : " rows behind") + age;
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.analytics.Event;
import dev.backspool.analytics.EventFilter;
import dev.backspool.analytics.EventLog;
import dev.backspool.api.EventJson;
import dev.backspool.http.Json;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Page;
import dev.backspool.postgres.PostgresStartException;
import java.io.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool export events}. */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a project's analytics events, one a line, oldest first, as the API shows them.",
      "",
      "Without --url the data is opened directly, while no server runs on it. With --url the",
      "events come from a running server.",
    },
    footer = {
      "",
      "Examples:",
      "  backspool export events --project Shop --name purchase | jq .revenue",
      "  backspool export events --project Shop --from 2026-11-01T00:00:00Z \\",
      "    --url http://127.0.0.1:8420 --out events.ndjson"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ExportEvents implements Callable<Integer> {
  /** Rows in memory at a time. */
  private static final int PAGE = 5_000;

  @ParentCommand private Export export;
  @Spec private CommandSpec spec;
  @Mixin private ExportTarget target;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project; needed when there are several.")
  private @Nullable String project;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Earliest event, such as 2026-11-01T00:00:00Z.")
  private @Nullable OffsetDateTime from;

  @Option(names = "--to", paramLabel = "TIME", description = "Events before this time.")
  private @Nullable OffsetDateTime to;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Only events of this name; may be given several times.")
  private List<String> names = List.of();

  @Option(
      names = "--profile",
      paramLabel = "ID",
      description = "Only events of this person, or of this device while anonymous.")
  private @Nullable String profile;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var filter =
        new EventFilter(
            names, profile, null, null, null, null, null, instant(from), instant(to), Map.of());
    try (var written = new Written()) {
      if (target.isServer()) {
        target.fromServer(
            export.main(),
            (server, token, out) ->
                server.downloadEvents(token, project, filter, out, written::add));
      } else {
        fromInstallation(filter, written);
      }
    }
    return 0;
  }

  private void fromInstallation(EventFilter filter, Written written) throws IOException {
    try (var installation = new Installation(export.main().config())) {
      Project of = installation.onlyProject(project);
      var log = new EventLog(installation.database());
      try (OutputStream out = target.open()) {
        @Nullable Cursor<Long> after = null;
        do {
          Page<Event, Long> page =
              log.page(of.id(), filter, EventLog.Order.OLDEST_FIRST, after, PAGE);
          for (Event event : page.rows()) {
            out.write(Json.bytes(EventJson.of(event)));
            out.write('\n');
          }
          written.add(page.rows().size());
          after = page.next();
        } while (after != null);
      }
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nFrom a running server events come by --url.");
    }
  }

  private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
    return time == null ? null : time.toInstant();
  }

  /** Shows on a terminal how far it is, and at the end how many lines were written. */
  private final class Written implements AutoCloseable {
    private final Optional<ProgressBar> bar =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .map(_ ->
                new ProgressBarBuilder()
                    .setTaskName("events")
                    .setInitialMax(-1)
                    .clearDisplayOnFinish()
                    .build());
    private long events;

    void add(int more) {
      events += more;
      bar.ifPresent(shown -> shown.stepTo(events));
    }

    @Override
    public void close() {
      bar.ifPresent(ProgressBar::close);
      // Standard output may be the export itself.
      spec.commandLine().getErr().printf("%d %s%n", events, events == 1 ? "event" : "events");
    }
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.api.SyncCheck;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.sync.QuietSync;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool sync verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Looks whether copies elsewhere hold what PostgreSQL has.",
      "",
      "Each sink is brought up to one moment, and compared as of then: counts and hashes of",
      "ranges of keys, and row by row where they differ. Nothing else arrives there meanwhile.",
      "",
      "A server has the columnar store within it to itself: verify through it, with --url.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing differs, or all that did is repaired",
      "1:something differs, or could not be compared",
      "2:called wrongly"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  backspool sync verify",
      "  backspool sync verify --repair --project Shop",
      "  backspool sync verify --json --url http://127.0.0.1:8420 | jq .summary"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SyncVerify implements Callable<Integer> {
  @ParentCommand private SyncCommand group;
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(
      names = "--repair",
      description = "Bring rows that differ there once more, and look again.")
  private boolean repair;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Only this project, by its name or id (default: all).")
  private @Nullable String project;

  @Option(
      names = "--sink",
      paramLabel = "ID",
      description = "Only this sink, by its id: see 'backspool sync status' (default: all).")
  private @Nullable UUID sink;

  @Option(names = "--json", description = "Write one JSON object with differences and summary.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var report = new SyncVerifyReport(spec.commandLine(), json, repair)) {
      if (server.isGiven()) {
        server.ask(
            group.main(),
            (running, token) -> running.verifySync(token, project, sink, repair, report));
      } else {
        onData(report);
      }
      return report.isClean() ? 0 : 1;
    }
  }

  private void onData(SyncVerifyReport report) {
    try (var installation = new Installation(group.main().config())) {
      QuietSync sync = installation.sync();
      if (sink != null && sync.sinks().find(sink).isEmpty()) {
        throw new ParameterException(spec.commandLine(), "There is no sink " + sink);
      }
      report.accept(
          new SyncCheck(
                  sync.sinks(),
                  sync.statuses(),
                  sync.verifier(),
                  installation.projects(null),
                  new SyncCheck.Options(only(installation), sink, repair),
                  report)
              .run());
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nThrough a running server it is verified by --url.");
    } catch (DatabaseUnavailable e) {
      throw new Sentence(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable UUID only(Installation installation) {
    if (project == null) {
      return null;
    }
    List<Project> found = installation.projects(project);
    if (found.size() == 1) {
      return found.getFirst().id();
    }
    throw new ParameterException(
        spec.commandLine(),
        found.isEmpty()
            ? "There is no project " + project
            : "Several projects are named " + project + "; choose one by its id");
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.api.VerifyJson.Line;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.verify.Finding;
import dev.backspool.verify.Options;
import dev.backspool.verify.Progress;
import dev.backspool.verify.Verification;
import dev.backspool.verify.Watcher;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Looks whether everything that was taken in is there, and whole.",
      "",
      "Walks PostgreSQL and the archive: every checksum, every index, every count, everything",
      "that names something else. What is wrong is told on standard output, a finding after the",
      "other, each looked at twice: a server may be at work meanwhile.",
      "",
      "A server on the embedded database has it to itself: verify through it, with --url. On a",
      "database of your own either way will do.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong, or all that was is repaired",
      "1:something is wrong, or it could not be verified",
      "2:called wrongly"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  backspool verify",
      "  backspool verify --repair --project Shop",
      "  backspool verify --quick --json --url http://127.0.0.1:8420 | jq .summary"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Verify implements Callable<Integer> {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Option(
      names = "--repair",
      description = {
        "Put right what can be: count again, delete what nothing names, give back leases that are",
        "stuck. The last copy of anything is never deleted."
      })
  private boolean repair;

  @Option(
      names = "--quick",
      description = "Open no uploads: of an object only look at its size and its index.")
  private boolean quick;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Only this project, by its name or id (default: all).")
  private @Nullable String project;

  @Option(names = "--json", description = "Write one JSON object with findings and summary.")
  private boolean json;

  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(
      names = "--token",
      description = "Admin token, for --url (default: BACKSPOOL_ADMIN_TOKEN).")
  private @Nullable String token;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var report = new VerifyReport(spec.commandLine(), json, repair)) {
      URI server = url;
      if (server != null) {
        throughServer(server, report);
      } else {
        onData(report);
      }
      return report.isClean() ? 0 : 1;
    }
  }

  private void throughServer(URI server, Consumer<Line> lines)
      throws IOException, InterruptedException {
    String credential = token != null ? token : main.settings().get("BACKSPOOL_ADMIN_TOKEN");
    if (credential == null) {
      throw new Sentence("A running server wants the admin token: --token, or the setting.");
    }
    try (var running = new RunningServer(server)) {
      running.verify(credential, project, repair, quick, lines);
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
  }

  private void onData(VerifyReport report) throws InterruptedException {
    try (var installation = new Installation(main.config())) {
      Map<UUID, String> names =
          installation.projects(null).stream()
              .collect(Collectors.toMap(Project::id, Project::name));
      var verification =
          new Verification(
              installation.database(),
              installation.archives(),
              new Options(only(installation), repair, quick));
      report.accept(
          Line.of(
              verification.run(
                  new Watcher() {
                    @Override
                    public void progress(Progress progress) {
                      report.accept(Line.of(progress));
                    }

                    @Override
                    public void found(Finding finding) {
                      report.accept(Line.of(finding, names.get(finding.place().project())));
                    }
                  })));
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nThrough a running server it is verified by --url.");
    } catch (Verification.Running | ArchiveUnavailable | DatabaseUnavailable e) {
      throw new Sentence(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable UUID only(Installation installation) {
    if (project == null) {
      return null;
    }
    var found = installation.projects(project);
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

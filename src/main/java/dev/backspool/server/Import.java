package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.Visitor;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Importer.Imported;
import dev.backspool.ingest.Importer.Progress;
import dev.backspool.postgres.PostgresStartException;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool import}. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Stores recordings from files.",
      "",
      "A file holds rrweb events as a JSON array or one a line; plain, .gz or .zst (also with",
      "long windows). It becomes a session of its name. Importing a file again stores nothing",
      "twice, and goes on where a broken import ended.",
      "",
      "Without --url the data is opened directly, while no server runs on it; the events keep",
      "their times. With --url and --key they are uploaded to a running server; a recording",
      "older than six days is then dated as if it began now.",
    },
    footer = {
      "",
      "Examples:",
      "  backspool import admin-long.json.zst --project Shop",
      "  backspool import *.json.gz --url http://127.0.0.1:8420 --key bsk_0a1b..."
    },
    subcommands = {ImportOpenPanel.class, ImportProject.class})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Import implements Callable<Integer> {
  private static final Visitor NOBODY = Visitor.UNKNOWN;

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "A recording.")
  private List<Path> files = List.of();

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project; needed when there are several.")
  private @Nullable String project;

  @Option(
      names = "--session-name",
      paramLabel = "NAME",
      description = "Name of the session; for a single file (default: the file's name).")
  private @Nullable String sessionName;

  @Option(names = "--url", description = "Address of a running server.")
  private @Nullable URI url;

  @Option(names = "--key", description = "Write key (bsk_...) of the project, for --url.")
  private @Nullable String key;

  /** Stores one recording in one of the two ways. */
  private interface Destination {
    Imported store(String session, InputStream json, Progress progress)
        throws IOException, InterruptedException;
  }

  Main main() {
    return main;
  }

  Config config() {
    return main.config();
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (files.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "Missing required parameter: FILE");
    }
    if (sessionName != null && files.size() > 1) {
      throw new Sentence("--session-name names one session, but there are several files.");
    }
    if ((url == null) != (key == null)) {
      throw new Sentence("--url and --key go together.");
    }
    return url != null && key != null ? toServer(url, key) : toInstallation();
  }

  private int toServer(URI server, String writeKey) throws IOException, InterruptedException {
    try (var running = new RunningServer(server)) {
      importAll((session, json, progress) -> running.upload(writeKey, session, json, progress));
      return 0;
    } catch (ConnectException e) {
      throw new Sentence("No server answers at " + server);
    }
  }

  private int toInstallation() throws IOException, InterruptedException {
    try (var installation = new Installation(main.config())) {
      Project into = installation.destination(project);
      Importer importer = installation.importer();
      importAll((session, json, progress) -> {
        try {
          return importer.importRecording(into, session, json, NOBODY, progress);
        } catch (Importer.NotImported e) {
          throw new Sentence(String.valueOf(e.getMessage()));
        }
      });
      return 0;
    } catch (PostgresStartException e) {
      throw new Sentence(
          e.getMessage() + "\nInto a running server recordings go by --url and --key.");
    }
  }

  private void importAll(Destination destination) throws IOException, InterruptedException {
    for (Path path : files) {
      String session = sessionName != null ? sessionName : RecordingFile.sessionName(path);
      Imported imported;
      try (var file = new RecordingFile(path)) {
        imported = importOne(path, session, file, destination);
      } catch (Sentence sentence) {
        throw new Sentence(path + ": " + sentence.getMessage());
      }
      spec.commandLine()
          .getOut()
          .printf(
              "%s: session %s (%s), %d events in %d %s%s%n",
              path,
              imported.session(),
              session,
              imported.events(),
              imported.blocks(),
              imported.blocks() == 1 ? "chunk" : "chunks",
              imported.deduped() == 0 ? "" : ", %d were there".formatted(imported.deduped()));
      spec.commandLine().getOut().flush();
    }
  }

  private static Imported importOne(
      Path path, String session, RecordingFile file, Destination destination)
      throws IOException, InterruptedException {
    if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isEmpty()) {
      return destination.store(session, file.json(), Progress.NONE);
    }
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(session)
            .setInitialMax(Files.size(path))
            .setUnit(" kB", 1000)
            .clearDisplayOnFinish()
            .build()) {
      return destination.store(
          session,
          file.json(),
          (events, _) -> {
            bar.stepTo(file.position());
            bar.setExtraMessage(events + " events");
          });
    }
  }
}

package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.transfer.EntryCopy;
import dev.backspool.transfer.PartialFile;
import dev.backspool.transfer.Place;
import dev.backspool.transfer.ProjectExport;
import dev.backspool.transfer.ProjectFileException;
import dev.backspool.transfer.ProjectFileWriter;
import dev.backspool.transfer.ProjectHead;
import dev.backspool.transfer.Totals;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool export project}. */
@Command(
    name = "project",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a whole project into one tar: settings, people, sessions, recordings, events, all of",
      "it plain. 'import project' stores it on another installation, or in another archive.",
      "",
      "Run again with the same --out, a broken export goes on behind the last whole entry.",
      "",
      "Without --url the data is opened directly, while no server runs on it. With --url the",
      "project comes from a running server.",
    },
    footer = {
      "",
      "Exit codes: 0 whole, 1 broken off or failed, 3 whole, but some recordings are not: what is",
      "lost of them stands in their sessions' entries.",
      "",
      "Examples:",
      "  backspool export project --project Shop --out shop.tar",
      "  backspool export project --url http://127.0.0.1:8420 --with-keys --out shop.tar"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ExportProject implements Callable<Integer> {
  private static final int WITH_LOSSES = 3;

  @ParentCommand private Export export;
  @Spec private CommandSpec spec;
  @Mixin private ExportTarget target;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project; needed when there are several.")
  private @Nullable String project;

  @Option(
      names = "--with-keys",
      description = {
        "With the keys that SDKs send and the hash of the client secret, so that they need no",
        "change after a move. Whoever has the file can then write into the project."
      })
  private boolean withKeys;

  /** Where the project comes from. */
  private interface Source {
    String project();

    void begin(ProjectFileWriter file, TransferBar bar) throws IOException, InterruptedException;

    void goOn(Place from, ProjectFileWriter file) throws IOException, InterruptedException;
  }

  private record Data(ProjectExport export, Project of, boolean withKeys) implements Source {
    @Override
    public String project() {
      return of.id().toString();
    }

    @Override
    public void begin(ProjectFileWriter file, TransferBar bar) throws IOException {
      ProjectHead head = export.head(of, withKeys);
      bar.expect(head.expected());
      export.write(head, file);
    }

    @Override
    public void goOn(Place from, ProjectFileWriter file) throws IOException {
      export.write(of.id(), from, file);
    }
  }

  private record Served(RunningServer server, String token, String project, boolean withKeys)
      implements Source {
    @Override
    public void begin(ProjectFileWriter file, TransferBar bar)
        throws IOException, InterruptedException {
      EntryCopy.copy(
          server.export(token, project, withKeys, null), file, head -> bar.expect(head.expected()));
    }

    @Override
    public void goOn(Place from, ProjectFileWriter file) throws IOException, InterruptedException {
      EntryCopy.copy(server.export(token, project, withKeys, from), file, _ -> {});
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (target.isServer()) {
      return target
          .server()
          .ask(
              export.main(),
              (server, token) ->
                  write(new Served(server, token, server.onlyProject(token, project), withKeys)));
    }
    try (var installation = new Installation(export.main().config())) {
      return write(
          new Data(installation.projectExport(), installation.onlyProject(project), withKeys));
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nFrom a running server projects come by --url.");
    }
  }

  private int write(Source source) throws IOException, InterruptedException {
    Path path = target.file().orElse(null);
    Optional<PartialFile> begun = begun(source, path);
    try {
      Totals totals = begun.isPresent() ? goOn(source, begun.get()) : writeAnew(source);
      if (path != null) {
        sync(path);
      }
      return tell(totals);
    } catch (ConnectException e) {
      throw e;
    } catch (IOException e) {
      throw new Sentence(
          "The export is not whole: %s%s"
              .formatted(
                  e instanceof ProjectFileException ? String.valueOf(e.getMessage()) : e.toString(),
                  path == null ? "" : "\nThe same command, run again, goes on from there."));
    }
  }

  /** An earlier export that ends too early; empty where there is none. */
  private Optional<PartialFile> begun(Source source, @Nullable Path path) throws IOException {
    if (path == null || !Files.isRegularFile(path)) {
      return Optional.empty();
    }
    Optional<PartialFile> begun;
    try (TransferBar bar = TransferBar.of("checking", Files.size(path))) {
      begun = PartialFile.read(path, bytes -> bar.at(bytes, ""));
    } catch (ProjectFileException e) {
      throw new Sentence(String.valueOf(e.getMessage()));
    }
    if (begun.isPresent()) {
      ProjectHead head = begun.get().head();
      String of = head.project().id().toString();
      boolean hasKeys = head.keys() != null;
      if (!of.equals(source.project()) || hasKeys != withKeys) {
        begun.get().close();
        throw new Sentence(
            "%s is the beginning of another export: of %s, %s keys. Delete it, or name another file."
                .formatted(path, head.project().name(), hasKeys ? "with" : "without"));
      }
    }
    return begun;
  }

  private Totals writeAnew(Source source) throws IOException, InterruptedException {
    try (TransferBar bar = TransferBar.of("export", -1);
        var file = new ProjectFileWriter(target.open(), Instant.now(), bar)) {
      source.begin(file, bar);
      file.finish();
      return file.totals();
    }
  }

  private Totals goOn(Source source, PartialFile begun) throws IOException, InterruptedException {
    spec.commandLine().getErr().printf("going on behind %,d entries%n", begun.totals().entries());
    try (TransferBar bar = TransferBar.of("export", -1);
        ProjectFileWriter file = begun.resume(bar)) {
      bar.expect(begun.head().expected());
      bar.skip(begun.totals());
      source.goOn(begun.place(), file);
      file.finish();
      return file.totals();
    }
  }

  /** Whoever has the file may well delete what it was made of. */
  private static void sync(Path path) throws IOException {
    try (var file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.force(true);
    }
  }

  private int tell(Totals totals) {
    PrintWriter err = spec.commandLine().getErr(); // Standard output may be the file.
    err.printf(
        "%,d sessions, %,d recordings with %,d uploads, %,d events, %,d profiles, %,d groups in %,.1f"
            + " MB%n",
        totals.sessions(),
        totals.recordings(),
        totals.frames(),
        totals.events(),
        totals.profiles(),
        totals.groups(),
        totals.bytes() / 1e6);
    if (totals.lost() == 0) {
      return 0;
    }
    err.printf(
        "%,d recordings could not be read whole; \"lost\" in their sessions' entries says what is"
            + " missing%n",
        totals.lost());
    return WITH_LOSSES;
  }
}

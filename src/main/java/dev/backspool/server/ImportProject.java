package dev.backspool.server;

import dev.backspool.postgres.PostgresStartException;
import dev.backspool.transfer.Destination;
import dev.backspool.transfer.NotNow;
import dev.backspool.transfer.Pieces;
import dev.backspool.transfer.ProjectFileException;
import dev.backspool.transfer.ProjectImport;
import dev.backspool.transfer.Tally;
import dev.backspool.transfer.WholeFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code backspool import project}. */
@Command(
    name = "project",
    mixinStandardHelpOptions = true,
    description = {
      "Stores a project that 'export project' wrote. The file is read through and compared with",
      "its manifest before anything is stored; recordings go straight into the archive that the",
      "settings name. Run again, a broken import goes on: nothing is stored twice.",
      "",
      "The project comes under its own id; with --project, into another one of that name, which is",
      "made where there is none. A project that is there keeps its own settings and keys.",
      "",
      "Without --url the data is opened directly, while no server runs on it. With --url a running",
      "server stores it.",
    },
    footer = {
      "",
      "Examples:",
      "  backspool import project shop.tar",
      "  backspool import project shop.tar --url https://replay.example.com --project 'Shop copy'"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ImportProject implements Callable<Integer> {
  private static final int BUFFER = 1 << 16;

  @ParentCommand private Import parent;
  @Spec private CommandSpec spec;
  @Mixin private AskedServer server;

  @Parameters(arity = "1", paramLabel = "FILE", description = "A project, as a tar.")
  private Path file;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of another project than the file's own.")
  private @Nullable String project;

  @Override
  public Integer call() throws IOException, InterruptedException {
    WholeFile whole = check();
    Tally tally =
        server.isNamed()
            ? server.ask(parent.main(), (running, token) -> send(running, token, whole))
            : store(whole);
    tell(tally);
    return 0;
  }

  private WholeFile check() throws IOException {
    try (TransferBar bar = TransferBar.of("checking", Files.size(file))) {
      return WholeFile.check(file, bytes -> bar.at(bytes, ""));
    } catch (NoSuchFileException e) {
      throw new Sentence("There is no file " + file);
    } catch (ProjectFileException e) {
      throw new Sentence(e.getMessage() + "\nNothing was stored.");
    } catch (IOException e) {
      throw new Sentence(file + " cannot be read: " + e);
    }
  }

  private Tally store(WholeFile whole) throws IOException {
    try (var installation = new Installation(parent.config());
        InputStream tar = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        TransferBar bar = TransferBar.of("import", whole.size())) {
      ProjectImport importing = installation.projectImport();
      Destination to = importing.destination(whole.head(), project);
      tellDestination(
          to.project().name(),
          to.project().id().toString(),
          to.made(),
          to.withItsKeys(),
          to.clientSecret());
      return importing.take(
          to.project().id(), tar, (soFar, position) -> bar.at(position, progress(soFar)));
    } catch (ProjectFileException e) {
      throw new Sentence(String.valueOf(e.getMessage()));
    } catch (NotNow e) {
      throw new Sentence(e.getMessage() + "\nThe same command, run again, goes on from there.");
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nInto a running server projects go by --url.");
    }
  }

  private Tally send(RunningServer running, String token, WholeFile whole)
      throws IOException, InterruptedException {
    JsonNode begun = running.beginImport(token, whole.head(), project);
    JsonNode to = begun.path("project");
    String id = to.path("id").asString();
    tellDestination(
        to.path("name").asString(),
        id,
        begun.path("made").asBoolean(),
        begun.path("with_its_keys").asBoolean(),
        to.path("client_secret").asString(null));
    Tally tally = Tally.NOTHING;
    try (var pieces = new Pieces(whole);
        TransferBar bar = TransferBar.of("import", whole.size())) {
      for (Optional<Pieces.Piece> piece = pieces.next(); piece.isPresent(); piece = pieces.next()) {
        tally = tally.plus(running.importPiece(token, id, piece.get()));
        bar.at(piece.get().to(), progress(tally));
      }
    } catch (ConnectException e) {
      throw e;
    } catch (IOException e) {
      throw new Sentence(
          "The server does not answer any more: %s%nThe same command, run again, goes on from there."
              .formatted(e));
    }
    return tally;
  }

  private static String progress(Tally tally) {
    return "%,d sessions, %,d events"
        .formatted(
            tally.sessions() + tally.completed() + tally.known(),
            tally.events() + tally.knownEvents());
  }

  private void tellDestination(
      String name, String id, boolean made, boolean withItsKeys, @Nullable String clientSecret) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("into project %s (%s)%n", name, id);
    if (made && !withItsKeys) {
      out.println("It has new keys: its Setup page shows them.");
    }
    if (clientSecret != null) {
      out.println("Its client secret, shown this once: " + clientSecret);
    }
    out.flush();
  }

  private void tell(Tally tally) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%,d sessions with %,d uploads, %,d events, %,d profiles, %,d groups%n",
        tally.sessions(), tally.frames(), tally.events(), tally.profiles(), tally.groups());
    if (tally.known() + tally.completed() + tally.knownEvents() > 0) {
      out.printf(
          "there before: %,d sessions, of which %,d got something more, and %,d events%n",
          tally.known() + tally.completed(), tally.completed(), tally.knownEvents());
    }
    if (tally.erased() > 0) {
      out.printf(
          "left out, as the project has erased them: %,d sessions, events and profiles%n",
          tally.erased());
    }
    if (tally.strangeErasures() > 0) {
      out.printf(
          "left out, as the project hashes whom it erased by another secret: %,d receipts of"
              + " erasures%n",
          tally.strangeErasures());
    }
    out.flush();
  }
}

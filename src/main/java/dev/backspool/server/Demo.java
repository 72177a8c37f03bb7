package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Samples;
import java.io.IOException;
import java.util.HashMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code backspool demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the server with sample recordings in it, and says where to sign in.",
      "",
      "The samples are in a project 'Demo'. All settings of 'serve' hold here too. The data is",
      "kept in BACKSPOOL_DATA_DIR (./data), so the next start takes seconds; delete that",
      "directory to start afresh. The token is kept there too, in demo.properties."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the field
final class Demo implements Callable<Integer> {
  private static final String NAME = "Demo";

  @ParentCommand private Main main;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var settings = new HashMap<>(main.settings());
    Config asked = Config.from(settings);
    DemoNotes notes = DemoNotes.read(asked.dataDir());
    settings.putIfAbsent("BACKSPOOL_ADMIN_TOKEN", notes.token());
    Config config = Config.from(settings);

    Server server = new Server(config);
    CountDownLatch stopped = Serve.closeAtEnd(server);
    Serve.ready(server);
    notes.write(config.dataDir());
    Project project = addSamples(server, notes, config);
    System.out.printf(
        """

          Open      %s/p/%s
          Sign in   %s
          Stop      Ctrl-C
        %n\
        """,
        dashboard(server, config),
        project.id(),
        asked.adminToken() == null ? notes.token() : "with your BACKSPOOL_ADMIN_TOKEN");
    stopped.await();
    return 0;
  }

  private static String dashboard(Server server, Config config) {
    return (config.publicUrl() != null ? config.publicUrl() : server.url()).toString();
  }

  /** Once; a start that was broken off midway goes on where it was. */
  private static Project addSamples(Server server, DemoNotes notes, Config config)
      throws IOException {
    UUID noted = notes.project();
    Optional<Project> done = noted == null ? Optional.empty() : server.projects().byId(noted);
    if (done.isPresent()) {
      return done.get();
    }
    Project project =
        server.projects().all().stream()
            .filter(each -> each.name().equals(NAME))
            .findFirst()
            .orElseGet(() -> server.projects().create(NAME, "web").project());
    System.out.println("adding the sample recordings");
    try (var samples = new Samples(new Importer(server.ingest()))) {
      samples.importInto(project);
    } catch (Importer.NotImported e) {
      throw new Sentence("The sample recordings could not be added: " + e.getMessage());
    }
    notes.withProject(project.id()).write(config.dataDir());
    return project;
  }
}

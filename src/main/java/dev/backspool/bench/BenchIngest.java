package dev.backspool.bench;

import dev.backspool.Project;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Ingest.CommitBounds;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.session.SessionLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench ingest}. */
@Command(
    name = "ingest",
    mixinStandardHelpOptions = true,
    description = {
      "How many uploads a second are stored.",
      "",
      "Clients in this process send rrweb events, cut from the sample recordings, over HTTP to",
      "the server in a process of its own (-Xmx512m), which stores them in the PostgreSQL that",
      "Backspool brings. Each upload is answered when it is committed.",
      "",
      "Next to it, in the same run on the same database:",
      "  limit   the same rows by the same statements, without HTTP and JSON",
      "  naive   the same JSON and rows, but a transaction and an object (a file with fsync)",
      "          each, on six connections; without HTTP",
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchIngest implements Callable<Integer> {
  @Option(
      names = "--clients",
      split = ",",
      defaultValue = "1,64,512",
      description = "Clients at once, one row each (${DEFAULT-VALUE}).")
  private List<Integer> clients;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "Measured time of each figure (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "15",
      description =
          "Seconds before the measuring begins; the JVMs compile meanwhile (${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--kilobytes",
      defaultValue = "10",
      description = "Compressed size of an upload (${DEFAULT-VALUE}).")
  private int kilobytes;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "http,limit,naive",
      description = "What to measure (${DEFAULT-VALUE}).")
  private List<String> only;

  @Option(
      names = "--java",
      paramLabel = "OPTION",
      description = "An option more for the server's JVM; may be given more than once.")
  private List<String> java = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Upload> uploads = Upload.cut(kilobytes * 1000);
    System.out.printf(
        "%d different uploads of %.0f kB JSON, %.1f kB gzip as sent, %.1f kB as stored%n",
        uploads.size(),
        uploads.stream().mapToInt(Upload::json).average().orElseThrow() / 1e3,
        uploads.stream().mapToInt(upload -> upload.body().length).average().orElseThrow() / 1e3,
        uploads.stream()
                .mapToInt(upload -> upload.events().payload().length)
                .average()
                .orElseThrow()
            / 1e3);
    try (Workplace place = Workplace.make();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(place.data());
        Database database =
            Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        PartitionDays _ = new PartitionDays(database)) {
      var projects = new Projects(database);
      Project project = projects.create("Bench", "web").project();
      Path objects = Files.createDirectory(place.folder().resolve("objects"));
      try (Ingest grouped = ingest(database, projects, CommitBounds.STANDARD);
          Ingest single =
              ingest(database, projects, new CommitBounds(1, 16L << 20, 20_000, 64L << 20, 6));
          Program server = serve(postgres, place)) {
        measure(
            new Load(uploads),
            server,
            Map.of(
                "http", () -> new HttpTarget(server.url(), project.sdkKey()),
                "limit", () -> new DirectTarget(grouped, project),
                "naive", () -> new ObjectTarget(objects, new DirectTarget(single, project))));
        server.stop();
      }
    }
    return 0;
  }

  private void measure(Load load, Program server, Map<String, Load.Connector> targets)
      throws IOException, InterruptedException {
    System.out.printf(
        "%n%8s %-6s %9s %10s %10s %8s %8s   %s%n",
        "clients",
        "",
        "uploads/s",
        "JSON MB/s",
        "stored MB/s",
        "p50 ms",
        "p99 ms",
        "CPU ms an upload: server, PostgreSQL, this process");
    for (int count : clients) {
      for (String name : List.of("limit", "http", "naive")) {
        Load.Connector connector = targets.get(name);
        if (connector == null || !only.contains(name)) {
          continue;
        }
        var before = Processors.now(server.handle());
        var measured =
            load.run(count, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), connector);
        var spent = Processors.now(server.handle()).since(before);
        // Counted over the warm-up too, so it is shared out over both.
        double sent = measured.perSecond() * (warmUp + seconds);
        System.out.printf(
            "%8d %-6s %9.0f %10.1f %11.1f %8.1f %8.1f   %.2f, %.2f, %.2f%n",
            count,
            name,
            measured.perSecond(),
            measured.json() / measured.seconds() / 1e6,
            measured.stored() / measured.seconds() / 1e6,
            measured.percentile(50),
            measured.percentile(99),
            spent.server().toNanos() / 1e6 / sent,
            spent.others().toNanos() / 1e6 / sent,
            spent.own().toNanos() / 1e6 / sent);
      }
    }
  }

  private Program serve(EmbeddedPostgres postgres, Workplace place) throws IOException {
    String address =
        postgres
            .jdbcUrl()
            .replaceFirst(
                "^jdbc:postgresql://",
                "postgresql://" + postgres.user() + ":" + postgres.password() + "@");
    var options = new ArrayList<>(List.of("-Xmx512m"));
    options.addAll(java);
    return Program.serve(
        Map.of(
            "BACKSPOOL_DATABASE_URL",
            address,
            "BACKSPOOL_REQUESTS_PER_MINUTE",
            Integer.toString(Integer.MAX_VALUE)),
        place.log(),
        options);
  }

  private static Ingest ingest(Database database, Projects projects, CommitBounds bounds) {
    return new Ingest(
        database,
        projects,
        new SessionLimits(Duration.ofMinutes(30), Duration.ofHours(12)),
        new Ingest.Limits(Integer.MAX_VALUE, bounds));
  }
}

package dev.backspool.bench;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Ingest.CommitBounds;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.session.Opener;
import dev.backspool.session.SessionLimits;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench sessions}. */
@Command(
    name = "sessions",
    mixinStandardHelpOptions = true,
    description = {
      "How fast many short sessions are archived, and what becomes of PostgreSQL's size.",
      "",
      "Stores sessions of five uploads, the first with the snapshot of a page; then starts the",
      "server in a process of its own (-Xmx512m), on the PostgreSQL that Backspool brings, and",
      "waits until it has archived them all. PostgreSQL and the archive share a disk.",
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchSessions implements Callable<Integer> {
  private static final int SENDERS = 64;
  private static final int LATER_UPLOADS = 4;
  private static final int LATER_BYTES = 3_000;
  private static final Visitor NOBODY = Visitor.of(null);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

  @Option(
      names = "--sessions",
      defaultValue = "100000",
      description = "How many sessions (${DEFAULT-VALUE}).")
  private int sessions;

  @Option(
      names = "--s3proxy",
      paramLabel = "JAR",
      description = {
        "S3Proxy with its dependencies, to measure a bucket as well.",
        "A build leaves it in target/s3proxy."
      })
  private @Nullable Path s3proxy;

  @Option(
      names = "--java",
      paramLabel = "OPTION",
      description = "An option more for the server's JVM; may be given more than once.")
  private List<String> java = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException, SQLException {
    System.out.printf(
        "%-10s %9s %8s %10s %9s %9s %9s %9s %9s %9s %8s %7s%n",
        "",
        "sessions",
        "s",
        "sessions/s",
        "objects",
        "MB there",
        "MB before",
        "archived",
        "vacuumed",
        "dropped",
        "requests",
        "MB RSS");
    try (Workplace place = Workplace.make()) {
      run("directory", place, Map.of(), null);
    }
    if (s3proxy != null) {
      try (Workplace place = Workplace.make();
          LocalBucket bucket = LocalBucket.startCounting(s3proxy, place.folder())) {
        run("bucket", place, bucket.settings(), bucket);
      }
    }
    return 0;
  }

  private void run(
      String name, Workplace place, Map<String, String> settings, @Nullable LocalBucket bucket)
      throws IOException, InterruptedException, SQLException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start(place.data());
        Connection direct =
            DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password())) {
      store(postgres);
      vacuum(direct);
      long before = size(direct);
      Archived archived = archive(postgres, place, settings);
      long after = size(direct);
      vacuum(direct);
      long vacuumed = size(direct);
      dropPartitions(direct);
      System.out.printf(
          "%-10s %,9d %8.1f %,10.0f %,9d %9.1f %9.0f %9.0f %9.0f %9.0f %8s %7d%n",
          name,
          sessions,
          archived.took().toMillis() / 1e3,
          sessions * 1e3 / archived.took().toMillis(),
          number(direct, "select count(*) from recording_part"),
          number(direct, "select sum(bytes) from recording_part") / 1e6,
          before / 1e6,
          after / 1e6,
          vacuumed / 1e6,
          size(direct) / 1e6,
          bucket == null ? "-" : "%,d".formatted(bucket.requests()),
          archived.mostMemory() / 1024);
    }
  }

  private void store(EmbeddedPostgres postgres) throws IOException, InterruptedException {
    List<EventBlock> pages = new ArrayList<>();
    for (String sample : SampleSession.SAMPLES) {
      pages.add(SampleSession.blocks(sample).getFirst());
    }
    List<EventBlock> later = Upload.cut(LATER_BYTES).stream().map(Upload::events).toList();
    try (Database database =
            Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        PartitionDays _ = new PartitionDays(database)) {
      var projects = new Projects(database);
      Project project = projects.create("Bench", "web").project();
      var limits = new Ingest.Limits(Integer.MAX_VALUE, CommitBounds.STANDARD);
      try (Ingest ingest =
              new Ingest(
                  database,
                  projects,
                  new SessionLimits(Duration.ofMinutes(30), Duration.ofHours(12)),
                  limits);
          var senders = Executors.newFixedThreadPool(SENDERS)) {
        var next = new AtomicInteger();
        var done = new ArrayList<Future<?>>();
        for (int i = 0; i < SENDERS; i++) {
          done.add(
              senders.submit(() -> {
                for (int n = next.getAndIncrement(); n < sessions; n = next.getAndIncrement()) {
                  store(ingest, project, n, pages, later);
                }
              }));
        }
        for (Future<?> sender : done) {
          sender.get();
        }
      } catch (ExecutionException failure) {
        throw new IOException(failure.getCause());
      }
    }
  }

  private static void store(
      Ingest ingest, Project project, int n, List<EventBlock> pages, List<EventBlock> later) {
    for (int seq = 0; seq <= LATER_UPLOADS; seq++) {
      EventBlock events =
          seq == 0
              ? pages.get(n % pages.size())
              : later.get((n * LATER_UPLOADS + seq) % later.size());
      var chunk =
          new StoreChunk(
              project.id(),
              Source.BACKSPOOL,
              new Opener.Named("session-" + n),
              n + "-" + seq,
              "main",
              (long) seq,
              Instant.now(),
              null,
              null,
              NOBODY,
              events);
      if (ingest.store(chunk) instanceof Outcome.Refused refused) {
        throw new IllegalStateException(refused.detail());
      }
    }
  }

  /**
   * How archiving went.
   *
   * @param took from the server's being ready to its last object
   * @param mostMemory of the server's process, in kB
   */
  private record Archived(Duration took, long mostMemory) {}

  private Archived archive(EmbeddedPostgres postgres, Workplace place, Map<String, String> more)
      throws IOException, InterruptedException {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("BACKSPOOL_DATABASE_URL", postgres.url());
    settings.put("BACKSPOOL_DATA_DIR", place.folder().resolve("server").toString());
    settings.put("BACKSPOOL_ARCHIVE_AFTER", "PT1S");
    var options = new ArrayList<>(List.of("-Xmx512m"));
    options.addAll(java);
    try (Program server = Program.serve(settings, place.log(), options);
        HttpClient client = HttpClient.newHttpClient()) {
      long began = System.nanoTime();
      long most = 0;
      var stall = new Stall(place.log());
      for (long done = 0; done < sessions; done = archived(client, server.url())) {
        stall.look(done);
        most = Math.max(most, Memory.of(server.handle()).map(Memory::server).orElse(0L));
        Thread.sleep(BETWEEN_LOOKS);
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      server.stop();
      return new Archived(took, most);
    }
  }

  private static long archived(HttpClient client, URI server)
      throws IOException, InterruptedException {
    String metrics =
        client
            .send(
                HttpRequest.newBuilder(server.resolve("/metrics")).build(), BodyHandlers.ofString())
            .body();
    return metrics
        .lines()
        .filter(line -> line.startsWith("backspool_archived_total "))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .findFirst()
        .orElseThrow(() -> new IOException("not the metrics of Backspool: " + metrics));
  }

  private static long size(Connection direct) throws SQLException {
    return number(direct, "select pg_database_size(current_database())");
  }

  private static long number(Connection direct, String sql) throws SQLException {
    try (Statement statement = direct.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void vacuum(Connection direct) throws SQLException {
    try (Statement statement = direct.createStatement()) {
      statement.execute("vacuum analyze");
    }
  }

  /** As is done with days that are over, when nothing is left of them. */
  private static void dropPartitions(Connection direct) throws SQLException {
    var partitions = new ArrayList<String>();
    try (Statement statement = direct.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                select inhrelid::regclass::text from pg_inherits
                where inhparent = 'chunk'::regclass and inhrelid <> 'chunk_default'::regclass
                """)) {
      while (rows.next()) {
        partitions.add(rows.getString(1));
      }
    }
    try (Statement statement = direct.createStatement()) {
      for (String partition : partitions) {
        statement.execute("drop table " + partition);
      }
    }
  }
}

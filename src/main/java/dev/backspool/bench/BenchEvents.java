package dev.backspool.bench;

import dev.backspool.Project;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench events}. */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description = {
      "How many analytics events a second are stored.",
      "",
      "Clients in this process speak OpenPanel's contract to the server in a process of its own",
      "(-Xmx512m), on the PostgreSQL that Backspool brings. Each request is answered when its",
      "events are committed.",
      "",
      "  copy    the limit: the rows that the batches left, in binary COPY, 2,000 a transaction,",
      "          into a table with the same indexes; no HTTP, JSON or sessions",
      "  lone    one client, a batch of 2,000 events at a time",
      "  batch   some clients, batches of 2,000 events",
      "  single  an event for each request",
      "  mixed   as single, while a quarter of the clients upload chunks of recordings",
      "  backlog so many events of the last days in batches, while visitors send events one by",
      "          one; to be asked for with --only",
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchEvents implements Callable<Integer> {
  private static final int BATCH = 2_000;
  private static final int DEVICES_IN_A_BATCH = 100;
  private static final int BODIES = 12;
  private static final int VISITORS = 20_000;

  @Option(
      names = "--clients",
      defaultValue = "64",
      description = "Clients of single and mixed (${DEFAULT-VALUE}).")
  private int clients;

  @Option(
      names = "--batch-clients",
      defaultValue = "4",
      description = "Clients of batch (${DEFAULT-VALUE}).")
  private int batchClients;

  @Option(
      names = "--seconds",
      defaultValue = "15",
      description = "Measured time of each figure (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "8",
      description = "Seconds before the measuring begins (${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "lone,batch,copy,single,mixed",
      description = "What to measure (${DEFAULT-VALUE}).")
  private List<String> only;

  @Option(
      names = "--backlog",
      defaultValue = "10000000",
      description = "Events of backlog (${DEFAULT-VALUE}).")
  private long backlog;

  @Option(
      names = "--java",
      paramLabel = "OPTION",
      description = "An option more for the server's JVM; may be given more than once.")
  private List<String> java = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Workplace place = Workplace.make();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(place.data());
        Database database =
            Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        PartitionDays _ = new PartitionDays(database)) {
      Projects.WithSecret project = new Projects(database).create("Bench", "web");
      var options = new ArrayList<>(List.of("-Xmx512m"));
      options.addAll(java);
      try (Program server =
          Program.serve(
              Map.of(
                  "BACKSPOOL_DATABASE_URL",
                  postgres.url(),
                  "BACKSPOOL_REQUESTS_PER_MINUTE",
                  Integer.toString(Integer.MAX_VALUE)),
              place.log(),
              options)) {
        measure(server, project, database);
        server.stop();
      }
    }
    return 0;
  }

  private void measure(Program server, Projects.WithSecret project, Database database)
      throws IOException, InterruptedException {
    System.out.printf(
        "%-7s %8s %10s %10s %8s %8s   %s%n",
        "",
        "clients",
        "events/s",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU us an event: server, PostgreSQL, this process");
    List<byte[]> batches = batches();
    List<Upload> uploads = Upload.cut(10_000);
    EventSender sender = EventSender.of(server.url(), project);
    if (only.contains("lone")) {
      tell("lone", 1, server, _ -> new Batches(sender, batches));
    }
    if (only.contains("batch")) {
      tell("batch", batchClients, server, _ -> new Batches(sender, batches));
    }
    if (only.contains("copy")) {
      tell("copy", 1, server, _ -> new RawCopy(database, BATCH));
      tell("copy", 2, server, _ -> new RawCopy(database, BATCH));
    }
    if (only.contains("single")) {
      tell("single", clients, server, _ -> new Singles(sender));
    }
    if (only.contains("backlog")) {
      tell(backlog, new Backlog(sender, batchClients, backlog).run(server.handle()));
    }
    if (only.contains("mixed")) {
      tell(
          "mixed",
          clients,
          server,
          number ->
              number % 4 == 0
                  ? new Chunks(sender, project.project(), uploads)
                  : new Singles(sender));
    }
  }

  private static void tell(long events, Backlog.Measured measured) {
    double seconds = measured.took().toMillis() / 1e3;
    System.out.printf(
        "backlog: %,d events in %.0f s, %,.0f/s%n", events, seconds, events / seconds);
    Histogram live = measured.liveMicros();
    System.out.printf(
        "visitors beside it: %,d requests, p50 %.1f ms, p99 %.1f ms, longest %.0f ms%n",
        live.getTotalCount(),
        live.getValueAtPercentile(50) / 1e3,
        live.getValueAtPercentile(99) / 1e3,
        live.getMaxValue() / 1e3);
    measured
        .memory()
        .ifPresent(
            most -> System.out.printf("the server held at most %d MB%n", most.server() / 1024));
  }

  private void tell(String name, int count, Program server, Stress.Connector connector)
      throws IOException, InterruptedException {
    var before = Processors.now(server.handle());
    var measured =
        Stress.run(count, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), connector);
    var spent = Processors.now(server.handle()).since(before);
    // Counted over the warm-up too, so it is shared out over both.
    double sent = Math.max(1, measured.rowsPerSecond() * (warmUp + seconds));
    System.out.printf(
        "%-7s %8d %10.0f %10.0f %8.1f %8.1f   %.1f, %.1f, %.1f%n",
        name,
        count,
        measured.rowsPerSecond(),
        measured.requestsPerSecond(),
        measured.percentile(50),
        measured.percentile(99),
        spent.server().toNanos() / 1e3 / sent,
        spent.others().toNanos() / 1e3 / sent,
        spent.own().toNanos() / 1e3 / sent);
  }

  private static List<byte[]> batches() {
    var bodies = new EventBodies(1);
    var batches = new ArrayList<byte[]>();
    for (int i = 0; i < BODIES; i++) {
      batches.add(bodies.batch(BATCH, DEVICES_IN_A_BATCH, "device-" + i + "-", ""));
    }
    return batches;
  }

  private static final class Batches implements Stress.Client {
    private final HttpConnection connection;
    private final String headers;
    private final List<byte[]> batches;

    Batches(EventSender sender, List<byte[]> batches) throws IOException {
      connection = sender.connect();
      headers = sender.headers(1);
      this.batches = batches;
    }

    @Override
    public int send() throws IOException {
      byte[] body = batches.get(ThreadLocalRandom.current().nextInt(batches.size()));
      String answer = connection.post("/track/batch", headers, body);
      if (!answer.contains("\"accepted\":" + BATCH)) {
        throw new Target.Refused(answer);
      }
      return BATCH;
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  private static final class Singles implements Stress.Client {
    private final EventSender sender;
    private final HttpConnection connection;
    private final EventBodies bodies = new EventBodies(ThreadLocalRandom.current().nextLong());

    Singles(EventSender sender) throws IOException {
      this.sender = sender;
      connection = sender.connect();
    }

    @Override
    public int send() throws IOException {
      int visitor = ThreadLocalRandom.current().nextInt(VISITORS);
      connection.post("/track", sender.headers(visitor), bodies.single(""));
      return 1;
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  /** Uploads chunks beside; they count as no events. */
  private static final class Chunks implements Stress.Client {
    private final HttpTarget target;
    private final List<Upload> uploads;
    private final String session = UUID.randomUUID().toString();
    private int seq;

    Chunks(EventSender sender, Project project, List<Upload> uploads) throws IOException {
      target = new HttpTarget(sender.server(), project.sdkKey());
      this.uploads = uploads;
    }

    @Override
    public int send() throws IOException {
      target.send(uploads.get(seq % uploads.size()), new Target.Batch(session, seq++));
      return 0;
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }
}

package dev.backspool.bench;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveFailure;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.Listing;
import dev.backspool.archive.S3Keys;
import dev.backspool.archive.StoredObject;
import dev.backspool.bench.SampleSession.Piece;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Ingest.CommitBounds;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.session.Opener;
import dev.backspool.session.SessionLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench seek}. */
@Command(
    name = "seek",
    mixinStandardHelpOptions = true,
    description = {
      "How long a jump to a moment of an archived recording takes.",
      "",
      "The server, in a process of its own (-Xmx512m), archives copies of admin-long and a long",
      "session made of all samples, then starts anew. At random moments a client asks for all",
      "frames from the nearest checkpoint on, as the player does, and waits for the last of them.",
      "Beside it stands what the archive itself takes for one read of a range.",
      "",
      "Directory by default. A bucket of your own: --archive, with BACKSPOOL_S3_ACCESS_KEY and",
      "BACKSPOOL_S3_SECRET_KEY; or one of this machine: --s3proxy."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchSeek implements Callable<Integer> {
  private static final String TOKEN = "bst_bench_0123456789abcdef";
  private static final int WARM_UP = 40;
  private static final int RANGE = 1 << 20;
  private static final long LONGEST_MICROS = 60_000_000;

  @Option(
      names = "--moments",
      defaultValue = "200",
      description = "Random moments of each session (${DEFAULT-VALUE}).")
  private int moments;

  @Option(
      names = "--hours",
      defaultValue = "4",
      description = "Length of the long session (${DEFAULT-VALUE}).")
  private double hours;

  @Option(
      names = "--copies",
      defaultValue = "8",
      description = {
        "Copies of admin-long: moments alternate between them, so that the server does not",
        "have them in memory (${DEFAULT-VALUE})."
      })
  private int copies;

  @Option(
      names = "--archive",
      paramLabel = "URL",
      description = "Where to archive, as BACKSPOOL_ARCHIVE_URL. What is put there stays there.")
  private @Nullable String archive;

  @Option(
      names = "--s3proxy",
      paramLabel = "JAR",
      description = "S3Proxy with its dependencies, to measure a bucket as well.")
  private @Nullable Path s3proxy;

  /**
   * An archive to measure, and how the server gets in.
   *
   * @param url null for a directory beside the server's data
   */
  private record Place(String name, @Nullable String url, Map<String, String> keys) {
    String url(Workplace workplace) {
      return url == null ? "file:" + workplace.folder().resolve("archive") : url;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException, ArchiveFailure {
    SampleSession one = SampleSession.of("admin-long");
    SampleSession longOne = SampleSession.lasting((long) (hours * 3_600_000));
    System.out.printf(
        "admin-long %,d MB of JSON, the session of %.1f h %,d MB; %d moments each%n%n",
        one.json() / 1_000_000, hours, longOne.json() / 1_000_000, moments);
    System.out.printf(
        "%-10s %-9s %-10s %8s %8s %8s %8s %8s%n",
        "", "encrypted", "session", "frames", "p50 ms", "p95 ms", "p99 ms", "most ms");
    try (Workplace place = Workplace.make();
        LocalBucket bucket = s3proxy == null ? null : LocalBucket.start(s3proxy, place.folder())) {
      for (Place where : places(bucket)) {
        for (boolean encrypted : new boolean[] {false, true}) {
          measure(where, encrypted, one, longOne);
        }
      }
    }
    return 0;
  }

  private List<Place> places(@Nullable LocalBucket bucket) {
    var places = new ArrayList<Place>();
    places.add(new Place("directory", null, Map.of()));
    if (bucket != null) {
      places.add(new Place("S3Proxy", bucket.url(), bucket.keys()));
    }
    if (archive != null) {
      var keys = new HashMap<String, String>();
      for (String name : List.of("BACKSPOOL_S3_ACCESS_KEY", "BACKSPOOL_S3_SECRET_KEY")) {
        String value = System.getenv(name);
        if (value != null) {
          keys.put(name, value);
        }
      }
      places.add(new Place("archive", archive, keys));
    }
    return places;
  }

  private void measure(Place where, boolean encrypted, SampleSession one, SampleSession longOne)
      throws IOException, InterruptedException, ArchiveFailure {
    try (Workplace place = Workplace.make();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(place.data());
        Database database =
            Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        PartitionDays _ = new PartitionDays(database)) {
      Project project = new Projects(database).create("Bench", "web").project();
      var copiesOfOne = new ArrayList<String>();
      String longPath;
      try (Ingest ingest = ingest(database)) {
        for (int copy = 0; copy < copies; copy++) {
          copiesOfOne.add(store(ingest, project, "copy-" + copy, one));
        }
        longPath = store(ingest, project, "long", longOne);
      }
      Map<String, String> settings = settings(where, encrypted, postgres, place);
      archiveAll(database, settings, place);
      try (Program server = Program.serve(settings, place.log(), List.of("-Xmx512m"));
          Watcher watcher = new Watcher(server.url(), TOKEN)) {
        tell(where.name(), encrypted, "admin-long", seeks(watcher, copiesOfOne));
        tell(where.name(), encrypted, "%.1f h".formatted(hours), seeks(watcher, List.of(longPath)));
        server.stop();
      }
      tellRange(where, ArchiveUrl.parse(where.url(place)), project);
    }
  }

  private static Ingest ingest(Database database) {
    return new Ingest(
        database,
        new Projects(database),
        new SessionLimits(Duration.ofMinutes(30), Duration.ofHours(12)),
        new Ingest.Limits(Integer.MAX_VALUE, CommitBounds.STANDARD));
  }

  /** Stores a session as if it ended just now; gives its address in the API. */
  private static String store(Ingest ingest, Project project, String name, SampleSession session)
      throws IOException {
    long shift = System.currentTimeMillis() - session.endedAt();
    @Nullable UUID id = null;
    for (Piece piece : session.pieces()) {
      Outcome outcome =
          ingest.store(
              new StoreChunk(
                  project.id(),
                  Source.IMPORT,
                  new Opener.Named(name),
                  name + "." + piece.frame().batchId(),
                  piece.frame().tab(),
                  piece.frame().seq(),
                  Instant.now(),
                  null,
                  shift,
                  Visitor.UNKNOWN,
                  piece.events()));
      id =
          switch (outcome) {
            case Outcome.Stored stored -> stored.session();
            case Outcome.Refused refused -> throw new IOException(refused.detail());
          };
    }
    return "/api/projects/" + project.id() + "/sessions/" + id;
  }

  private static Map<String, String> settings(
      Place where, boolean encrypted, EmbeddedPostgres postgres, Workplace place) {
    var settings = new HashMap<>(where.keys());
    settings.put(
        "BACKSPOOL_DATABASE_URL",
        postgres
            .jdbcUrl()
            .replaceFirst(
                "^jdbc:postgresql://",
                "postgresql://" + postgres.user() + ":" + postgres.password() + "@"));
    settings.put("BACKSPOOL_ARCHIVE_URL", where.url(place));
    settings.put("BACKSPOOL_ARCHIVE_ENCRYPTION", encrypted ? "on" : "off");
    settings.put("BACKSPOOL_ARCHIVE_AFTER", "PT1S");
    settings.put("BACKSPOOL_ADMIN_TOKEN", TOKEN);
    settings.put("BACKSPOOL_DATA_DIR", place.folder().resolve("server").toString());
    return settings;
  }

  private static void archiveAll(Database database, Map<String, String> settings, Workplace place)
      throws IOException, InterruptedException {
    try (Program server = Program.serve(settings, place.log(), List.of("-Xmx512m"))) {
      var stall = new Stall(place.log());
      for (long left = waiting(database); left > 0; left = waiting(database)) {
        stall.look(left);
        TimeUnit.MILLISECONDS.sleep(200);
      }
      server.stop();
    }
  }

  private static long waiting(Database database) {
    return database.own(
        handle -> handle.createQuery("select count(*) from chunk").mapTo(Long.class).one());
  }

  /** How long the jumps took, and how many frames each asked for. */
  private record Seeks(Histogram micros, double frames) {}

  private Seeks seeks(Watcher watcher, List<String> sessions) throws IOException {
    var tapes = new ArrayList<Watcher.Tape>();
    for (String session : sessions) {
      tapes.add(watcher.open(session));
    }
    var random = new SplittableRandom(1);
    var micros = new Histogram(LONGEST_MICROS, 3);
    long frames = 0;
    for (int i = -WARM_UP; i < moments; i++) {
      Watcher.Tape tape = tapes.get(Math.floorMod(i, tapes.size()));
      long moment = random.nextLong(tape.from(), tape.to() + 1);
      long began = System.nanoTime();
      int fetched = tape.seek(moment);
      if (i >= 0) {
        micros.recordValue((System.nanoTime() - began) / 1_000);
        frames += fetched;
      }
    }
    return new Seeks(micros, (double) frames / moments);
  }

  private static void tell(String where, boolean encrypted, String session, Seeks seeks) {
    line(where, encrypted ? "yes" : "no", session, seeks.frames(), seeks.micros());
  }

  /** What the archive takes by itself to hand out a megabyte from the middle of an object. */
  private void tellRange(Place where, ArchiveUrl url, Project project) throws ArchiveFailure {
    String access = where.keys().get("BACKSPOOL_S3_ACCESS_KEY");
    String secret = where.keys().get("BACKSPOOL_S3_SECRET_KEY");
    S3Keys keys = access == null || secret == null ? null : new S3Keys(access, secret);
    var micros = new Histogram(LONGEST_MICROS, 3);
    try (Archive opened = Archive.open(url, keys)) {
      List<StoredObject> objects = new ArrayList<>();
      Listing listing = opened.list(project.id().toString());
      for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
        objects.addAll(page);
      }
      var random = new SplittableRandom(1);
      for (int i = -WARM_UP; i < moments; i++) {
        StoredObject object = objects.get(random.nextInt(objects.size()));
        int length = (int) Math.min(RANGE, object.size());
        long began = System.nanoTime();
        opened.get(object.key(), random.nextLong(object.size() - length + 1), length);
        if (i >= 0) {
          micros.recordValue((System.nanoTime() - began) / 1_000);
        }
      }
    }
    line(where.name(), "", "1 MB range", 0, micros);
  }

  private static void line(
      String where, String encrypted, String what, double frames, Histogram micros) {
    System.out.printf(
        "%-10s %-9s %-10s %8s %8.1f %8.1f %8.1f %8.1f%n",
        where,
        encrypted,
        what,
        frames == 0 ? "" : "%.1f".formatted(frames),
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(95) / 1e3,
        micros.getValueAtPercentile(99) / 1e3,
        micros.getMaxValue() / 1e3);
  }
}

package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.EventDays;
import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.recording.DataKeys;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import dev.backspool.server.TestServer.Answer;
import dev.backspool.sync.Comparison;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkRow;
import dev.backspool.sync.SyncStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A server whose events leave PostgreSQL after ten days, with a columnar store, a project that is
 * tracked over HTTP, and a clock that is set.
 */
public final class Past implements AutoCloseable {
  private static final Duration PATIENCE =
      Duration.ofSeconds(Integer.getInteger("past.patience", 40));

  public final SettableClock clock;
  public final LocalDate today;
  public final Path folder;
  public final TestPostgres.Address database = TestPostgres.freshDatabase();
  public final Map<String, String> settings = new HashMap<>();
  public final Project project;
  public TestServer server;
  private int batches;

  Past(Path folder, Map<String, String> more) {
    this(folder, 0, more);
  }

  /**
   * A server of today, or of some days ago for those who look at what is old by now.
   *
   * @param more settings
   */
  public Past(Path folder, int daysAgo, Map<String, String> more) {
    Instant noon =
        Instant.now()
            .truncatedTo(ChronoUnit.DAYS)
            .minus(daysAgo, ChronoUnit.DAYS)
            .plus(12, ChronoUnit.HOURS);
    clock = new SettableClock(noon);
    today = LocalDate.ofInstant(noon, ZoneOffset.UTC);
    this.folder = folder;
    settings.put("BACKSPOOL_ARCHIVE_AFTER", "P9999D");
    settings.put("BACKSPOOL_ARCHIVE_URL", "file:" + folder.resolve("archive"));
    settings.put("BACKSPOOL_EVENT_HOT_DAYS", "10");
    settings.put("BACKSPOOL_ANALYTICS_URL", "duckdb:" + folder.resolve("analytics.duckdb"));
    settings.putAll(more);
    server = TestServer.start(database, settings, clock);
    project = server.project();
    day(today);
  }

  /** Makes the table that the events of a day lie in. */
  public void day(LocalDate day) {
    server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createQuery("select add_event_day(:day)")
                .bind("day", day)
                .mapTo(String.class)
                .list());
  }

  /** Another start on the same data. */
  public void restart() {
    server.close();
    server = TestServer.start(database, settings, clock);
  }

  public UUID id() {
    return project.id();
  }

  public String path() {
    return "/api/projects/" + project.id();
  }

  /** Tracks events in a session that its SDK names, and returns the session's id. */
  public String tracked(String session, int events) {
    return tracked(project, session, "device-of-" + session, null, events);
  }

  String tracked(Project in, String session, String device, @Nullable String profile, int events) {
    var body = new HashMap<String, Object>();
    body.put("session_id", session);
    body.put("device_id", device);
    if (profile != null) {
      body.put("profile", Map.of("id", profile, "first_name", "Ms " + profile));
    }
    body.put(
        "events",
        IntStream.range(0, events)
            .mapToObj(i ->
                Map.of(
                    "name",
                    "bought",
                    "id",
                    session + "-" + batches + "-" + i,
                    "properties",
                    Map.of("what", "a \"thing\" \u00e4\u20ac", "n", String.valueOf(i))))
            .toList());
    batches++;
    Answer answer = server.post("/v1/events").bearer(in.sdkKey()).json(body).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("session_id").asString();
  }

  /** So many days later; sessions have ended soon after their last event. */
  public void days(int days) {
    clock.advance(Duration.ofHours(3));
    server.server().events().closer().closeDue();
    clock.advance(Duration.ofDays(days).minusHours(3));
  }

  /** The daily run, at its time. */
  public void run() {
    JsonNode retention = server.get(path() + "/retention").admin().send().json();
    clock.set(Instant.parse(retention.get("next_run_at").asString()));
    server.server().retention().look();
  }

  /** What the day's run as a whole left undone; empty when nothing. */
  public List<String> left() {
    return server.column(
        """
        select error from retention_run
        where project_id is null and error is not null
        order by started_at desc
        limit 1
        """);
  }

  public void keeps(String json) {
    assertThat(server.call("PATCH", path()).admin().body(json).send().status()).isEqualTo(200);
  }

  public long rows(String table) {
    return server.count(
        "select count(*) from %s where project_id = '%s'".formatted(table, project.id()));
  }

  public long archivedRows() {
    return server.count(
        "select coalesce(sum(event_count), 0) from event_day where project_id = '%s'"
            .formatted(project.id()));
  }

  /** The events in the archive, as lines. */
  public List<EventLine> archived() throws IOException {
    var lines = new ArrayList<EventLine>();
    var database = server.server().postgres();
    try (var archives = server.archives()) {
      var files = new DayFiles(archives, new DataKeys(database));
      for (var day :
          database.write(handle -> EventDays.from(handle, id(), LocalDate.EPOCH, 1_000))) {
        files.check(day, lines::add);
      }
    }
    return lines;
  }

  /** Objects of days that lie in the archive. */
  public List<String> objects() throws IOException {
    Path root = folder.resolve("archive");
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(name -> name.endsWith(".bkev"))
          .toList();
    }
  }

  public List<String> objectsNow() {
    try {
      return objects();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The events in the archive as text. */
  public List<String> archivedTexts() {
    try {
      return archived().stream()
          .map(line -> new String(line.json(), StandardCharsets.UTF_8))
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Objects that no row is in charge of and that are not to be deleted. */
  public List<String> unreachable() throws IOException {
    List<String> named =
        server.column(
            """
            select project_id || '/' || object from named_object
            union all select project_id || '/' || object from doomed_object
            """);
    return objects().stream().filter(name -> !named.contains(name)).toList();
  }

  public boolean hasPartition() {
    return server.count(
            "select count(*) from pg_class where relname = 'event_%s'"
                .formatted(today.toString().replace("-", "")))
        > 0;
  }

  public SinkRow sink() {
    return server.server().sync().sinks().all().getFirst();
  }

  /** Waits until the columnar store has everything. */
  public void settle() {
    eventually(() -> {
      SyncStatus status = server.server().sync().statuses().all();
      assertThat(status.sinks()).isNotEmpty();
      for (SyncStatus.OfSink sink : status.sinks()) {
        assertThat(sink.error()).isNull();
        assertThat(sink.mappings())
            .allSatisfy(mapping -> {
              assertThat(mapping.state()).as(mapping.mapping()).isEqualTo(SyncStatus.State.LIVE);
              assertThat(mapping.behind()).as(mapping.mapping()).isZero();
            });
      }
    });
  }

  /** How many events the columnar store holds, after it was found to hold just what it should. */
  public long held() {
    settle();
    try {
      long held = -1;
      for (Comparison comparison : server.server().sync().verifier().verify(sink(), id(), false)) {
        assertThat(comparison.unknown()).as(comparison.mapping()).isNull();
        assertThat(comparison.differences()).as(comparison.mapping()).isEmpty();
        if (comparison.mapping().equals("events")) {
          assertThat(comparison.rows()).isEqualTo(comparison.held());
          held = comparison.held();
        }
      }
      return held;
    } catch (SinkException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** What {@code verify} finds, by kind. */
  public List<String> findings() {
    Answer answer = server.post("/api/verify").admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var kinds = new ArrayList<String>();
    for (String line : answer.body().lines().toList()) {
      JsonNode json = TestServer.JSON.readTree(line);
      if (json.hasNonNull("finding")) {
        kinds.add(json.at("/finding/kind").asString());
      }
    }
    return kinds;
  }

  public static void eventually(Runnable assertion) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > end) {
          throw notYet;
        }
      }
      try {
        Thread.sleep(30);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }
}

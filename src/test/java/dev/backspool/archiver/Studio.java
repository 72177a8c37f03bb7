package dev.backspool.archiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.api.Visit;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.Listing;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.S3Server;
import dev.backspool.archive.StoredObject;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.recording.Archives;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Recordings;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import dev.backspool.session.Opener;
import dev.backspool.verify.Finding;
import dev.backspool.verify.Options;
import dev.backspool.verify.Progress;
import dev.backspool.verify.Verification;
import dev.backspool.verify.Watcher;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;

/** A server with a clock of its own and a project whose recordings are made, archived and read. */
public final class Studio implements AutoCloseable {
  /**
   * Longer than the server waits before it archives, by as much as uploads may take: they are
   * stamped by the machine's clock, and this one stands from before the server starts.
   */
  public static final Duration IDLE = Duration.ofHours(2);

  private static final Limits LIMITS = new Limits(1_000, 100, 1 << 20);

  public final SettableClock clock;
  public final TestServer server;
  public final Project project;
  private final Archive archive;

  private Studio(TestServer server, SettableClock clock, Project project, Archive archive) {
    this.server = server;
    this.clock = clock;
    this.project = project;
    this.archive = archive;
    try {
      archiver().standStill();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  public static Studio start(Map<String, String> settings) {
    return start(TestPostgres.freshDatabase(), settings);
  }

  public static Studio start(TestPostgres.Address database, Map<String, String> settings) {
    var clock = new SettableClock(Instant.now());
    TestServer server = TestServer.start(database, settings, clock);
    return new Studio(server, clock, server.project(), archive(server, settings));
  }

  /** Another node on the same database, with the same clock and project. */
  Studio beside(TestPostgres.Address database, Map<String, String> settings) {
    TestServer other = TestServer.start(database, settings, clock);
    return new Studio(other, clock, project, archive(other, settings));
  }

  private static Archive archive(TestServer server, Map<String, String> settings) {
    String url = settings.get("BACKSPOOL_ARCHIVE_URL");
    return Archive.open(
        url == null
            ? new ArchiveUrl.Directory(server.folder().resolve("archive"))
            : ArchiveUrl.parse(url),
        S3Server.KEYS);
  }

  /** A visit that may be uploaded. */
  public Visit visit(String name) {
    return new Visit(server, project, name);
  }

  /** A short visit, uploaded in three batches of two tabs. */
  public Visit shortVisit(String name) {
    return visit(name)
        .page(0, "https://shop.example.com/" + name)
        .click(1_000)
        .upload("&seq=0")
        .click(2_000)
        .input(3_000)
        .upload("&seq=1")
        .tab("t2")
        .page(2_500, "https://shop.example.com/two")
        .upload("&seq=0");
  }

  /** The address of a session that one of the samples was imported as. */
  public String sample(String name) throws Exception {
    var imported =
        new Importer(server.server().ingest())
            .importRecording(
                project,
                name,
                new ByteArrayInputStream(Recordings.sample(name)),
                Visitor.of(Visit.CHROME),
                0,
                Importer.Progress.NONE);
    return path(imported.session());
  }

  /** Stores a click of a session as if it had been received at some time. */
  UUID click(String session, String tab, long seq, Instant at) throws Exception {
    String event =
        "{\"type\":3,\"data\":{\"source\":2,\"type\":2,\"id\":1,\"x\":%d,\"y\":5},\"timestamp\":%d}"
            .formatted(seq, at.toEpochMilli());
    var outcome =
        server
            .server()
            .ingest()
            .store(
                new StoreChunk(
                    project.id(),
                    Source.BACKSPOOL,
                    new Opener.Named(session),
                    session + tab + seq,
                    tab,
                    seq,
                    at,
                    null,
                    0L,
                    Visitor.of(Visit.CHROME),
                    EventReader.block(event.getBytes(UTF_8), LIMITS, Manner.STRICT)));
    return ((Outcome.Stored) outcome).session();
  }

  String path(UUID session) {
    return "/api/projects/" + project.id() + "/sessions/" + session;
  }

  /**
   * All that can be read of a recording.
   *
   * @param frames a hash of each frame's events, in play order
   * @param events a hash of all events
   */
  record Reading(JsonNode index, List<String> frames, String events) {}

  Reading read(Visit visit) {
    return read(visit.path());
  }

  Reading read(String path) {
    var answer = server.get(path + "/recording").admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var frames = new ArrayList<String>();
    for (JsonNode frame : answer.json().get("frames")) {
      frames.add(
          server.get(path + "/recording/frames/" + frame.get("n").asLong()).admin().sendForHash());
    }
    String events = server.get(path + "/recording/events").admin().sendForHash();
    return new Reading(answer.json(), frames, events);
  }

  /** Lets the idle time pass and archives what is due. */
  public Archiver.Round archive() throws InterruptedException {
    clock.advance(IDLE);
    return archiver().archiveDue();
  }

  /** Something that may throw anything. */
  @FunctionalInterface
  interface Deed {
    void run() throws Exception;
  }

  /** Does something the first time that a step is reached, while something else is done. */
  void at(Step moment, Deed then, Deed meanwhile) throws Exception {
    var open = new AtomicBoolean(true);
    Steps.watch(step -> {
      if (step == moment && open.compareAndSet(true, false)) {
        try {
          then.run();
        } catch (RuntimeException failure) {
          throw failure;
        } catch (Exception failure) {
          throw new IllegalStateException(failure);
        }
      }
    });
    try {
      meanwhile.run();
    } finally {
      Steps.watch(_ -> {});
    }
    assertThat(open).as("reached").isFalse();
  }

  public Archiver archiver() {
    return server.server().archiver();
  }

  /** Lets the time pass after which objects go, and has them deleted. */
  public int delete(Duration later) {
    clock.advance(later);
    return archiver().doomed().deleteDue();
  }

  /** What the archive holds. */
  public List<StoredObject> objects() throws ArchiveUnavailable {
    var all = new ArrayList<StoredObject>();
    Listing listing = archive.list("");
    for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
      all.addAll(page);
    }
    return all;
  }

  byte[] bytes(StoredObject object) throws Exception {
    return archive.get(object.key(), 0, Math.toIntExact(object.size()));
  }

  void put(ObjectKey key, byte[] bytes) throws ArchiveUnavailable {
    archive.put(key, bytes);
  }

  /** What rows say the archive holds, as keys. */
  public List<String> named() {
    return server.column(
        "select project_id || '/' || object from recording_part order by project_id, object");
  }

  /** Every object has its row, and every row its object. */
  void assertNothingLeftOver() throws ArchiveUnavailable {
    assertThat(objects().stream().map(object -> object.key().toString()).sorted().toList())
        .containsExactlyElementsOf(named());
    assertThat(server.count("select count(*) from doomed_object")).isZero();
  }

  /** As {@link #assertNothingLeftOver}, and a verification of all rows and bytes finds nothing. */
  void assertWhole() throws Exception {
    assertNothingLeftOver();
    var found = new ArrayList<Finding>();
    try (Archives archives = server.archives()) {
      new Verification(server.server().postgres(), archives, new Options(null, false, false))
          .run(
              new Watcher() {
                @Override
                public void progress(Progress progress) {}

                @Override
                public void found(Finding finding) {
                  found.add(finding);
                }
              });
    }
    assertThat(found).isEmpty();
  }

  long chunks() {
    return server.count("select count(*) from chunk");
  }

  /** A column of the one session of a name. */
  public String session(String name, String column) {
    return server
        .column("select (" + column + ")::text from session where name = '" + name + "'")
        .getFirst();
  }

  public void sql(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  @Override
  public void close() {
    archive.close();
    server.close();
  }
}

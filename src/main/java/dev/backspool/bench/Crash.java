package dev.backspool.bench;

import dev.backspool.Ids;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl.Directory;
import dev.backspool.bench.Audit.Finding;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.PartFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Kills the server again and again while clients upload chunks and post events, and looks each time
 * at what is left. The data directory is the same through all rounds.
 */
final class Crash implements AutoCloseable {
  /** Small ones: more commits are caught in the middle. */
  private static final Duration MOST_WAIT = Duration.ofSeconds(30);

  private static final int UPLOAD_BYTES = 2_000;

  private static final int UPLOADS_PER_SESSION = 20;
  private static final int READ_AHEAD = 16 << 20;

  private final Workplace place = Workplace.make();
  private final EmbeddedPostgres customer;
  private final List<Upload> uploads = Upload.cut(UPLOAD_BYTES);
  private final Ledger ledger = new Ledger();
  private final EventLedger eventLedger = new EventLedger();
  private final Audit audit = new Audit();
  private final Projects.WithSecret project;
  private final int clients;
  private final Duration archiveAfter;

  /**
   * A fresh data directory.
   *
   * @param clients how many send at once
   * @param archiveAfter how long after its last upload a recording is archived, while others are
   *     uploaded and the server is killed
   */
  Crash(int clients, Duration archiveAfter) throws IOException {
    this.clients = clients;
    this.archiveAfter = archiveAfter;
    try (var postgres = EmbeddedPostgres.start(place.data());
        var database = Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password())) {
      project = new Projects(database).create("Crash", "web");
      customer = EmbeddedPostgres.start(place.folder().resolve("customer"));
      CopyAudit.addSink(database, customer.url());
    }
  }

  /**
   * How a round went.
   *
   * @param startedIn how long the server took to start on what the round before left
   * @param killedAfter how long clients had been uploading
   */
  record Round(Duration startedIn, Duration killedAfter, Finding finding) {}

  /**
   * One round: start, send again what has no answer, load, kill, audit.
   *
   * @param most how long the load runs at most, and half of it at least
   * @param postgresToo kills the PostgreSQL in the same moment, as a machine that runs out of
   *     memory may; else it learns of the server's death and stops by itself
   * @throws IOException when the server does not start, or refuses uploads
   */
  Round round(Duration most, boolean postgresToo) throws IOException, InterruptedException {
    Duration startedIn;
    Duration load =
        Duration.ofMillis(
            ThreadLocalRandom.current().nextLong(most.toMillis() / 2, most.toMillis() + 1));
    try (Program server = serve()) {
      startedIn = server.startedIn();
      sendAgain(server.url());
      List<Thread> threads = startLoad(server.url());
      TimeUnit.MILLISECONDS.sleep(load.toMillis());
      List<ProcessHandle> postgres = server.handle().descendants().toList();
      server.kill();
      if (postgresToo) {
        postgres.forEach(ProcessHandle::destroyForcibly);
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    return new Round(startedIn, load, look());
  }

  /**
   * How the server stopped.
   *
   * @param exitCode of its process
   */
  record Stopped(int exitCode, Finding finding) {}

  /** Starts, loads, and asks the server to stop while clients upload. */
  Stopped stopUnderLoad(Duration load) throws IOException, InterruptedException {
    try (Program server = serve()) {
      List<Thread> threads = startLoad(server.url());
      TimeUnit.MILLISECONDS.sleep(load.toMillis());
      int exitCode = server.stop();
      for (Thread thread : threads) {
        thread.join();
      }
      return new Stopped(exitCode, look());
    }
  }

  /** Starts once more, stops as an operator does, and audits: nothing may change by it. */
  Finding stopAndLook() throws IOException, InterruptedException {
    try (Program server = serve()) {
      sendAgain(server.url());
      server.stop();
    }
    return look();
  }

  /**
   * Compares the columnar store and a customer's database with PostgreSQL, when they have caught
   * up.
   *
   * @return what differs
   */
  List<String> lookAtCopies() throws IOException, InterruptedException {
    try (var postgres = EmbeddedPostgres.start(place.data());
        var database = Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password())) {
      return CopyAudit.of(database, place.data(), project.project().id());
    }
  }

  private Finding look() throws IOException {
    return look(_ -> {});
  }

  /** Does damage, then audits: to see whether the audit would notice. */
  Finding lookAfter(String damage) throws IOException {
    return look(database -> database.own(handle -> handle.execute(damage)));
  }

  /** Loses the archive's objects, then audits. */
  Finding lookWithoutObjects() throws IOException {
    try (Stream<Path> objects = Files.walk(archive())) {
      for (Path object : objects.filter(file -> file.toString().endsWith(".bksp")).toList()) {
        Files.delete(object);
      }
    }
    return look();
  }

  /** How many objects there are. */
  long objects() throws IOException {
    if (!Files.exists(archive())) {
      return 0;
    }
    try (Stream<Path> objects = Files.walk(archive())) {
      return objects.filter(file -> file.toString().endsWith(".bksp")).count();
    }
  }

  private Path archive() {
    return place.data().resolve("archive");
  }

  private Finding look(Consumer<Database> before) throws IOException {
    try (var postgres = EmbeddedPostgres.start(place.data());
        var database = Database.open(postgres.jdbcUrl(), postgres.user(), postgres.password());
        var archives = new Archives(Archive.open(new Directory(archive()), null), null)) {
      before.accept(database);
      var files = new PartFiles(archives, new DataKeys(database), READ_AHEAD);
      return audit.of(database, files, ledger, eventLedger);
    }
  }

  private Program serve() throws IOException {
    return Program.serve(
        Map.of(
            "BACKSPOOL_DATA_DIR",
            place.data().toString(),
            "BACKSPOOL_ARCHIVE_AFTER",
            archiveAfter.toString(),
            "BACKSPOOL_SYNC_PRIVATE_SINKS",
            "on"),
        place.log(),
        List.of());
  }

  /** As SDKs do, and only every second: the others are to be found absent or whole by the audit. */
  private void sendAgain(URI server) throws IOException {
    try (Target target = new HttpTarget(server, project.project().sdkKey())) {
      boolean again = true;
      for (Ledger.Entry entry : ledger.unanswered()) {
        if (again) {
          target.send(entry.upload(), entry.batch());
          ledger.acknowledged(entry.batch(), entry.upload());
        }
        again = !again;
      }
    }
    try (EventClient client = eventClient(server)) {
      boolean again = true;
      for (EventLedger.Post post : eventLedger.unanswered()) {
        if (again) {
          client.send(post);
        }
        again = !again;
      }
    }
  }

  private EventClient eventClient(URI server) throws IOException {
    return new EventClient(EventSender.of(server, project), eventLedger);
  }

  /** Starts the clients; when it returns, each kind has had an answer, however slow the machine. */
  private List<Thread> startLoad(URI server) throws InterruptedException {
    long batches = ledger.answered();
    int posts = eventLedger.acknowledged().size();
    List<Thread> threads = startClients(server);
    long givenUpAt = System.nanoTime() + MOST_WAIT.toNanos();
    while ((ledger.answered() == batches
            || (clients > 1 && eventLedger.acknowledged().size() == posts))
        && System.nanoTime() < givenUpAt) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return threads;
  }

  /** Half of them upload chunks, a quarter post batches of events, a quarter single ones. */
  private List<Thread> startClients(URI server) {
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < clients; i++) {
      int client = i;
      threads.add(
          Thread.startVirtualThread(() -> {
            switch (client % 4) {
              case 1 -> postUntilGone(server, events -> events.batch(client));
              case 3 -> postUntilGone(server, EventClient::single);
              default -> uploadUntilGone(server, client);
            }
          }));
    }
    return threads;
  }

  private interface Step {
    void take(EventClient client) throws IOException;
  }

  private void postUntilGone(URI server, Step step) {
    try (EventClient client = eventClient(server)) {
      while (true) {
        step.take(client);
      }
    } catch (IOException gone) {
      // The server was killed: the request under way stays without an answer.
    }
  }

  private void uploadUntilGone(URI server, int first) {
    try (Target target = new HttpTarget(server, project.project().sdkKey())) {
      String session = Ids.uuid().toString();
      for (int n = 0; ; n++) {
        if (n % UPLOADS_PER_SESSION == 0) {
          session = Ids.uuid().toString();
        }
        var batch = new Target.Batch(session, n % UPLOADS_PER_SESSION);
        Upload upload = uploads.get((first + n) % uploads.size());
        ledger.sending(batch, upload);
        target.send(upload, batch);
        ledger.acknowledged(batch, upload);
      }
    } catch (IOException gone) {
      // The server was killed: the batch under way stays without an answer.
    }
  }

  @Override
  public void close() {
    customer.close();
    try {
      place.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads that are too large, and uploads while the database goes away. */
final class ReplayFailuresTest {
  private static final int WIRE_LIMIT = 1_000_000;
  private static final int INFLATED_LIMIT = 8 << 20;

  private static TestServer server;

  private Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void makeProject() {
    project = server.project();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waiting for %s", what).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
  }

  private void assertNothingStored() {
    assertThat(
            server.count(
                "select (select count(*) from session where project_id = '%1$s')"
                        .formatted(project.id())
                    + " + (select count(*) from chunk where project_id = '%1$s')"
                        .formatted(project.id())
                    + " + (select count(*) from receipt where project_id = '%1$s')"
                        .formatted(project.id())))
        .isZero();
  }

  // B3
  @Test
  void a_declared_length_over_the_limit_is_refused_before_any_of_the_body() throws IOException {
    try (var request = RawRequest.begin(server, project, "Content-Length: " + (WIRE_LIMIT + 1))) {
      assertThat(request.answer())
          .startsWith("HTTP/1.1 413 ")
          .contains("Request body too large (max 1000000 bytes)");
    }
    assertNothingStored();
  }

  // B4
  @Test
  void an_undeclared_length_is_refused_where_it_passes_the_limit() throws IOException {
    byte[] chunk = new byte[16 * 1024];
    Arrays.fill(chunk, (byte) ' ');
    try (var request = RawRequest.begin(server, project, "Transfer-Encoding: chunked")) {
      int sent = 0;
      while (sent <= WIRE_LIMIT) {
        assertThat(request.isAnswered()).as("answered after %d bytes", sent).isFalse();
        request.sendChunk(chunk);
        sent += chunk.length;
      }
      assertThat(request.answer())
          .startsWith("HTTP/1.1 413 ")
          .contains("Request body too large (max 1000000 bytes)");
    }
    assertNothingStored();
  }

  // B5
  @Test
  void a_body_that_inflates_past_its_cap_is_refused_and_never_held_twice() throws IOException {
    byte[][] bomb = bomb();
    long before = heapInUse();
    try (var request =
        RawRequest.begin(server, project, "Content-Length: " + (bomb[0].length + bomb[1].length))) {
      request.send(bomb[0]);
      // Everything up to the cap is in memory now, and the server waits for more.
      await("the body in memory", () -> heapInUse() - before > INFLATED_LIMIT * 3 / 4);
      for (int i = 0; i < 5; i++) {
        assertThat(heapInUse() - before).isLessThan(2L * INFLATED_LIMIT);
      }
      request.send(bomb[1]);
      assertThat(request.answer())
          .startsWith("HTTP/1.1 413 ")
          .contains("Request body too large (max 8388608 bytes)");
    }
    assertNothingStored();
  }

  // B5
  @Test
  void many_bombs_at_once_leave_the_server_well() throws Exception {
    byte[][] bomb = bomb();
    byte[] whole = Arrays.copyOf(bomb[0], bomb[0].length + bomb[1].length);
    System.arraycopy(bomb[1], 0, whole, bomb[0].length, bomb[1].length);
    var statuses = new ArrayList<Integer>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < 100; i++) {
        answers.add(
            threads.submit(() -> Batch.call(server, project, null).body(whole).send().status()));
      }
      for (var answer : answers) {
        statuses.add(answer.get());
      }
    }

    assertThat(statuses).allMatch(status -> status == 413 || status == 503).contains(413);
    assertThat(Batch.first().send(server, project).status()).isEqualTo(200);
  }

  /** gzip in two parts: the first inflates to just below the cap, the second past it. */
  private static byte[][] bomb() throws IOException {
    // Lines of a length that gzip folds by about 100: what folds better is refused by its ratio.
    byte[] lines = new byte[INFLATED_LIMIT - 4096];
    var random = new Random(1);
    for (int i = 0; i < lines.length; i++) {
      lines[i] = i % 256 < 2 ? (byte) random.nextInt() : (byte) ' ';
    }
    var bytes = new ByteArrayOutputStream();
    var gzip = new GZIPOutputStream(bytes, 512, true);
    gzip.write(lines);
    gzip.flush();
    byte[] first = bytes.toByteArray();
    bytes.reset();
    gzip.write(lines);
    gzip.close();
    assertThat(first.length + bytes.size()).isLessThan(WIRE_LIMIT);
    return new byte[][] {first, bytes.toByteArray()};
  }

  private static long heapInUse() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // what one collection only readies, the next one takes
      System.gc();
      least =
          Math.min(least, Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    }
    return least;
  }

  // B6
  @Test
  void a_transaction_that_dies_before_its_commit_leaves_nothing_and_a_retry_one_chunk()
      throws Exception {
    Batch batch = Batch.first();
    var first =
        whileChunksAreLocked(
            server,
            () -> batch.send(server, project),
            () ->
                server.count(
                    """
                    select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where wait_event_type = 'Lock' and datname = current_database()
                    """));

    assertThat(first.status()).as(first.body()).isEqualTo(503);
    assertThat(Integer.parseInt(first.header("Retry-After"))).isPositive();
    assertNothingStored();

    var retry = batch.send(server, project);
    assertThat(retry.status()).as(retry.body()).isEqualTo(200);
    assertThat(retry.json().get("deduped").asBoolean()).isFalse();
    assertThat(
            server.column(
                "select count(*) || ' ' || sum(event_count) from chunk where project_id = '"
                    + project.id()
                    + "'"))
        .containsExactly("1 2");
  }

  /**
   * Begins an upload, waits until its transaction has written all but its chunk and hangs, and then
   * does something about it.
   */
  private static TestServer.Answer whileChunksAreLocked(
      TestServer server, Callable<TestServer.Answer> upload, Runnable then) throws Exception {
    Connection locking = server.server().postgres().writer();
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      locking.createStatement().execute("lock table chunk in share row exclusive mode");
      Future<TestServer.Answer> answer = thread.submit(upload);
      await(
          "the upload's transaction to hang",
          () ->
              server.count(
                      """
                      select count(*) from pg_stat_activity
                      where wait_event_type = 'Lock' and datname = current_database()
                      """)
                  > 0);
      then.run();
      return answer.get();
    } finally {
      unlock(locking);
    }
  }

  private static void unlock(Connection locking) {
    try {
      locking.close();
    } catch (SQLException gone) {
      // The lock went with the database that was killed.
    }
  }

  private static TestServer withItsOwnDatabase(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    return TestServer.start(
        Map.of("BACKSPOOL_DATABASE_URL", "", "BACKSPOOL_DATA_DIR", folder.toString()));
  }

  // B7
  @Test
  void a_database_that_is_killed_is_told_as_such_and_a_retry_succeeds(@TempDir Path folder)
      throws Exception {
    try (TestServer own = withItsOwnDatabase(folder)) {
      Project shop = own.project();
      Batch batch = Batch.first();
      var first =
          whileChunksAreLocked(own, () -> batch.send(own, shop), () -> killDatabase(folder));

      assertThat(first.status()).as(first.body()).isEqualTo(503);
      assertThat(Integer.parseInt(first.header("Retry-After"))).isPositive();
      assertThat(first.header("x-stack-actual-status")).isEqualTo("503");

      untilStored(own, shop, batch);
      assertThat(own.count("select count(*) from chunk")).isOne();
      assertThat(own.count("select chunk_count from session")).isOne();
    }
  }

  // B7
  @Test
  void a_database_that_is_killed_under_load_loses_and_doubles_nothing(@TempDir Path folder)
      throws Exception {
    try (TestServer own = withItsOwnDatabase(folder)) {
      Project shop = own.project();
      var stored = new AtomicInteger();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> senders = new ArrayList<>();
        for (int sender = 0; sender < 8; sender++) {
          senders.add(
              threads.submit(() -> {
                Batch batch = Batch.first();
                for (int i = 0; i < 25; i++) {
                  untilStored(own, shop, batch);
                  stored.incrementAndGet();
                  batch = batch.next();
                }
              }));
        }
        await("the load", () -> stored.get() >= 20);
        killDatabase(folder);
        for (Future<?> sender : senders) {
          sender.get();
        }
      }

      assertThat(own.count("select count(*) from chunk")).isEqualTo(200);
      assertThat(own.count("select count(distinct batch_id) from chunk")).isEqualTo(200);
      assertThat(own.count("select sum(chunk_count) from session")).isEqualTo(200);
      assertThat(own.count("select count(*) from session")).isEqualTo(8);
    }
  }

  private static void killDatabase(Path dataDir) {
    try {
      String pid =
          Files.readAllLines(dataDir.resolve("postgres/cluster/postmaster.pid")).getFirst();
      ProcessHandle postmaster = ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
      List<ProcessHandle> backends = postmaster.descendants().toList();
      postmaster.destroyForcibly();
      backends.forEach(ProcessHandle::destroyForcibly);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends until it is stored: every other answer must say when to come again. */
  private static void untilStored(TestServer server, Project project, Batch batch) {
    await(
        "the batch to be stored",
        () -> {
          var answer = batch.send(server, project);
          if (answer.status() != 200) {
            assertThat(answer.status()).as(answer.body()).isEqualTo(503);
            assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
          }
          return answer.status() == 200;
        });
  }
}

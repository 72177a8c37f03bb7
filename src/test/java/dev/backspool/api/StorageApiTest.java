package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.TestServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a project keeps and where it lies, over HTTP. */
final class StorageApiTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode storage(TestServer server, Project project) {
    var answer = server.get("/api/projects/" + project.id() + "/storage").admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static Visit visit(Project project, String name) {
    return new Visit(server, project, name).page(0, "https://shop.example.com/").click(500);
  }

  private static void execute(String sql, Object... values) {
    server.server().postgres().own(handle -> handle.execute(sql, values));
  }

  /** A part as the archiver records it: 400 bytes of 1,000 uploaded and 9,000 of JSON. */
  private static void part(Visit visit, String object, String firstAt, boolean cold) {
    execute(
        """
        insert into recording_part (project_id, session_id, object, bytes, raw_bytes, chunk_bytes,
          frame_count, event_count, first_at, last_at, activity, cold)
        select project_id, id, ?, 400, 9000, 1000, 2, 20, cast(? as timestamptz), now(), '{}', ?
        from session where id = cast(? as uuid)
        """,
        object,
        firstAt,
        cold,
        visit.id());
    execute(
        "update session set part_count = part_count + 1 where id = cast(? as uuid)", visit.id());
  }

  /** All chunks of the session are in the archive. */
  private static void archived(Visit visit) {
    execute(
        "update session set hot_since = null, hot_chunks = 0, hot_bytes = 0"
            + " where id = cast(? as uuid)",
        visit.id());
  }

  private static JsonNode day(JsonNode storage, LocalDate day) {
    for (JsonNode one : storage.get("days")) {
      if (one.get("day").asString().equals(day.toString())) {
        return one;
      }
    }
    throw new AssertionError(day + " is not in " + storage.get("days"));
  }

  private static LocalDate today() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  @Test
  void a_new_project_keeps_nothing_and_knows_where_it_will() {
    JsonNode storage = storage(server, server.project());

    JsonNode archive = storage.get("archive");
    assertThat(archive.get("kind").asString()).isEqualTo("directory");
    assertThat(archive.get("place").asString())
        .isEqualTo(server.folder().resolve("archive").toString());
    assertThat(archive.get("encrypted").asBoolean()).isTrue();
    assertThat(archive.get("cold_place").isNull()).isTrue();
    assertThat(archive.get("reachable").asBoolean()).isTrue();
    assertThat(archive.get("problem").isNull()).isTrue();
    assertThat(storage.get("hot").get("sessions").asLong()).isZero();
    assertThat(storage.get("hot").get("oldest_waiting_at").isNull()).isTrue();
    assertThat(storage.get("hot").get("last_error").isNull()).isTrue();
    assertThat(storage.get("archived").get("objects").asLong()).isZero();
    assertThat(storage.get("events").get("count_estimate").asLong()).isZero();
    assertThat(storage.get("to_delete").get("objects").asLong()).isZero();
    assertThat(storage.get("days")).hasSize(30);
    assertThat(storage.get("days").get(0).get("day").asString())
        .isEqualTo(today().minusDays(29).toString());
    assertThat(storage.get("days").get(29).get("day").asString()).isEqualTo(today().toString());
  }

  @Test
  void what_is_uploaded_lies_in_the_database_until_it_is_archived() {
    Project project = server.project();
    Visit visit = visit(project, "one").upload().click(900).upload();
    visit(project, "two").upload();
    visit(server.project(), "theirs").upload();
    JsonNode session = server.get(visit.path()).admin().send().json();

    JsonNode hot = storage(server, project).get("hot");
    assertThat(hot.get("sessions").asLong()).isEqualTo(2);
    assertThat(hot.get("chunks").asLong()).isEqualTo(3);
    assertThat(hot.get("bytes").asLong())
        .isEqualTo(
            server.count(
                "select sum(octet_length(payload)) from chunk where project_id = '%s'"
                    .formatted(project.id())));
    assertThat(hot.get("raw_bytes").asLong()).isGreaterThan(session.get("raw_bytes").asLong());
    assertThat(hot.get("waiting_sessions").asLong()).isZero();

    archived(visit);
    part(visit, "a", Instant.now().toString(), false);
    JsonNode after = storage(server, project);
    assertThat(after.get("hot").get("sessions").asLong()).isEqualTo(1);
    assertThat(after.get("hot").get("chunks").asLong()).isEqualTo(1);
    assertThat(after.get("archived").get("recordings").asLong()).isEqualTo(1);
    assertThat(after.get("archived").get("bytes").asLong()).isEqualTo(400);
    assertThat(after.get("archived").get("chunk_bytes").asLong()).isEqualTo(1_000);
    assertThat(after.get("archived").get("raw_bytes").asLong()).isEqualTo(9_000);
  }

  @Test
  void a_recording_in_both_places_counts_once_on_the_day_it_began() {
    Project project = server.project();
    Visit visit = visit(project, "both").upload();
    part(visit, "a", Instant.now().toString(), true);
    part(visit, "b", Instant.now().toString(), false);
    Visit older = visit(project, "older").upload();
    archived(older);
    String lastWeek = today().minusDays(7) + "T12:00:00Z";
    part(older, "c", lastWeek, true);
    Visit ancient = visit(project, "ancient").upload();
    archived(ancient);
    part(ancient, "d", "2020-02-02T12:00:00Z", false);

    JsonNode storage = storage(server, project);
    JsonNode archived = storage.get("archived");
    assertThat(archived.get("recordings").asLong()).isEqualTo(3);
    assertThat(archived.get("objects").asLong()).isEqualTo(4);
    assertThat(archived.get("cold_objects").asLong()).isEqualTo(2);
    assertThat(archived.get("cold_bytes").asLong()).isEqualTo(800);
    LocalDate began = LocalDate.ofInstant(Instant.ofEpochMilli(visit.start), ZoneOffset.UTC);
    JsonNode day = day(storage, began);
    assertThat(day.get("recordings").asLong()).isEqualTo(1);
    assertThat(day.get("archived_bytes").asLong()).isEqualTo(800);
    assertThat(day.get("hot_bytes").asLong())
        .isEqualTo(storage.get("hot").get("bytes").asLong())
        .isPositive();
    assertThat(day(storage, today().minusDays(7)).get("archived_bytes").asLong()).isEqualTo(400);
    assertThat(day(storage, today().minusDays(7)).get("raw_bytes").asLong()).isEqualTo(9_000);
  }

  @Test
  void sessions_that_wait_and_sessions_that_fail_are_told() {
    Project project = server.project();
    visit(project, "going").upload();
    Visit waiting = visit(project, "quiet").upload();
    execute(
        "update session set hot_since = '2026-11-20T10:00:00Z',"
            + " archive_after = now() + interval '1 day',"
            + " last_received_at = now() - interval '2 hours' where id = cast(? as uuid)",
        waiting.id());
    Visit failing = visit(project, "failing").upload();
    execute(
        "update session set hot_since = '2026-11-20T11:00:00Z', archive_failures = 3,"
            + " last_received_at = now() - interval '2 hours',"
            + " archive_after = now() + interval '1 day', archive_error = 'The bucket is full'"
            + " where id = cast(? as uuid)",
        failing.id());

    JsonNode hot = storage(server, project).get("hot");
    assertThat(hot.get("sessions").asLong()).isEqualTo(3);
    assertThat(hot.get("waiting_sessions").asLong()).isEqualTo(2);
    assertThat(Instant.parse(hot.get("oldest_waiting_at").asString()))
        .isEqualTo(Instant.parse("2026-11-20T10:00:00Z"));
    assertThat(hot.get("failing_sessions").asLong()).isEqualTo(1);
    assertThat(hot.get("last_error").asString()).isEqualTo("The bucket is full");
  }

  @Test
  void objects_on_their_way_out_are_told_and_those_on_their_way_in_are_not() {
    Project project = server.project();
    execute(
        """
        insert into doomed_object (project_id, object, cold, reason, not_before, doomed_at, error)
        select cast(? as uuid), object, false, reason, not_before, cast(doomed_at as timestamptz),
          error
        from (values
          ('gone', 'removed', now() + interval '1 hour', '2026-11-20T10:00:00Z', null),
          ('stuck', 'removed', now() + interval '1 hour', '2026-11-20T11:00:00Z', 'No answer'),
          ('coming', 'planned', now() + interval '1 hour', '2026-11-20T09:00:00Z', null)
        ) as doomed (object, reason, not_before, doomed_at, error)
        """,
        project.id());

    JsonNode toDelete = storage(server, project).get("to_delete");
    assertThat(toDelete.get("objects").asLong()).isEqualTo(2);
    assertThat(Instant.parse(toDelete.get("oldest_at").asString()))
        .isEqualTo(Instant.parse("2026-11-20T10:00:00Z"));
    assertThat(toDelete.get("last_error").asString()).isEqualTo("No answer");
  }

  @Test
  void what_the_archiver_wrote_is_what_is_told() throws IOException, InterruptedException {
    try (TestServer quick = TestServer.start(Map.of("BACKSPOOL_ARCHIVE_AFTER", "PT0.01S"))) {
      Project project = quick.project();
      Visit visit =
          new Visit(quick, project, "one").page(0, "https://shop.example.com/").click(500).upload();
      JsonNode session = quick.get(visit.path()).admin().send().json();
      while (storage(quick, project).get("hot").get("sessions").asLong() > 0) {
        quick.server().archiver().archiveDue();
      }

      JsonNode archived = storage(quick, project).get("archived");
      assertThat(archived.get("recordings").asLong()).isEqualTo(1);
      assertThat(archived.get("objects").asLong()).isEqualTo(1);
      assertThat(archived.get("bytes").asLong()).isEqualTo(sizeOfObjects(quick, project));
      assertThat(archived.get("chunk_bytes").asLong())
          .isEqualTo(session.get("stored_bytes").asLong());
      assertThat(archived.get("raw_bytes").asLong()).isEqualTo(session.get("raw_bytes").asLong());
    }
  }

  private static long sizeOfObjects(TestServer server, Project project) throws IOException {
    Path objects = server.folder().resolve("archive").resolve(project.id().toString());
    try (Stream<Path> files = Files.walk(objects)) {
      return files
          .map(Path::toFile)
          .filter(File::isFile)
          .peek(file -> assertThat(file.getName()).endsWith(".bksp"))
          .mapToLong(File::length)
          .sum();
    }
  }

  @Test
  void few_events_are_counted() {
    Project project = server.project();
    new Tracker(server, project, "device")
        .event("first", Instant.now())
        .event("second", Instant.now())
        .store();
    new Tracker(server, server.project(), "device").event("of another", Instant.now()).store();
    long stored =
        server.count("select count(*) from event where project_id = '%s'".formatted(project.id()));

    JsonNode events = storage(server, project).get("events");
    assertThat(events.get("count_estimate").asLong()).isEqualTo(stored).isGreaterThanOrEqualTo(2);
    assertThat(events.get("bytes_estimate").asLong()).isBetween(100L * stored, 5_000L * stored);
  }

  @Test
  void many_events_are_taken_from_the_usage_of_the_days_that_are_kept() {
    Project project = server.project();
    execute(
        """
        insert into event (project_id, id, at, received_at, name, properties)
        select cast(? as uuid), nextval('event_id'), now(), now(), 'many', '{}'
        from generate_series(1, 10001)
        """,
        project.id());
    execute(
        """
        insert into usage (project_id, day, chunks, raw_bytes, events)
        values (cast(? as uuid), cast(? as date), 0, 0, 12345),
          (cast(? as uuid), '2025-01-01', 0, 0, 777)
        """,
        project.id(),
        today().toString(),
        project.id());

    assertThat(storage(server, project).get("events").get("count_estimate").asLong())
        .isEqualTo(12_345);
  }

  @Test
  void a_project_that_is_not_there_is_404() {
    var answer =
        server.get("/api/projects/018f0000-0000-7000-8000-000000000000/storage").admin().send();
    assertThat(answer.status()).isEqualTo(404);
  }

  @Test
  void an_archive_that_is_away_is_part_of_the_answer(@TempDir Path folder) throws IOException {
    Path notMounted = Files.createFile(folder.resolve("not-a-directory"));
    try (TestServer away =
        TestServer.start(Map.of("BACKSPOOL_ARCHIVE_URL", "file:" + notMounted))) {
      JsonNode archive = storage(away, away.project()).get("archive");
      assertThat(archive.get("reachable").asBoolean()).isFalse();
      assertThat(archive.get("problem").asString()).contains(notMounted.toString());
    }
  }

  @Test
  void an_archive_that_does_not_answer_holds_nobody_up() throws IOException {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        TestServer away =
            TestServer.start(
                TestPostgres.freshDatabase(),
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL",
                    "s3://recordings/all?cold_storage_class=GLACIER_IR&endpoint=http://127.0.0.1:"
                        + silent.getLocalPort(),
                    "BACKSPOOL_S3_ACCESS_KEY",
                    "access",
                    "BACKSPOOL_S3_SECRET_KEY",
                    "secret"))) {
      JsonNode archive = storage(away, away.project()).get("archive");
      assertThat(archive.get("kind").asString()).isEqualTo("bucket");
      assertThat(archive.get("place").asString())
          .isEqualTo("s3://recordings/all at http://127.0.0.1:" + silent.getLocalPort());
      assertThat(archive.get("cold_place").asString()).isEqualTo("storage class GLACIER_IR");
      assertThat(archive.get("reachable").asBoolean()).isFalse();
      // The bucket's own patience is longer than the 2 s of whoever looks.
      assertThat(archive.get("problem").asString()).contains("has not answered for 2 s");
    }
  }
}

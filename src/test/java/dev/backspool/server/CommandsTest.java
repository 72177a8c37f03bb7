package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.rrweb.Recordings;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands that an operator types, on a database of its own and on a running server. */
final class CommandsTest {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  @TempDir private static Path folder;
  private static Map<String, String> environment;

  @BeforeAll
  static void openDatabase() {
    environment = Map.of("BACKSPOOL_DATABASE_URL", TestServer.url(TestPostgres.freshDatabase()));
  }

  /** How a command ended. */
  private record Ended(int code, String out, String err) {}

  private static Ended run(Map<String, String> environment, Object... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] arguments = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].toString();
    }
    int code =
        Main.commandLine(environment)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Ended(code, out.toString(), err.toString());
  }

  private static Ended run(Object... words) {
    return run(environment, words);
  }

  /** Fails at the first event that differs; neither side is in memory as a whole. */
  private static void assertEqual(byte[] array, Path lines) throws IOException {
    try (JsonParser sent = JSON.createParser(new ByteArrayInputStream(array));
        BufferedReader exported = Files.newBufferedReader(lines)) {
      assertThat(sent.nextToken()).isEqualTo(JsonToken.START_ARRAY);
      while (sent.nextToken() != JsonToken.END_ARRAY) {
        JsonNode event = JSON.readTree(sent);
        String line = exported.readLine();
        assertThat(line).isNotNull();
        assertThat(JSON.readTree(line).equals(event)).isTrue();
      }
      assertThat(exported.readLine()).isNull();
    }
  }

  private static void assertComesBack(byte[] array, String session) throws IOException {
    Path lines = folder.resolve("exported.ndjson");
    Ended export = run("export", session, "--out", lines);
    assertThat(export.code()).as(export.err()).isZero();
    assertEqual(array, lines);
  }

  @Test
  void the_sample_recordings_come_back_equal() throws IOException {
    var names = new ArrayList<>(Recordings.SHORT_SAMPLES);
    names.add("admin-long");
    for (String name : names) {
      // As they lie in the jar: zstd with a long window.
      Ended imported =
          run(
              "import",
              Path.of("src/main/resources/samples", name + ".json.zst"),
              "--project",
              "Shop");
      assertThat(imported.code()).as(imported.err()).isZero();
      assertThat(imported.out()).contains("(" + name + ")");
      assertComesBack(Recordings.sample(name), name);
    }
  }

  @Test
  void the_streams_of_rrwebs_own_tests_come_back_equal() throws IOException {
    List<Path> suite = Recordings.suite();
    var words = new ArrayList<Object>(List.of("import", "--project", "Shop"));
    words.addAll(suite);
    Ended imported = run(words.toArray());
    assertThat(imported.code()).as(imported.err()).isZero();
    assertThat(imported.out().lines()).hasSameSizeAs(suite);
    for (Path file : suite) {
      assertComesBack(Files.readAllBytes(file), RecordingFile.sessionName(file));
    }
  }

  @Test
  void gzip_lines_and_zstd_are_read_and_a_second_import_stores_nothing() throws IOException {
    byte[] events = Recordings.sample("swagger");
    Path gzip = folder.resolve("as gzip.json.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(events);
    }
    Path lines = folder.resolve("as-lines.ndjson.zst");
    try (var out = new ZstdOutputStream(Files.newOutputStream(lines))) {
      for (JsonNode event : JSON.readTree(events)) {
        out.write(JSON.writeValueAsBytes(event));
        out.write('\n');
      }
    }

    assertThat(run("import", gzip, lines, "--project", "Shop").code()).isZero();
    assertComesBack(events, "as-gzip");
    assertComesBack(events, "as-lines");

    Ended again = run("import", gzip, "--project", "Shop");
    assertThat(again.out()).contains("64 events in 13 chunks, 13 were there");
    assertComesBack(events, "as-gzip");
  }

  @Test
  void a_running_server_takes_and_gives_the_same() throws IOException {
    try (var server = TestServer.start()) {
      String key = server.project().sdkKey();
      for (String name : Recordings.SHORT_SAMPLES) {
        Ended imported =
            run(
                Map.of(),
                "import",
                Path.of("src/main/resources/samples", name + ".json.zst"),
                "--url",
                server.url(),
                "--key",
                key);
        assertThat(imported.code()).as(imported.err()).isZero();
        String session = imported.out().replaceFirst("(?s).*session (\\S+) .*", "$1");
        Path lines = folder.resolve("from-server.ndjson");
        Ended exported =
            run(
                Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
                "export",
                session,
                "--url",
                server.url(),
                "--out",
                lines);
        assertThat(exported.code()).as(exported.err()).isZero();
        assertEqual(Recordings.sample(name), lines);
      }
    }
  }

  @Test
  void a_server_that_refuses_is_quoted() {
    try (var server = TestServer.start()) {
      Ended wrongKey =
          run(
              Map.of(),
              "import",
              "src/main/resources/samples/swagger.json.zst",
              "--url",
              server.url(),
              "--key",
              "bsk_wrong");
      assertThat(wrongKey.code()).isOne();
      assertThat(wrongKey.err()).contains("answered 401: No project has this key");

      Ended wrongToken =
          run(Map.of(), "export", UUID.randomUUID(), "--url", server.url(), "--token", "bst_wrong");
      assertThat(wrongToken.code()).isOne();
      assertThat(wrongToken.err()).contains("answered 401");
    }
  }

  @Test
  void events_are_exported_from_the_data_and_from_a_running_server_alike() throws IOException {
    TestPostgres.Address database = TestPostgres.freshDatabase();
    try (var server = TestServer.start(database, Map.of())) {
      UUID project = server.project().id();
      server
          .server()
          .postgres()
          .own(handle ->
              handle.execute(
                  """
                  insert into event (project_id, id, at, received_at, name, profile_id, properties)
                  select ?, i, timestamptz '2026-11-01Z' + i % 100 * interval '1 s', now(),
                    'event ' || i % 3, 'user ' || i % 2, '{"n":"' || i || '"}'
                  from generate_series(1, 12000) i
                  """,
                  project));
      var data = Map.of("BACKSPOOL_DATABASE_URL", TestServer.url(database));
      Path opened = folder.resolve("events-opened.ndjson");
      Path served = folder.resolve("events-served.ndjson");

      Ended export = run(data, "export", "events", "--out", opened);
      assertThat(export.code()).as(export.err()).isZero();
      assertThat(export.err()).contains("12000 events");
      List<String> lines = Files.readAllLines(opened);
      assertThat(lines).hasSize(12_000).doesNotHaveDuplicates();
      assertThat(lines)
          .isSortedAccordingTo(
              Comparator.<String>comparingLong(line -> millis(line, "at"))
                  .thenComparingLong(line -> JSON.readTree(line).get("id").asLong()));
      run(
          Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
          "export",
          "events",
          "--project",
          "Shop",
          "--url",
          server.url(),
          "--out",
          served);
      assertThat(served).hasSameTextualContentAs(opened);

      Path some = folder.resolve("events-some.ndjson");
      Ended filtered =
          run(
              data,
              "export",
              "events",
              "--project",
              project,
              "--from",
              "2026-11-01T00:00:10Z",
              "--to",
              "2026-11-01T01:00:20+01:00",
              "--name",
              "event 0",
              "--name",
              "event 1",
              "--profile",
              "user 1",
              "--out",
              some);
      assertThat(filtered.code()).as(filtered.err()).isZero();
      assertThat(Files.readAllLines(some))
          .containsExactlyElementsOf(
              lines.stream()
                  .filter(line -> {
                    long second = millis(line, "at") / 1_000 - MIDNIGHT;
                    JsonNode event = JSON.readTree(line);
                    return second >= 10
                        && second < 20
                        && !event.get("name").asString().equals("event 2")
                        && event.get("profile_id").asString().equals("user 1");
                  })
                  .toList())
          .isNotEmpty();
    }
  }

  private static final long MIDNIGHT = Instant.parse("2026-11-01T00:00:00Z").getEpochSecond();

  private static long millis(String line, String field) {
    return Instant.parse(JSON.readTree(line).get(field).asString()).toEpochMilli();
  }

  @Test
  void what_cannot_be_done_is_said_in_a_sentence() throws IOException {
    Path broken = folder.resolve("broken.json");
    Files.writeString(broken, "[{\"type\":4}]");

    assertThat(run("import", broken, "--project", "Shop").err())
        .startsWith(broken + ": ")
        .contains("timestamp")
        .doesNotContain("\tat ");
    assertThat(run("import", folder.resolve("none.json"), "--project", "Shop").err())
        .contains("cannot be read")
        .doesNotContain("\tat ");
    assertThat(run("import", broken, "--url", "http://127.0.0.1:1").err()).contains("go together");
    assertThat(run("export", "nobody").err()).contains("There is no session nobody");
    assertThat(run("import", broken, "--url", "http://127.0.0.1:1", "--key", "k").code()).isOne();
    assertThat(run("export").code()).isEqualTo(2);
    assertThat(run("export", "events", "--from", "yesterday").code()).isEqualTo(2);
    assertThat(run("export", "events", "--project", "None").err()).contains("There is no project");
  }

  @Test
  void a_new_admin_token_replaces_the_old_one() {
    var own = Map.of("BACKSPOOL_DATABASE_URL", TestServer.url(TestPostgres.freshDatabase()));
    String first = token(run(own, "reset-admin-token"));
    String second = token(run(own, "reset-admin-token"));
    var settings = new HashMap<>(own);
    settings.put("BACKSPOOL_PORT", "0");
    settings.put("BACKSPOOL_ANALYTICS_URL", "off");
    try (var server = new Server(Config.from(settings))) {
      assertThat(server.newAdminToken()).isEmpty();
      assertThat(signIn(server, first)).isEqualTo(401);
      assertThat(signIn(server, second)).isEqualTo(204);
    }
  }

  private static String token(Ended reset) {
    assertThat(reset.code()).as(reset.err()).isZero();
    return reset.out().strip().replaceFirst(".*: ", "");
  }

  private static int signIn(Server server, String token) {
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(server.url().resolve("/api/sign-in"))
                  .POST(HttpRequest.BodyPublishers.ofString("{\"token\":\"" + token + "\"}"))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.sync.SyncStatus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code backspool sync}, as an operator types it. */
final class SyncCommandTest {
  private static TestPostgres.Address database;
  private static TestPostgres.Address warehouse;
  private static TestServer server;
  private static Project project;
  private static String sink;

  @BeforeAll
  static void start() {
    database = TestPostgres.freshDatabase();
    warehouse = TestPostgres.freshDatabase();
    server =
        TestServer.start(
            database,
            Map.of(
                "BACKSPOOL_SYNC_PRIVATE_SINKS", "on", "BACKSPOOL_ANALYTICS_URL", duckDb("mine")));
    project = server.project();
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into profile (project_id, id, first_seen_at, last_seen_at)
                select ?, 'u' || n, now(), now() from generate_series(1, 20) as n
                """,
                project.id()));
    sink =
        server
            .post("/api/projects/" + project.id() + "/sync/sinks")
            .admin()
            .json(
                Map.of(
                    "kind",
                    "postgres",
                    "name",
                    "Warehouse",
                    "connection",
                    TestServer.url(warehouse) + "?sslmode=disable"))
            .send()
            .json()
            .get("id")
            .asString();
    isUpToDate();
  }

  private static String duckDb(String name) {
    return "duckdb:"
        + System.getProperty("java.io.tmpdir")
        + "/backspool-"
        + name
        + "-"
        + ProcessHandle.current().pid()
        + ".duckdb";
  }

  private static void isUpToDate() {
    Instant end = Instant.now().plus(Duration.ofSeconds(30));
    while (true) {
      JsonNode status =
          server.get("/api/projects/" + project.id() + "/sync/status").admin().send().json();
      if (status.at("/totals/behind").asLong() == 0
          && status
              .get("sinks")
              .valueStream()
              .allMatch(each -> each.get("state").asString().equals("live"))) {
        return;
      }
      assertThat(Instant.now()).as(status.toString()).isBefore(end);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    java.nio.file.Files.deleteIfExists(
        java.nio.file.Path.of(duckDb("mine").substring("duckdb:".length())));
  }

  private record Ended(int code, String out, String err) {}

  private static Ended run(Map<String, String> environment, String... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Main.commandLine(environment)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new Ended(code, out.toString(), err.toString());
  }

  /** Beside the server, on its database. */
  private static Ended beside(String... words) {
    return run(
        Map.of(
            "BACKSPOOL_DATABASE_URL",
            TestServer.url(database),
            "BACKSPOOL_DATA_DIR",
            server.folder().toString(),
            "BACKSPOOL_ANALYTICS_URL",
            "off",
            "BACKSPOOL_SYNC_PRIVATE_SINKS",
            "on"),
        words);
  }

  private static Ended through(String... words) {
    var all = new java.util.ArrayList<>(List.of(words));
    all.add("--url");
    all.add(server.url().toString());
    return run(Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN), all.toArray(String[]::new));
  }

  private static void spoil() {
    try (var connection =
            DriverManager.getConnection(warehouse.url(), warehouse.user(), warehouse.password());
        var statement = connection.createStatement()) {
      statement.execute("delete from backspool.profiles where id = 'u1'");
      statement.execute("update backspool.profiles set email = 'other' where id = 'u2'");
      statement.execute(
          "insert into backspool.profiles (project_id, id, sync_version) values ('%s', 'planted', 1)"
              .formatted(project.id()));
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Test
  void what_differs_is_told_and_mended_beside_the_server_and_through_it() {
    Ended clean = through("sync", "verify");
    assertThat(clean.code()).as(clean.out() + clean.err()).isZero();
    assertThat(clean.out()).contains("16 mappings compared").endsWith("Nothing differs.\n");

    for (boolean isThrough : List.of(true, false)) {
      spoil();
      Ended wrong =
          isThrough
              ? through("sync", "verify", "--sink", sink)
              : beside("sync", "verify", "--sink", sink, "--project", "Shop");
      assertThat(wrong.code()).as(wrong.out() + wrong.err()).isOne();
      assertThat(wrong.out())
          .contains("missing: profiles u1\n  project Shop, sink Warehouse\n")
          .contains("altered: profiles u2\n")
          .contains("extra: profiles planted\n")
          .contains("1 missing, 1 extra, 1 altered.\n");

      Ended json =
          isThrough
              ? through("sync", "verify", "--json", "--sink", sink)
              : beside("sync", "verify", "--json", "--sink", sink);
      assertThat(json.code()).isOne();
      JsonNode report = TestServer.JSON.readTree(json.out());
      assertThat(report.get("differences")).hasSize(3);
      assertThat(report.at("/summary/clean").asBoolean()).isFalse();
      assertThat(report.get("not_compared")).isEmpty();

      Ended mended =
          isThrough
              ? through("sync", "verify", "--repair", "--project", "Shop", "--sink", sink)
              : beside("sync", "verify", "--repair", "--sink", sink);
      assertThat(mended.code()).as(mended.out() + mended.err()).isZero();
      assertThat(mended.out())
          .contains("missing: profiles u1, repaired\n")
          .endsWith("All of it is repaired.\n");
    }
    JsonNode nothing =
        TestServer.JSON.readTree(beside("sync", "verify", "--json", "--sink", sink).out());
    assertThat(nothing.get("differences")).isEmpty();
    assertThat(nothing.at("/summary/clean").asBoolean()).isTrue();
  }

  @Test
  void a_store_that_a_server_has_to_itself_is_not_compared_from_beside_it() {
    Ended beside = beside("sync", "verify");
    assertThat(beside.code()).as(beside.out() + beside.err()).isOne();
    assertThat(beside.out())
        .contains("not compared: sink Analytics\n  Another process has it open")
        .contains("Nothing differs in what was compared.\n1 could not be compared.\n");
    JsonNode json = TestServer.JSON.readTree(beside("sync", "verify", "--json").out());
    assertThat(json.get("not_compared")).hasSize(1);
    assertThat(json.at("/summary/clean").asBoolean()).isFalse();
  }

  @Test
  void without_a_server_the_columnar_store_is_verified_too() throws Exception {
    var settings = new HashMap<String, String>();
    String file = duckDb("alone");
    TestPostgres.Address alone = TestPostgres.freshDatabase();
    try (var once = TestServer.start(alone, Map.of("BACKSPOOL_ANALYTICS_URL", file))) {
      once.project();
      Instant end = Instant.now().plusSeconds(30);
      while (once.server().sync().statuses().all().sinks().getFirst().all().state()
          != SyncStatus.State.LIVE) {
        assertThat(Instant.now()).isBefore(end);
      }
      settings.put("BACKSPOOL_DATABASE_URL", TestServer.url(alone));
      settings.put("BACKSPOOL_ANALYTICS_URL", file);
      settings.put("BACKSPOOL_DATA_DIR", server.folder().toString());
    }
    try {
      Ended ended = run(settings, "sync", "verify");
      assertThat(ended.code()).as(ended.out() + ended.err()).isZero();
      assertThat(ended.out()).contains("8 mappings compared").endsWith("Nothing differs.\n");
      assertThat(run(settings, "sync", "status").out()).contains("Analytics (duckdb)");
    } finally {
      java.nio.file.Files.deleteIfExists(java.nio.file.Path.of(file.substring("duckdb:".length())));
    }
  }

  @Test
  void how_it_stands_is_told_as_text_and_as_json_and_without_passwords() {
    isUpToDate();
    for (Ended status : List.of(beside("sync", "status"), through("sync", "status"))) {
      assertThat(status.code()).as(status.err()).isZero();
      assertThat(status.out())
          .contains("tail  runs    nothing behind\n")
          .contains("Warehouse (postgres, " + warehouse.user() + "@127.0.0.1:")
          .contains("  live: nothing behind\n")
          .contains("profiles           live     nothing behind, ")
          .doesNotContain(warehouse.password());
    }
    for (Ended status :
        List.of(
            beside("sync", "status", "--json", "--project", "Shop"),
            through("sync", "status", "--json", "--project", "Shop"))) {
      JsonNode json = TestServer.JSON.readTree(status.out());
      assertThat(json.get("scope").asString()).isEqualTo("project");
      assertThat(json.at("/totals/behind").asLong()).isZero();
      assertThat(json.get("sinks")).hasSize(2);
    }
  }

  @Test
  void a_wrong_call_is_told_from_a_difference() {
    assertThat(beside("sync").code()).isEqualTo(2);
    assertThat(beside("sync", "verify", "--fix").code()).isEqualTo(2);
    Ended unknown = beside("sync", "verify", "--project", "Nobody's");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("There is no project Nobody's");
    assertThat(beside("sync", "verify", "--sink", project.id().toString()).code()).isEqualTo(2);
    Ended tokenless = run(Map.of(), "sync", "verify", "--url", server.url().toString());
    assertThat(tokenless.code()).isOne();
    assertThat(tokenless.err()).contains("wants the admin token").doesNotContain("\tat ");
    Ended nobody = run(Map.of(), "sync", "status", "--url", "http://127.0.0.1:1", "--token", "t");
    assertThat(nobody.code()).isOne();
    assertThat(nobody.err()).contains("No server answers");
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Copies elsewhere, as a member adds them, looks at them and has them mended, over HTTP. */
final class SyncApiTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("BACKSPOOL_SYNC_PRIVATE_SINKS", "on"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Somebody's database, and what a member types to have rows copied there. */
  private record Warehouse(TestPostgres.Address address) {
    static Warehouse fresh() {
      return new Warehouse(TestPostgres.freshDatabase());
    }

    String connection() {
      return TestServer.url(address) + "?sslmode=disable";
    }

    List<String> ask(String sql) {
      try (var connection =
              DriverManager.getConnection(address.url(), address.user(), address.password());
          var statement = connection.createStatement()) {
        var found = new ArrayList<String>();
        if (statement.execute(sql)) {
          try (var rows = statement.getResultSet()) {
            while (rows.next()) {
              found.add(String.valueOf(rows.getString(1)));
            }
          }
        }
        return found;
      } catch (SQLException failure) {
        if (List.of("42P01", "3F000").contains(failure.getSQLState())) {
          return List.of("nothing there");
        }
        throw new IllegalStateException(failure);
      }
    }

    void shows(String... profiles) {
      eventually(() ->
          assertThat(ask("select id from backspool.profiles")).containsExactlyInAnyOrder(profiles));
    }
  }

  private static void eventually(Runnable assertion) {
    Instant end = Instant.now().plusSeconds(30);
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError notYet) {
        if (Instant.now().isAfter(end)) {
          throw notYet;
        }
      }
      pause(50);
    }
  }

  private static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String sinks(Project project) {
    return "/api/projects/" + project.id() + "/sync/sinks";
  }

  private static TestServer.Answer add(Project project, String name, String connection) {
    return server
        .post(sinks(project))
        .admin()
        .json(Map.of("kind", "postgres", "name", name, "connection", connection))
        .send();
  }

  private static String added(Project project, Warehouse warehouse) {
    var answer = add(project, "Warehouse", warehouse.connection());
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    String id = answer.json().get("id").asString();
    isLive(project, id);
    return id;
  }

  /** Waits until everything there was has been loaded. */
  private static void isLive(Project project, String sink) {
    eventually(() -> {
      JsonNode its = sink(status(project), sink);
      assertThat(its.get("state").asString()).isEqualTo("live");
      assertThat(its.get("behind").asLong()).isZero();
    });
  }

  private static TestServer.Answer change(Project project, String sink, Object change) {
    return server.call("PATCH", sinks(project) + "/" + sink).admin().json(change).send();
  }

  private static JsonNode status(Project project) {
    return ok(server.get("/api/projects/" + project.id() + "/sync/status").admin().send());
  }

  private static JsonNode ok(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static JsonNode sink(JsonNode status, String id) {
    return status
        .get("sinks")
        .valueStream()
        .filter(sink -> sink.get("id").asString().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode mapping(JsonNode sink, String name) {
    return sink.get("mappings")
        .valueStream()
        .filter(mapping -> mapping.get("mapping").asString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void profile(Project project, String id) {
    run(
        """
        insert into profile (project_id, id, email, first_seen_at, last_seen_at)
        values ('%s', '%s', 'x', now(), now())
        on conflict (project_id, id) do update set email = profile.email || 'x'
        """
            .formatted(project.id(), id));
  }

  private static void run(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  @Test
  void a_sink_gets_everything_and_what_it_is_reached_by_never_comes_out() {
    Project project = server.project();
    profile(project, "before");
    var warehouse = Warehouse.fresh();
    var tested =
        server
            .post(sinks(project) + "/test")
            .admin()
            .json(Map.of("kind", "postgres", "connection", warehouse.connection()))
            .send();
    assertThat(ok(tested).at("/address/database").asString()).startsWith("test_");
    assertThat(server.get(sinks(project)).admin().send().json().get("sinks")).isEmpty();

    var made = add(project, "  Warehouse ", warehouse.connection());
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    String id = made.json().get("id").asString();
    assertThat(made.header("Location")).isEqualTo(sinks(project) + "/" + id);
    assertThat(made.json().get("name").asString()).isEqualTo("Warehouse");
    assertThat(made.json().at("/address/host").asString()).isEqualTo("127.0.0.1");
    assertThat(made.json().at("/address/user").asString()).isEqualTo(warehouse.address().user());
    warehouse.shows("before");
    profile(project, "after");
    warehouse.shows("before", "after");
    eventually(() -> {
      JsonNode sink = sink(status(project), id);
      assertThat(sink.get("state").asString()).isEqualTo("live");
      assertThat(sink.get("behind").asLong()).isZero();
      assertThat(mapping(sink, "profiles").get("delivered").asLong()).isGreaterThanOrEqualTo(2);
    });
    for (String path :
        List.of(
            sinks(project),
            sinks(project) + "/" + id,
            "/api/projects/" + project.id() + "/sync/status",
            "/api/internal/sync/status",
            "/metrics")) {
      var answer = server.get(path).admin().send();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).as(path).doesNotContain(warehouse.address().password());
    }
    assertThat(server.column("select encode(connection, 'escape') from sync_sink").toString())
        .doesNotContain(warehouse.address().password());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {} | kind,name,connection
          [] | body,kind,name,connection
          {"kind": "oracle", "name": "W", "connection": "oracle://u:hunter2@h/d"} | kind
          {"kind": "postgres", "name": "", "connection": 5} | name,connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@h/d", "required": "yes"} | required
          {"kind": "postgres", "name": "W", "connection": "hunter2"} | connection
          {"kind": "postgres", "name": "W", "connection": "mysql://u:hunter2@h/d"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@/d"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@h/"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://h:5432/d?p=hunter2"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@h/d?sslmode=never"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@h/d?socketFactory=x"} | connection
          {"kind": "postgres", "name": "W", "connection": "postgresql://u:hunter2@h/d?schema=A-B"} | connection
          """)
  void every_field_that_is_wrong_is_named_and_no_password_repeated(String body, String fields) {
    Project project = server.project();
    var answer = server.post(sinks(project)).admin().body(body).send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(
            answer.json().get("errors").valueStream().map(error -> error.get("field").asString()))
        .containsExactly(fields.split(",", -1));
    assertThat(answer.body()).doesNotContain("hunter2");
    assertThat(server.get(sinks(project)).admin().send().json().get("sinks")).isEmpty();
  }

  @Test
  void a_sink_that_does_not_let_us_in_or_does_not_answer_is_not_added() throws IOException {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    var wrong =
        add(
            project,
            "W",
            warehouse.connection().replace(":" + warehouse.address().password() + "@", ":no@"));
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.json().get("code").asString()).isEqualTo("sink_refused");
    assertThat(wrong.json().at("/errors/0/field").asString()).isEqualTo("connection");
    assertThat(wrong.json().get("detail").asString()).contains("authentication failed");

    var nobody = add(project, "W", "postgresql://u:hunter2@127.0.0.1:%d/d".formatted(closedPort()));
    assertThat(nobody.status()).isEqualTo(400);
    assertThat(nobody.json().get("code").asString()).isEqualTo("sink_unreachable");
    assertThat(nobody.body()).contains("connection").doesNotContain("hunter2");
    // It takes connections, and says nothing ever.
    try (var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Instant begun = Instant.now();
      var slow =
          add(
              project,
              "W",
              "postgresql://u:hunter2@127.0.0.1:%d/d".formatted(silent.getLocalPort()));
      assertThat(slow.json().get("code").asString()).isEqualTo("sink_unreachable");
      assertThat(slow.body()).doesNotContain("hunter2");
      assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(25));
    }
    assertThat(server.get(sinks(project)).admin().send().json().get("sinks")).isEmpty();
  }

  private static int closedPort() throws IOException {
    try (var briefly = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return briefly.getLocalPort();
    }
  }

  @Test
  void what_lies_within_our_own_network_is_refused_by_policy() {
    try (var strict = TestServer.start()) {
      Project project = strict.project();
      for (String host :
          List.of(
              "127.0.0.1",
              "localhost",
              "[::1]",
              "0.0.0.0",
              "10.1.2.3",
              "192.168.0.5",
              "169.254.169.254",
              "[::ffff:127.0.0.1]",
              "[fd00::1]")) {
        for (String path : List.of(sinks(project), sinks(project) + "/test")) {
          var answer =
              strict
                  .post(path)
                  .admin()
                  .json(
                      Map.of(
                          "kind",
                          "postgres",
                          "name",
                          "W",
                          "connection",
                          "postgresql://u:hunter2@%s:5432/d".formatted(host)))
                  .send();
          assertThat(answer.status()).as(host).isEqualTo(400);
          assertThat(answer.json().get("code").asString()).as(host).isEqualTo("sink_refused");
          assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("connection");
          assertThat(answer.json().at("/errors/0/message").asString())
              .as(host)
              .contains("private or local network");
          assertThat(answer.body()).doesNotContain("hunter2");
        }
      }
      assertThat(strict.get(sinks(project)).admin().send().json().get("sinks")).isEmpty();
    }
  }

  @Test
  void a_sink_is_paused_alone_and_goes_on_where_it_was() {
    Project project = server.project();
    var one = Warehouse.fresh();
    var other = Warehouse.fresh();
    String paused = added(project, one);
    added(project, other);
    profile(project, "first");
    one.shows("first");
    other.shows("first");

    var answer = change(project, paused, Map.of("paused", true, "name", "Resting"));
    assertThat(ok(answer).get("paused").asBoolean()).isTrue();
    assertThat(answer.json().get("name").asString()).isEqualTo("Resting");
    pause(300);
    profile(project, "second");
    other.shows("first", "second");
    pause(500);
    one.shows("first");
    JsonNode sink = sink(status(project), paused);
    assertThat(sink.get("state").asString()).isEqualTo("paused");
    assertThat(sink.get("behind").asLong()).isEqualTo(1);
    assertThat(mapping(sink, "profiles").get("behind").asLong()).isEqualTo(1);
    assertThat(sink.get("oldest_at").isNull()).isFalse();

    ok(change(project, paused, Map.of("paused", false)));
    one.shows("first", "second");
    eventually(
        () -> assertThat(sink(status(project), paused).get("state").asString()).isEqualTo("live"));
  }

  @Test
  void a_stage_is_paused_everywhere_and_said_so() {
    try (var ours = TestServer.start(Map.of("BACKSPOOL_SYNC_PRIVATE_SINKS", "on"))) {
      Project project = ours.project();
      var warehouse = Warehouse.fresh();
      ours.post(sinks(project))
          .admin()
          .json(Map.of("kind", "postgres", "name", "W", "connection", warehouse.connection()))
          .send();
      eventually(() ->
          assertThat(warehouse.ask("select name from backspool.projects")).containsExactly("Shop"));

      String stage = "/api/internal/sync/stages/tail";
      assertThat(ok(ours.call("PATCH", stage).admin().json(Map.of("paused", true)).send()))
          .isNotEmpty();
      pause(300);
      ours.server().postgres().own(handle -> handle.execute("update project set name = 'Renamed'"));
      pause(700);
      assertThat(warehouse.ask("select name from backspool.projects")).containsExactly("Shop");
      JsonNode status =
          ok(ours.get("/api/projects/" + project.id() + "/sync/status").admin().send());
      assertThat(status.at("/stages/0/stage").asString()).isEqualTo("tail");
      assertThat(status.at("/stages/0/paused").asBoolean()).isTrue();
      assertThat(status.at("/stages/0/behind").asLong()).isPositive();
      assertThat(status.at("/stages/1/paused").asBoolean()).isFalse();

      ok(ours.call("PATCH", stage).admin().json(Map.of("paused", false)).send());
      eventually(() ->
          assertThat(warehouse.ask("select name from backspool.projects"))
              .containsExactly("Renamed"));

      assertThat(
              ours.call("PATCH", "/api/internal/sync/stages/nothing")
                  .admin()
                  .json(Map.of("paused", true))
                  .send()
                  .status())
          .isEqualTo(404);
      var wrong = ours.call("PATCH", stage).admin().body("{}").send();
      assertThat(wrong.status()).isEqualTo(400);
      assertThat(wrong.json().at("/errors/0/field").asString()).isEqualTo("paused");
    }
  }

  @Test
  void a_mapping_that_stopped_says_why_until_a_resync() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    profile(project, "u");
    warehouse.shows("u");
    warehouse.ask("alter table backspool.profiles drop column email");
    profile(project, "u");
    eventually(() -> {
      JsonNode status = status(project);
      JsonNode profiles = mapping(sink(status, id), "profiles");
      assertThat(profiles.get("state").asString()).isEqualTo("stopped");
      assertThat(profiles.get("reason").asString()).contains("email");
      assertThat(sink(status, id).get("state").asString()).isEqualTo("stopped");
      assertThat(status.at("/totals/stopped").asInt()).isEqualTo(1);
    });

    String resync = sinks(project) + "/" + id + "/resync";
    var wrong = server.post(resync).admin().json(Map.of("mapping", "nothing")).send();
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.json().at("/errors/0/field").asString()).isEqualTo("mapping");
    assertThat(server.post(resync).admin().json(Map.of("mapping", "profiles")).send().status())
        .isEqualTo(202);
    eventually(
        () -> assertThat(sink(status(project), id).get("state").asString()).isEqualTo("live"));
    assertThat(warehouse.ask("select email from backspool.profiles")).containsExactly("xx");
    warehouse.ask("delete from backspool.profiles");
    assertThat(server.post(resync).admin().send().status()).isEqualTo(202);
    warehouse.shows("u");
  }

  @Test
  void a_row_that_a_sink_does_not_take_is_listed_with_its_reason() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    profile(project, "u");
    warehouse.shows("u");
    warehouse.ask("alter table backspool.profiles add constraint polite check (id <> 'rude')");
    profile(project, "rude");
    profile(project, "kind");
    warehouse.shows("u", "kind");
    String path = "/api/projects/" + project.id() + "/sync/quarantine";
    eventually(() -> {
      JsonNode rows = ok(server.get(path).admin().send()).get("rows");
      assertThat(rows).hasSize(1);
      assertThat(rows.at("/0/sink_id").asString()).isEqualTo(id);
      assertThat(rows.at("/0/mapping").asString()).isEqualTo("profiles");
      assertThat(rows.at("/0/key/0").asString()).isEqualTo("rude");
      assertThat(rows.at("/0/reason").asString()).contains("polite");
    });
    JsonNode status = status(project);
    assertThat(sink(status, id).get("quarantined").asLong()).isEqualTo(1);
    assertThat(status.at("/totals/quarantined").asLong()).isEqualTo(1);
    assertThat(server.get("/metrics").admin().send().body())
        .contains("backspool_sync_quarantined_rows{sink=\"%s\",kind=\"postgres\"".formatted(id));
  }

  @Test
  void a_sink_that_failed_is_reached_at_once_with_another_connection() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    profile(project, "u");
    warehouse.shows("u");
    var elsewhere = Warehouse.fresh();
    assertThat(
            change(project, id, Map.of("connection", elsewhere.connection() + "&sslmode=no"))
                .status())
        .isEqualTo(400);
    var answer = change(project, id, Map.of("connection", elsewhere.connection()));
    assertThat(ok(answer).at("/address/database").asString())
        .isEqualTo(elsewhere.address().url().replaceFirst(".*/", ""));
    elsewhere.shows("u");
    profile(project, "later");
    elsewhere.shows("u", "later");
    pause(300);
    warehouse.shows("u");
  }

  @Test
  void a_sink_that_was_removed_gets_nothing_any_more_and_keeps_what_it_has() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    profile(project, "u");
    warehouse.shows("u");
    String path = sinks(project) + "/" + id;
    assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(204);
    assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(404);
    profile(project, "later");
    pause(500);
    warehouse.shows("u");
    assertThat(status(project).get("sinks")).isEmpty();
  }

  @Test
  void a_projects_sinks_are_its_own_at_every_address() {
    Project ours = server.project();
    Project theirs = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(theirs, warehouse);
    profile(ours, "ours");
    profile(theirs, "theirs");
    warehouse.shows("theirs");
    String path = sinks(ours) + "/" + id;

    assertThat(server.get(path).admin().send().status()).isEqualTo(404);
    assertThat(change(ours, id, Map.of("name", "Mine")).status()).isEqualTo(404);
    assertThat(server.post(path + "/resync").admin().send().status()).isEqualTo(404);
    assertThat(server.call("DELETE", path).admin().send().status()).isEqualTo(404);
    assertThat(server.get(sinks(ours)).admin().send().json().get("sinks")).isEmpty();
    assertThat(status(ours).get("sinks")).isEmpty();
    assertThat(server.get(sinks(theirs) + "/" + id).admin().send().status()).isEqualTo(200);
    assertThat(warehouse.ask("select distinct project_id::text from backspool.projects"))
        .containsExactly(theirs.id().toString());
  }

  @Test
  void the_installation_is_told_in_one_scope_whose_totals_are_its_rows() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    ok(change(project, id, Map.of("paused", true)));
    pause(300);
    profile(project, "a");
    profile(project, "b");
    JsonNode all = ok(server.get("/api/internal/sync/status").admin().send());
    assertThat(all.get("scope").asString()).isEqualTo("installation");
    assertThat(all.get("project_id").isNull()).isTrue();
    JsonNode sink = sink(all, id);
    assertThat(sink.get("project_id").asString()).isEqualTo(project.id().toString());
    assertThat(sink.at("/projects/0/project_id").asString()).isEqualTo(project.id().toString());
    assertThat(sink.at("/projects/0/behind").asLong()).isEqualTo(sink.get("behind").asLong());
    for (String number : List.of("behind", "quarantined", "delivered")) {
      assertThat(all.get("totals").get(number).asLong())
          .as(number)
          .isEqualTo(sum(all.get("sinks").valueStream(), number));
      assertThat(sink.get(number).asLong())
          .as(number)
          .isEqualTo(sum(sink.get("mappings").valueStream(), number));
    }
    JsonNode one =
        ok(server.get("/api/internal/sync/status?project=" + project.id()).admin().send());
    assertThat(one.get("scope").asString()).isEqualTo("project");
    assertThat(one.at("/totals/behind").asLong()).isEqualTo(2);
    assertThat(one.get("sinks")).hasSize(1);
    assertThat(server.get("/api/internal/sync/status?project=nothing").admin().send().status())
        .isEqualTo(404);
    assertThat(server.get("/metrics").admin().send().body())
        .contains(
            "backspool_sync_behind_rows{sink=\"%s\",kind=\"postgres\",name=\"Warehouse\"} 2"
                .formatted(id));
    ok(
        server
            .call("PATCH", "/api/internal/sync/sinks/" + id)
            .admin()
            .json(Map.of("paused", false))
            .send());
    warehouse.shows("a", "b");
    profile(project, "c");
    warehouse.shows("a", "b", "c");
    assertThat(server.get("/metrics").admin().send().body().lines())
        .anyMatch(line ->
            line.startsWith("backspool_sync_lag_seconds_count{sink=\"" + id)
                && !line.endsWith(" 0"))
        .anyMatch(line ->
            line.startsWith("backspool_sync_delivered_rows_total{sink=\"" + id)
                && !line.endsWith(" 0"));
  }

  private static long sum(Stream<JsonNode> nodes, String number) {
    return nodes.mapToLong(node -> node.get(number).asLong()).sum();
  }

  @Test
  void throughput_is_told_from_the_second_look_on() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    warehouse.shows();
    status(project);
    profile(project, "u");
    warehouse.shows("u");
    pause(1_100);
    eventually(() -> {
      JsonNode sink = sink(status(project), id);
      assertThat(sink.get("rows_per_second").isNull()).isFalse();
      assertThat(sink.get("rows_per_second").asDouble()).isPositive();
    });
  }

  @Test
  void a_verification_tells_what_differs_and_mends_it() {
    Project project = server.project();
    var warehouse = Warehouse.fresh();
    String id = added(project, warehouse);
    profile(project, "one");
    profile(project, "two");
    warehouse.shows("one", "two");
    String verify = "/api/internal/sync/verify?sink=" + id;
    assertThat(last(verify).at("/summary/clean").asBoolean()).isTrue();
    warehouse.ask("delete from backspool.profiles where id = 'one'");
    warehouse.ask("update backspool.profiles set email = 'other' where id = 'two'");
    warehouse.ask(
        "insert into backspool.profiles (project_id, id, sync_version) values ('%s', 'planted', 1)"
            .formatted(project.id()));

    JsonNode wrong = last(verify).get("summary");
    assertThat(wrong.get("clean").asBoolean()).isFalse();
    for (String kind : List.of("missing", "extra", "altered")) {
      assertThat(wrong.get(kind).asLong()).as(kind).isEqualTo(1);
    }
    JsonNode mended = last(verify + "&repair=true").get("summary");
    assertThat(mended.get("repaired").asLong()).isEqualTo(3);
    assertThat(mended.get("clean").asBoolean()).isTrue();
    warehouse.shows("one", "two");
    assertThat(last(verify).at("/summary/clean").asBoolean()).isTrue();
    ok(change(project, id, Map.of("paused", true)));
    assertThat(last(verify).at("/summary/unknown").asLong()).isEqualTo(1);
    assertThat(
            server
                .post("/api/internal/sync/verify?sink=none")
                .admin()
                .send()
                .json()
                .at("/errors/0/field")
                .asString())
        .isEqualTo("sink");
  }

  private static JsonNode last(String verify) {
    var answer = server.post(verify).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    List<String> lines = answer.body().lines().toList();
    return TestServer.JSON.readTree(lines.getLast());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /api/internal/sync/status",
        "PATCH /api/internal/sync/stages/tail",
        "POST /api/internal/sync/verify",
        "GET /api/projects/018f0000-0000-7000-8000-000000000000/sync/status",
        "POST /api/projects/018f0000-0000-7000-8000-000000000000/sync/sinks"
      })
  void without_a_sign_in_nothing_is_told_or_done(String request) {
    String[] parts = request.split(" ", -1);
    assertThat(server.call(parts[0], parts[1]).body("{}").send().status()).isEqualTo(401);
  }
}

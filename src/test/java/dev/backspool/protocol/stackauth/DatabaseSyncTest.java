package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The database sync's status and fusebox, as programs written for Stack Auth ask for them. */
final class DatabaseSyncTest {
  private static final String PATH = "/api/v1/internal/external-db-sync";
  private static final List<String> TABLES =
      List.of(
          "project_users",
          "contact_channels",
          "teams",
          "team_members",
          "team_permissions",
          "team_invitations",
          "email_outboxes",
          "project_permissions",
          "notification_preferences",
          "refresh_tokens",
          "connected_accounts");

  private static TestServer server;
  private static Project project;
  private static String secret;
  private static String sink;
  private static TestPostgres.Address warehouse;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("BACKSPOOL_SYNC_PRIVATE_SINKS", "on"));
    Projects.WithSecret made = server.server().projects().create("Shop", "web");
    project = made.project();
    secret = made.clientSecret();
    warehouse = TestPostgres.freshDatabase();
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into profile (project_id, id, first_seen_at, last_seen_at)
                select ?, 'u' || n, now(), now() from generate_series(1, 3) as n
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
    Instant end = Instant.now().plusSeconds(30);
    while (!ofProject()
        .send()
        .json()
        .at("/sync_engine/external_databases/0/mapping_status/2/backlog")
        .asString("")
        .equals("0")) {
      assertThat(Instant.now()).isBefore(end);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TestServer.Call ofProject() {
    return as(server.get(PATH + "/status"), project.id().toString(), "server")
        .header("X-Stack-Secret-Server-Key", secret);
  }

  private static TestServer.Call as(TestServer.Call call, String project, String type) {
    return call.header("X-Stack-Project-Id", project).header("X-Stack-Access-Type", type);
  }

  private static TestServer.Call internal(TestServer.Call call) {
    return as(call, "internal", "admin")
        .header("X-Stack-Super-Secret-Admin-Key", TestServer.ADMIN_TOKEN);
  }

  @Test
  void a_project_is_told_of_its_own_databases_and_counts_are_decimal_texts() {
    JsonNode status = ofProject().send().json();

    assertThat(status.get("ok").asBoolean()).isTrue();
    assertThat(status.get("generated_at_millis").isIntegralNumber()).isTrue();
    assertThat(status.get("global").isNull()).isTrue();
    assertThat(status.at("/tenancy/project_id").asString()).isEqualTo(project.id().toString());
    assertThat(status.at("/tenancy/branch_id").asString()).isEqualTo("main");
    for (String table : TABLES) {
      JsonNode numbers = status.get("sequencer").get(table);
      for (String count : List.of("total", "pending", "null_sequence_id")) {
        assertThat(numbers.get(count).isString()).as(table + "." + count).isTrue();
        assertThat(numbers.get(count).asString()).matches("[0-9]+");
      }
      assertThat(numbers.has("min_sequence_id") && numbers.has("max_sequence_id")).isTrue();
    }
    JsonNode users = status.at("/sequencer/project_users");
    assertThat(users.get("total").asString()).isEqualTo("3");
    assertThat(users.get("pending").asString()).isEqualTo("0");
    assertThat(users.get("max_sequence_id").asString()).matches("[0-9]+");
    assertThat(status.at("/sequencer/email_outboxes/total").asString()).isEqualTo("0");
    assertThat(status.at("/sequencer/deleted_rows/by_table").isArray()).isTrue();
    for (String count : List.of("total", "pending", "in_flight", "stale")) {
      assertThat(status.get("poller").get(count).asString()).matches("[0-9]+");
    }

    JsonNode database = status.at("/sync_engine/external_databases/0");
    assertThat(database.get("id").asString()).isEqualTo(sink);
    assertThat(database.get("type").asString()).isEqualTo("postgres");
    assertThat(database.get("status").asString()).isEqualTo("ok");
    assertThat(database.get("error").isNull()).isTrue();
    assertThat(database.at("/connection/host").asString()).isEqualTo("127.0.0.1");
    assertThat(database.at("/connection/redacted").asString())
        .startsWith("postgresql://" + warehouse.user() + ":***@127.0.0.1:")
        .doesNotContain(warehouse.password());
    assertThat(database.at("/users_table/exists").asBoolean()).isTrue();
    assertThat(
            database
                .get("mapping_status")
                .valueStream()
                .map(mapping -> mapping.get("mapping_id").asString()))
        .contains("profiles", "groups", "group_memberships", "events");
    assertThat(database.at("/metadata/0/mapping_name").isString()).isTrue();
    assertThat(status.at("/sync_engine/mappings/0/internal_pending_count").asString())
        .matches("[0-9]+");
  }

  @Test
  void the_project_internal_is_the_installation() {
    JsonNode all = internal(server.get(PATH + "/status?scope=all")).send().json();
    assertThat(all.at("/global/tenancies_total").asString()).isEqualTo("1");
    assertThat(all.at("/global/tenancies_with_db_sync").asString()).isEqualTo("1");
    assertThat(all.at("/sync_engine/external_databases")).isEmpty();
    assertThat(all.get("sequencer")).isEqualTo(all.at("/global/sequencer"));
    assertThat(all.at("/global/sync_engine/mappings")).isNotEmpty();
    assertThat(all.at("/tenancy/id").asString()).isEqualTo("internal");

    JsonNode tenancy = internal(server.get(PATH + "/status")).send().json();
    assertThat(tenancy.get("global").isNull()).isTrue();
    assertThat(tenancy.at("/sync_engine/external_databases/0/id").asString()).isEqualTo(sink);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1", "/api/latest"})
  void the_fusebox_is_the_pause_of_the_stages(String prefix) {
    String path = prefix + "/internal/external-db-sync/fusebox";
    JsonNode fuses = internal(server.get(path)).send().json();
    assertThat(fuses.get("sequencer_enabled").asBoolean()).isTrue();
    assertThat(fuses.get("poller_enabled").asBoolean()).isTrue();

    JsonNode off =
        internal(server.post(path))
            .json(Map.of("sequencer_enabled", false, "poller_enabled", true))
            .send()
            .json();
    assertThat(off.get("sequencer_enabled").asBoolean()).isFalse();
    JsonNode stages = server.get("/api/internal/sync/status").admin().send().json().get("stages");
    assertThat(stages.at("/0/paused").asBoolean()).isTrue();
    assertThat(stages.at("/1/paused").asBoolean()).isFalse();

    JsonNode on =
        internal(server.post(path))
            .json(Map.of("sequencer_enabled", true, "poller_enabled", true))
            .send()
            .json();
    assertThat(on.get("sequencer_enabled").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {} | sequencer_enabled,poller_enabled
          {"sequencer_enabled": true} | poller_enabled
          {"sequencer_enabled": "yes", "poller_enabled": true} | sequencer_enabled
          """)
  void both_fuses_must_be_said(String body, String fields) {
    var answer =
        internal(server.post(PATH + "/fusebox"))
            .header("Content-Type", "application/json")
            .body(body)
            .send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("code").asString()).isEqualTo("SCHEMA_ERROR");
    for (String field : fields.split(",", -1)) {
      assertThat(answer.json().get("error").asString()).contains("body." + field);
    }
  }

  @Test
  void nobody_else_gets_in() {
    var noKey = as(server.get(PATH + "/fusebox"), "internal", "admin").send();
    assertThat(noKey.status()).isEqualTo(401);
    assertThat(noKey.header("x-stack-known-error")).isEqualTo("ADMIN_AUTHENTICATION_REQUIRED");
    assertThat(
            as(server.get(PATH + "/fusebox"), "internal", "admin")
                .header("X-Stack-Super-Secret-Admin-Key", secret)
                .send()
                .status())
        .isEqualTo(401);
    assertThat(
            as(server.get(PATH + "/fusebox"), project.id().toString(), "admin")
                .header("X-Stack-Super-Secret-Admin-Key", secret)
                .send()
                .status())
        .as("a project's secret switches nothing for everybody")
        .isEqualTo(403);
    assertThat(
            as(server.get(PATH + "/status?scope=all"), project.id().toString(), "server")
                .header("X-Stack-Secret-Server-Key", secret)
                .send()
                .status())
        .isEqualTo(403);
    assertThat(
            as(server.get(PATH + "/status"), project.id().toString(), "server")
                .header("X-Stack-Secret-Server-Key", "no")
                .send()
                .status())
        .isEqualTo(401);
    assertThat(server.get(PATH + "/status").admin().send().status()).isEqualTo(400);
    assertThat(internal(server.get(PATH + "/status?scope=some")).send().status()).isEqualTo(400);
  }
}

package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.sync.clickhouse.TestClickHouse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where an installation's copies are. */
final class AnalyticsStoreTest {
  private final TestPostgres.Address database = TestPostgres.freshDatabase();

  private static void eventually(Runnable assertion) throws InterruptedException {
    Instant end = Instant.now().plus(Duration.ofSeconds(30));
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError notYet) {
        if (Instant.now().isAfter(end)) {
          throw notYet;
        }
      }
      Thread.sleep(50);
    }
  }

  private static void track(TestServer server, Project project, String event) {
    assertThat(
            server
                .post("/track")
                .header("openpanel-client-id", project.clientId().toString())
                .header("Origin", "https://shop.example.com")
                .header(
                    "User-Agent",
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
                .json(Map.of("type", "track", "payload", Map.of("name", event)))
                .send()
                .status())
        .isEqualTo(200);
  }

  @Test
  void a_clickhouse_holds_what_the_server_takes_and_is_the_same_after_a_restart()
      throws InterruptedException {
    TestClickHouse clickHouse = TestClickHouse.shared();
    String name = TestClickHouse.freshName();
    Map<String, String> settings = Map.of("BACKSPOOL_ANALYTICS_URL", clickHouse.address(name));
    String names = "select name from `%s`.events where name like 'bought%%' order by name";
    Project project;
    String loads = "select distinct generation::text from sync_cursor";
    try (TestServer server = TestServer.start(database, settings)) {
      project = server.project();
      track(server, project, "bought a");
      eventually(() ->
          assertThat(
                  clickHouse.lines(
                      "select name from system.tables where database = '%s'".formatted(name)))
              .contains("events"));
      eventually(() -> assertThat(clickHouse.lines(names.formatted(name))).contains("bought a"));
      assertThat(
              server.column(
                  "select kind || ' ' || name || ' ' || is_required::text from sync_sink"))
          .containsExactly("clickhouse Analytics true");
      assertThat(server.column("select sync_sink::text from sync_sink"))
          .noneMatch(row -> row.contains("s3cret"));
      eventually(() -> assertThat(server.column(loads)).containsExactly("1"));
    }
    try (TestServer server = TestServer.start(database, settings)) {
      track(server, project, "bought b");
      eventually(() ->
          assertThat(clickHouse.lines(names.formatted(name)))
              .containsExactly("bought a", "bought b"));
      assertThat(server.count("select count(*) from sync_sink")).isEqualTo(1);
      assertThat(server.column(loads)).containsExactly("1");
    }
  }

  @Test
  void a_clickhouse_that_is_away_keeps_no_server_from_starting() {
    Map<String, String> settings =
        Map.of("BACKSPOOL_ANALYTICS_URL", "clickhouse:http://me:hush@127.0.0.1:1/copies");
    try (TestServer server = TestServer.start(database, settings)) {
      track(server, server.project(), "bought");
    }
  }
}

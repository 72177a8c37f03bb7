package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a change of retention would delete, asked before it is made. */
final class RetentionPreviewTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TestServer.Answer ask(Project project, String query) {
    return server.get("/api/projects/" + project.id() + "/retention/next" + query).admin().send();
  }

  private static JsonNode next(Project project, String query) {
    var answer = ask(project, query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static void store(Project project, String name, int daysAgo) {
    Visit visit = new Visit(server, project, name).page(0, "https://shop.example.com/").upload();
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                update session set started_at = started_at - ? * interval '1 day',
                  last_event_at = last_event_at - ? * interval '1 day'
                where id = cast(? as uuid)
                """,
                daysAgo,
                daysAgo,
                visit.id()));
  }

  @Test
  void days_that_are_not_in_force_are_counted_with_and_change_nothing() {
    Project project = server.project();
    store(project, "old", 50);
    store(project, "older", 100);
    store(project, "new", 0);

    assertThat(next(project, "").get("recordings").asLong()).isZero();
    assertThat(next(project, "?recording_days=30").get("recordings").asLong()).isEqualTo(2);
    assertThat(next(project, "?recording_days=70").get("recordings").asLong()).isEqualTo(1);
    JsonNode inForce =
        server.get("/api/projects/" + project.id() + "/retention").admin().send().json();
    assertThat(inForce.get("recording_days").isNull()).isTrue();
    assertThat(inForce.get("next").get("recordings").asLong()).isZero();
  }

  @Test
  void what_is_left_out_is_as_in_force_and_forever_is_not() {
    Project project = server.project();
    store(project, "old", 50);
    assertThat(
            server
                .call("PATCH", "/api/projects/" + project.id())
                .admin()
                .json(Map.of("recording_days", 30))
                .send()
                .status())
        .isEqualTo(200);

    assertThat(next(project, "?event_days=10").get("recordings").asLong()).isEqualTo(1);
    assertThat(next(project, "?recording_days=forever").get("recordings").asLong()).isZero();
  }

  @Test
  void what_is_no_number_of_days_is_named() {
    for (String wrong : new String[] {"0", "36501", "ten"}) {
      var answer = ask(server.project(), "?kept_days=" + wrong);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().get("errors").get(0).get("field").asString()).isEqualTo("kept_days");
    }
  }
}

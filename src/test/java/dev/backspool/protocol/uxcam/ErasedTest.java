package dev.backspool.protocol.uxcam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients are told that go on sending for a session that was erased. */
final class ErasedTest {
  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TestServer.Answer send(String path, String session, Map<String, ?> more) {
    var body = new LinkedHashMap<String, Object>(more);
    body.put("sdk_key", project.sdkKey());
    body.put("session_id", session);
    return server.post(path).json(body).send();
  }

  private static TestServer.Answer snapshots(String session, long at) {
    return send(
        "/api/snapshots/ingest",
        session,
        Map.of(
            "snapshots",
            List.of(Map.of("type", 0, "data", Map.of(), "timestamp", at)),
            "snapshot_count",
            1));
  }

  private static TestServer.Answer events(String session) {
    return send(
        "/api/events/ingest",
        session,
        Map.of(
            "events",
            List.of(
                Map.of(
                    "type",
                    "page_view",
                    "timestamp",
                    System.currentTimeMillis(),
                    "data",
                    Map.of()))));
  }

  @Test
  void both_uploads_are_gone_and_nothing_is_stored() {
    String session = snapshots("sess_1", 1_000).json().get("session_id").asString();
    assertThat(events("sess_1").status()).isEqualTo(200);
    assertThat(
            server
                .call("DELETE", "/api/projects/" + project.id() + "/sessions/" + session)
                .admin()
                .send()
                .status())
        .isEqualTo(200);

    for (var answer : List.of(snapshots("sess_1", 2_000), events("sess_1"))) {
      assertThat(answer.status()).as(answer.body()).isEqualTo(410);
      assertThat(answer.json().get("success").asBoolean()).isFalse();
      assertThat(answer.json().get("code").asString()).isEqualTo("erased");
      assertThat(answer.header("Retry-After")).isEmpty();
    }
    for (String table : List.of("session", "chunk", "event", "event_key", "open_session")) {
      assertThat(server.count("select count(*) from " + table))
          .as(table)
          .isEqualTo(table.equals("event_key") ? 1 : 0);
    }
    assertThat(
            server.server().ingest().refusals().of(project.id(), 2).stream()
                .filter(line -> line.reason().equals("erased"))
                .mapToLong(line -> line.count())
                .sum())
        .isEqualTo(2);
    assertThat(snapshots("sess_2", 1_000).status()).isEqualTo(200);
  }
}

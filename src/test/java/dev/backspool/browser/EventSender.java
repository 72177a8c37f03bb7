package dev.backspool.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A page of a customer's that sends events by the OpenPanel contract. */
record EventSender(Dashboard dashboard, Project project) {
  private static final String BROWSER =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
          + " Safari/537.36";

  /** Sends one row and returns the ids that the server answered with. */
  JsonNode send(String type, Map<String, Object> payload) {
    var answer = post("/track", Map.of("type", type, "payload", payload));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  /** A person does something on the page /cart. */
  JsonNode track(String name, String person, Map<String, Object> properties) {
    var all = new HashMap<String, Object>(properties);
    all.put("__path", "https://shop.example.com/cart");
    return send("track", Map.of("name", name, "profileId", person, "properties", all));
  }

  /** Events of one device, named {@code name_0} and on, a second after each other until now. */
  void many(String name, int count) {
    Instant first = Instant.now().minusSeconds(count);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      var properties =
          Map.<String, Object>of(
              "__deviceId", "device-1", "__timestamp", first.plusSeconds(i).toString());
      rows.add(
          Map.of(
              "type",
              "track",
              "payload",
              Map.of("name", name + "_" + i, "properties", properties)));
    }
    var answer = post("/track/batch", Map.of("events", rows));
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).as(answer.body()).isEqualTo(count);
  }

  /** Something happens in a session that is recorded, at a moment in epoch ms. */
  void inSession(String session, String name, long at) {
    dashboard
        .server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into event (project_id, id, at, received_at, name, session_id, device_id,
                    profile_id, path, groups, properties)
                values (?, nextval('event_id'), to_timestamp(? / 1000.0), now(), ?,
                    cast(? as uuid), 'device-1', 'device-1', '/cart', '{}', '{"plan":"pro"}')
                """,
                project.id(),
                at,
                name,
                session));
  }

  private TestServer.Answer post(String path, Map<String, Object> body) {
    return dashboard
        .server
        .post(path)
        .header("openpanel-client-id", project.clientId().toString())
        .header("openpanel-client-ip", "203.0.113.7")
        .header("Origin", "https://shop.example.com")
        .header("User-Agent", BROWSER)
        .json(body)
        .send();
  }
}

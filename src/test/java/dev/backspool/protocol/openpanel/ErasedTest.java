package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Shopfront.row;
import static dev.backspool.protocol.openpanel.Shopfront.track;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.event.SessionIds;
import dev.backspool.server.TestServer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What SDKs are told that go on sending for somebody who was erased: never to send it again. */
final class ErasedTest {
  private static Shopfront shop;

  @BeforeAll
  static void start() {
    shop = new Shopfront();
  }

  @AfterAll
  static void stop() {
    shop.close();
  }

  @BeforeEach
  void emptyProject() {
    shop.another();
    shop.clock.set(Shopfront.T);
  }

  private static void erase(String what) {
    var answer =
        shop.server.call("DELETE", "/api/projects/" + shop.id() + "/" + what).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  private static Map<String, Object> order(String profile) {
    return row(
        "track", Map.of("name", "order", "profileId", profile, "properties", Map.of("a", "b")));
  }

  private static TestServer.Answer sdk(String path, Map<String, ?> body) {
    return shop.trusted(path).header("openpanel-sdk-name", "web").json(body).send();
  }

  private static void assertRejected(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    JsonNode json = answer.json();
    assertThat(json.get("rejected").asString()).contains("erased");
    assertThat(json.get("deviceId").asString()).isNotEmpty();
    assertThat(json.get("sessionId").asString()).isNotEmpty();
    assertThat(answer.header("Retry-After")).isEmpty();
  }

  @Test
  void an_sdk_is_told_202_with_the_reason_and_a_plain_caller_410() {
    shop.send(order("ada"));
    erase("profiles/ada");

    assertRejected(sdk("/track", order("ada")));
    assertRejected(sdk("/track", row("identify", Map.of("profileId", "ada", "firstName", "Ada"))));
    assertRejected(
        sdk("/track", row("increment", Map.of("profileId", "ada", "property", "visits"))));
    assertRejected(
        sdk(
            "/track",
            row("assign_group", Map.of("profileId", "ada", "groupIds", List.of("club")))));
    assertRejected(sdk("/profile", Map.of("profileId", "ada", "firstName", "Ada")));

    var plain = shop.send(order("ada"));
    assertThat(plain.status()).isEqualTo(410);
    assertThat(plain.json().get("error").asString()).isEqualTo("Gone");
    assertThat(shop.refused("erased")).isEqualTo(6);
    assertThat(shop.names()).isEmpty();
    assertThat(shop.rows("profile", "id")).isEmpty();
  }

  @Test
  void in_a_batch_each_row_has_its_own_end() {
    shop.send(order("ada"));
    erase("profiles/ada");
    shop.clock.advance(java.time.Duration.ofHours(1));

    var answer = shop.sendBatch(List.of(order("bob"), order("ada"), order("carl")));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(answer.json().at("/rejected/0/index").asInt()).isOne();
    assertThat(answer.json().at("/rejected/0/reason").asString()).isEqualTo("validation");
    assertThat(answer.json().at("/rejected/0/error").asString()).contains("erased");
    assertThat(shop.events("profile_id")).containsExactly("bob", "carl");
    assertThat(shop.refused("erased")).isOne();
  }

  private static Map<String, Object> chunk(Map<String, ?> more) {
    var chunk =
        new java.util.LinkedHashMap<String, Object>(
            Map.of(
                "chunk_index",
                0,
                "events_count",
                1,
                "is_full_snapshot",
                true,
                "started_at",
                Shopfront.T.toString(),
                "ended_at",
                Shopfront.T.toString(),
                "payload",
                "[{\"type\":4,\"timestamp\":1,\"data\":{\"href\":\"https://a.example/\"}}]"));
    chunk.putAll(more);
    return row("replay", chunk);
  }

  @Test
  void chunks_of_an_erased_session_are_refused_whether_they_name_it_or_not() {
    String session = shop.send(track("screen_view")).json().get("sessionId").asString();
    assertThat(sdk("/track", chunk(Map.of())).status()).isEqualTo(200);
    UUID id = Objects.requireNonNull(SessionIds.parse(session));
    erase("sessions/" + id);

    assertRejected(sdk("/track", chunk(Map.of())));
    assertRejected(sdk("/track", chunk(Map.of("sessionId", session))));
    // Of the same half hour the events are the erased session's too.
    assertRejected(sdk("/track", track("screen_view")));

    assertThat(shop.rows("chunk", "id")).isEmpty();
    assertThat(shop.rows("session", "id")).isEmpty();
    assertThat(shop.refused("erased")).isEqualTo(3);
  }

  @Test
  void a_chunk_that_names_an_erased_session_does_not_slip_into_the_devices_next_one() {
    String session = shop.send(track("screen_view")).json().get("sessionId").asString();
    erase("sessions/" + Objects.requireNonNull(SessionIds.parse(session)));
    shop.clock.advance(java.time.Duration.ofHours(1));
    String next = shop.send(track("screen_view")).json().get("sessionId").asString();
    assertThat(next).isNotEqualTo(session);

    assertRejected(sdk("/track", chunk(Map.of("sessionId", session))));
    assertThat(shop.rows("chunk", "id")).isEmpty();
    assertThat(sdk("/track", chunk(Map.of("sessionId", next))).status()).isEqualTo(200);
  }
}

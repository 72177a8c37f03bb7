package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Shopfront.T;
import static dev.backspool.protocol.openpanel.Shopfront.row;
import static dev.backspool.protocol.openpanel.Shopfront.track;
import static dev.backspool.protocol.openpanel.Shopfront.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.event.SessionIds;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Chunks of recordings, which find the session of the visitor's events. */
final class ReplayTest {
  private static final int LONGEST = 2_097_152;

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
    shop.clock.set(T);
  }

  /** A page as rrweb begins it, and a click on it a second later. */
  private static List<Map<String, Object>> page(Instant at, String href) {
    long ms = at.toEpochMilli();
    return List.of(
        Map.of(
            "type", 4, "timestamp", ms, "data", Map.of("href", href, "width", 800, "height", 600)),
        Map.of(
            "type",
            2,
            "timestamp",
            ms,
            "data",
            Map.of(
                "node", Map.of("type", 0, "id", 1, "childNodes", List.of()),
                "initialOffset", Map.of("top", 0, "left", 0))),
        Map.of(
            "type",
            3,
            "timestamp",
            ms + 1_000,
            "data",
            Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 6)));
  }

  private static Map<String, Object> chunk(int index, Instant at, String events) {
    return Map.of(
        "chunk_index",
        index,
        "events_count",
        3,
        "is_full_snapshot",
        true,
        "started_at",
        at.toString(),
        "ended_at",
        at.plusSeconds(1).toString(),
        "payload",
        events);
  }

  private static Map<String, Object> chunk(
      int index, Instant at, String href, @Nullable String id) {
    var chunk = chunk(index, at, TestServer.JSON.writeValueAsString(page(at, href)));
    return id == null ? chunk : with(chunk, "sessionId", id);
  }

  private static TestServer.Answer send(Map<String, Object> chunk) {
    return shop.send(row("replay", chunk));
  }

  private static String session() {
    return shop.send(track("screen_view")).json().get("sessionId").asString();
  }

  /** The pages of a session's recording, in the order they are played. */
  private static List<String> played(String session) {
    UUID id = Objects.requireNonNull(SessionIds.parse(session));
    var answer =
        shop.server
            .get("/api/projects/%s/sessions/%s/recording/events".formatted(shop.id(), id))
            .admin()
            .send();
    var pages = new ArrayList<String>();
    for (String line : answer.body().lines().toList()) {
      JsonNode event = TestServer.JSON.readTree(line);
      if (event.path("type").asInt() == 4) {
        pages.add(event.at("/data/href").asString());
      }
    }
    return pages;
  }

  private static long chunks() {
    return shop.rows("chunk", "id").size();
  }

  @Test
  void a_chunk_without_a_session_id_goes_to_the_session_of_its_device() {
    String session = session();
    var answer = send(chunk(0, T, "https://a.example/", null));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("sessionId").asString()).isEqualTo(session);
    assertThat(answer.json().get("deviceId").asString()).isNotEmpty();
    assertThat(played(session)).containsExactly("https://a.example/");
    assertThat(shop.rows("session", "id")).hasSize(1);
  }

  @Test
  void a_chunk_that_names_its_session_goes_there_from_whatever_device() {
    String session = session();
    var answer =
        shop.backend("/track")
            .header("User-Agent", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Safari/605.1.15")
            .json(row("replay", chunk(0, T, "https://a.example/", session)))
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(played(session)).containsExactly("https://a.example/");
  }

  @Test
  void a_session_id_of_another_project_leads_nowhere() {
    String foreign = session();
    UUID foreignProject = shop.id();
    shop.another();
    var lost = send(chunk(0, T, "https://spy.example/", foreign));
    assertThat(lost.status()).isEqualTo(400);

    // With a session of its own, that is where it goes.
    String own = session();
    var kept = send(chunk(0, T, "https://a.example/", foreign));
    assertThat(kept.status()).isEqualTo(200);
    assertThat(played(own)).containsExactly("https://a.example/");
    assertThat(
            shop.server.count(
                "select count(*) from chunk where project_id = '" + foreignProject + "'"))
        .isZero();
  }

  @Test
  void a_chunk_before_any_event_is_refused() {
    for (String id : new String[] {null, "AAAAAAAAAAAAAAAAAAAAAA", "not an id"}) {
      var answer = send(chunk(0, T, "https://a.example/", id));

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().get("message").asString())
          .isEqualTo("Session ID is required for replay");
    }
    assertThat(chunks()).isZero();
  }

  @Test
  void chunks_play_in_order_across_page_loads_whose_numbers_start_again() {
    String session = session();
    send(chunk(0, T.plusSeconds(20), "https://a.example/2", session));
    send(chunk(1, T.plusSeconds(30), "https://a.example/3", session));
    send(chunk(0, T, "https://a.example/0", session));
    send(chunk(1, T.plusSeconds(10), "https://a.example/1", session));

    assertThat(played(session))
        .containsExactly(
            "https://a.example/0",
            "https://a.example/1",
            "https://a.example/2",
            "https://a.example/3");
  }

  @Test
  void a_chunk_that_is_sent_again_is_stored_once() {
    session();
    var chunk = chunk(0, T, "https://a.example/", null);
    assertThat(send(chunk).status()).isEqualTo(200);
    assertThat(send(chunk).status()).isEqualTo(200);

    assertThat(chunks()).isOne();
  }

  @Test
  void chunks_inside_a_batch_find_the_session_that_the_rows_before_them_open() {
    var answer =
        shop.sendBatch(
            List.of(
                row("replay", chunk(0, T, "https://too.early/", null)),
                track("screen_view"),
                row("replay", chunk(0, T, "https://a.example/", null)),
                row("replay", chunk(1, T.plusSeconds(10), "https://a.example/1", null)),
                track("screen_view")));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(4);
    assertThat(answer.json().at("/rejected/0/index").asInt()).isZero();
    assertThat(answer.json().at("/rejected/0/error").asString())
        .isEqualTo("Session ID is required for replay");
    assertThat(chunks()).isEqualTo(2);
    assertThat(shop.names()).containsExactly("screen_view", "screen_view");
    assertThat(shop.rows("session", "id")).hasSize(1);
  }

  static Stream<Map<String, Object>> wrongChunks() {
    var good = chunk(0, T, "https://a.example/", null);
    return Stream.of(
        with(good, "chunk_index", -1),
        with(good, "chunk_index", 65_536),
        with(good, "chunk_index", "0"),
        with(good, "events_count", 0),
        with(good, "is_full_snapshot", "yes"),
        with(good, "started_at", "now"),
        with(good, "ended_at", 7),
        with(good, "payload", "[]"),
        with(good, "payload", "{}"),
        with(good, "payload", "[{\"type\":2}"),
        with(good, "payload", "[{\"type\":2}]"),
        with(good, "payload", List.of()),
        with(good, "payload", " ".repeat(LONGEST) + "["),
        with(good, "sessionId", "x".repeat(65)));
  }

  @ParameterizedTest
  @MethodSource("wrongChunks")
  void a_chunk_that_is_wrong_is_refused_with_json(Map<String, Object> chunk) {
    session();
    var answer = send(chunk);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("status").asInt()).isEqualTo(400);
    assertThat(answer.json().get("message").asString()).startsWith("payload.");
    assertThat(chunks()).isZero();
  }

  @Test
  void a_chunk_as_long_as_may_be_is_taken() {
    session();
    String events = TestServer.JSON.writeValueAsString(page(T, "https://a.example/"));
    var answer = send(chunk(0, T, " ".repeat(LONGEST - events.length()) + events));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }
}

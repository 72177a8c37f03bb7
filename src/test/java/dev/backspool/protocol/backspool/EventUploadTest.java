package dev.backspool.protocol.backspool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Analytics events by our own contract, over HTTP. */
final class EventUploadTest {
  private static final String BROWSER =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
          + " Safari/537.36";

  private static TestServer server;

  private Projects.WithSecret shop;
  private Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void makeProject() {
    shop = server.server().projects().create("Shop", "web");
    project = shop.project();
  }

  private TestServer.Call call() {
    return server.post("/v1/events").bearer(project.sdkKey()).header("User-Agent", BROWSER);
  }

  private TestServer.Answer send(Map<String, Object> body) {
    return call().json(body).send();
  }

  private String one(String expression) {
    List<String> values =
        server.column(
            "select %s from event where project_id = '%s' and name not like 'session%%'"
                .formatted(expression, project.id()));
    assertThat(values).hasSize(1);
    return values.getFirst();
  }

  private long count() {
    return server.count(
        "select count(*) from event where project_id = '%s' and name not like 'session%%'"
            .formatted(project.id()));
  }

  @Test
  void an_event_keeps_what_it_tells() {
    Instant at = Instant.now().minusSeconds(60);
    var answer =
        send(
            Map.of(
                "session_id",
                "s1",
                "profile_id",
                "ada",
                "events",
                List.of(
                    Map.of(
                        "name",
                        "order_placed",
                        "time",
                        at.toString(),
                        "url",
                        "https://shop.example.com/cart?utm_source=news#top",
                        "referrer",
                        "https://www.google.com/",
                        "title",
                        "Cart",
                        "groups",
                        List.of("acme"),
                        "properties",
                        Map.of("items", 3, "gift", Map.of("wrap", true))))));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().get("stored").asInt()).isOne();
    assertThat(answer.json().get("repeated").asInt()).isZero();
    assertThat(
            one("name || ' ' || path || ' ' || origin || ' ' || profile_id || ' ' || groups::text"))
        .isEqualTo("order_placed /cart https://shop.example.com ada {acme}");
    assertThat(one("session_id::text")).isEqualTo(answer.json().get("session_id").asString());
    assertThat(one("(extract(epoch from at) * 1000)::bigint::text"))
        .isEqualTo(Long.toString(at.toEpochMilli()));
    assertThat(one("browser || ' ' || os")).isEqualTo("Chrome Linux");
    assertThat(TestServer.JSON.readTree(one("properties")))
        .isEqualTo(
            TestServer.JSON.readTree(
                """
                {"items":"3","gift.wrap":"true","__title":"Cart",
                 "__query.utm_source":"news","__hash":"top"}
                """));
  }

  @Test
  void events_and_the_recording_of_one_name_are_one_session() {
    var replay =
        server
            .post("/v1/replay?session_id=shared&batch_id=r1")
            .bearer(project.sdkKey())
            .body("[{\"type\":5,\"data\":{},\"timestamp\":" + System.currentTimeMillis() + "}]")
            .send();
    var events = send(Map.of("session_id", "shared", "events", List.of(Map.of("name", "buy"))));

    assertThat(events.json().get("session_id")).isEqualTo(replay.json().get("session_id"));
    assertThat(
            server.column(
                "select chunk_count || ' ' || tracked_count from session where project_id = '"
                    + project.id()
                    + "'"))
        .containsExactly("1 1");
  }

  @Test
  void a_retry_stores_nothing_twice() {
    List<Map<String, Object>> events = List.of(Map.of("name", "a"), Map.of("name", "b", "id", "i"));
    var body = Map.<String, Object>of("session_id", "s", "batch_id", "b1", "events", events);
    var first = send(body);
    var retry = send(body);
    var byHeader =
        call()
            .header("Idempotency-Key", "b1")
            .json(Map.of("session_id", "s", "events", List.of(Map.of("name", "a"))))
            .send();
    var byId = send(Map.of("session_id", "s", "events", List.of(Map.of("name", "b", "id", "i"))));

    assertThat(first.json().get("stored").asInt()).isEqualTo(2);
    assertThat(retry.json().get("stored").asInt()).isZero();
    assertThat(retry.json().get("repeated").asInt()).isEqualTo(2);
    assertThat(retry.json().get("session_id")).isEqualTo(first.json().get("session_id"));
    assertThat(byHeader.json().get("repeated").asInt()).isOne();
    assertThat(byId.json().get("repeated").asInt()).isOne();
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void without_a_session_the_device_has_one() {
    var first = send(Map.of("device_id", "kiosk-7", "events", List.of(Map.of("name", "a"))));
    var second = send(Map.of("device_id", "kiosk-7", "events", List.of(Map.of("name", "b"))));
    var other = send(Map.of("events", List.of(Map.of("name", "c"))));

    assertThat(second.json().get("session_id")).isEqualTo(first.json().get("session_id"));
    assertThat(other.json().get("session_id")).isNotEqualTo(first.json().get("session_id"));
    assertThat(
            server.count(
                "select count(*) from event where name = 'session_start' and project_id = '"
                    + project.id()
                    + "'"))
        .isEqualTo(2);
  }

  @Test
  void a_program_without_a_visitor_opens_no_session() {
    var answer =
        server
            .post("/v1/events")
            .bearer(project.sdkKey())
            .header("User-Agent", "okhttp/4.12.0")
            .json(Map.of("events", List.of(Map.of("name", "invoice_sent"))))
            .send();

    assertThat(answer.json().get("stored").asInt()).isOne();
    assertThat(answer.json().get("session_id").isNull()).isTrue();
    assertThat(one("coalesce(session_id::text, 'none')")).isEqualTo("none");
  }

  @Test
  void a_profile_and_a_group_are_kept() {
    var answer =
        send(
            Map.of(
                "session_id",
                "s",
                "profile",
                Map.of("id", 42, "first_name", "Ada", "properties", Map.of("plan", "pro")),
                "group",
                Map.of("id", "acme", "type", "company", "name", "Acme"),
                "events",
                List.of(Map.of("name", "a"))));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(one("profile_id")).isEqualTo("42");
    assertThat(
            server.column(
                "select id || first_name || (properties->>'plan') || groups::text from profile"
                    + " where project_id = '"
                    + project.id()
                    + "'"))
        .containsExactly("42Adapro{acme}");
    assertThat(
            server.column(
                "select name from profile_group where project_id = '" + project.id() + "'"))
        .containsExactly("Acme");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          []                                                        | body
          {}                                                        | events
          {"events":[]}                                             | events
          {"events":{}}                                             | events
          {"events":[{"name":"ok"},7]}                              | events[1]
          {"events":[{"name":"ok"},{"name":""}]}                    | events[1].name
          {"events":[{}]}                                           | events[0].name
          {"events":[{"name":"session_start"}]}                     | events[0].name
          {"events":[{"name":"a","time":"yesterday"}]}              | events[0].time
          {"events":[{"name":"a","time":1}]}                        | events[0].time
          {"events":[{"name":"a","groups":["x",{}]}]}               | events[0].groups[1]
          {"events":[{"name":"a","revenue":1.5}]}                   | events[0].revenue
          {"events":[{"name":"a","properties":[]}]}                 | events[0].properties
          {"events":[{"name":"a","id":""}]}                         | events[0].id
          {"session_id":"two words","events":[{"name":"a"}]}        | session_id
          {"profile":{"first_name":"Ada"}}                          | profile.id
          {"group":{"id":"acme","type":"company"}}                  | group.name
          {"sent_at":"soon","events":[{"name":"a"}]}                | sent_at
          {"events":[{"name":"a"}]} x                               | body
          """)
  void what_is_wrong_is_named_and_nothing_is_stored(String body, String field) {
    var answer = call().body(body).send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo(field);
    assertThat(count()).isZero();
  }

  @Test
  void two_thousand_events_are_taken_and_one_more_is_refused() {
    var events = new ArrayList<Map<String, Object>>();
    for (int i = 0; i < 2_000; i++) {
      events.add(Map.of("name", "tick"));
    }
    assertThat(send(Map.of("session_id", "s", "events", events)).json().get("stored").asInt())
        .isEqualTo(2_000);
    events.add(Map.of("name", "tick"));
    var over = send(Map.of("session_id", "s", "events", events));

    assertThat(over.status()).isEqualTo(400);
    assertThat(over.json().get("code").asString()).isEqualTo("too_many_events");
    assertThat(count()).isEqualTo(2_000);
  }

  @Test
  void properties_that_come_to_too_much_are_refused() {
    var value = "x".repeat(1_000);
    var nested = new java.util.HashMap<String, Object>();
    for (int i = 0; i < 8_000; i++) {
      nested.put("k" + i, value);
    }
    var answer = send(Map.of("events", List.of(Map.of("name", "a", "properties", nested))));

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("events[0].properties");
  }

  @Test
  void ten_mebibytes_are_the_most() {
    byte[] body = new byte[(10 << 20) + 1];
    assertThat(call().body(body).send().status()).isEqualTo(413);
  }

  @Test
  void a_clock_that_is_wrong_is_put_right() {
    Instant wrong = Instant.now().minus(Duration.ofDays(400));
    var answer =
        send(
            Map.of(
                "session_id",
                "s",
                "sent_at",
                wrong.toEpochMilli(),
                "events",
                List.of(Map.of("name", "a", "time", wrong.minusSeconds(30).toEpochMilli()))));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(Long.parseLong(one("round(extract(epoch from received_at - at))::bigint::text")))
        .isBetween(29L, 31L);
  }

  @Test
  void an_event_of_tomorrow_counts_as_now() {
    send(
        Map.of(
            "session_id",
            "s",
            "events",
            List.of(
                Map.of("name", "a", "time", Instant.now().plus(Duration.ofDays(1)).toString()))));

    assertThat(one("(at = received_at)::text")).isEqualTo("true");
  }

  @Test
  void revenue_needs_the_secret() {
    var body =
        Map.<String, Object>of(
            "session_id", "s", "events", List.of(Map.of("name", "sale", "revenue", 1999)));
    var without = send(body);
    var with = call().header("Backspool-Client-Secret", shop.clientSecret()).json(body).send();

    assertThat(without.status()).isEqualTo(401);
    assertThat(without.json().at("/errors/0/field").asString()).isEqualTo("events[0].revenue");
    assertThat(with.status()).as(with.body()).isEqualTo(200);
    assertThat(one("revenue::text")).isEqualTo("1999");
  }

  @Test
  void a_page_of_any_origin_may_send_gzip_and_read_the_refusal() throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(TestServer.JSON.writeValueAsBytes(Map.of("events", List.of(Map.of("name", "a")))));
    }
    var preflight =
        server
            .call("OPTIONS", "/v1/events")
            .header("Origin", "https://shop.example.com")
            .header("Access-Control-Request-Headers", "content-type")
            .send();
    var sent =
        server
            .post("/v1/events?key=" + project.sdkKey())
            .header("Origin", "https://shop.example.com")
            .header("User-Agent", BROWSER)
            .body(packed.toByteArray())
            .send();
    var refused =
        server
            .post("/v1/events?key=bsk_no")
            .header("Origin", "https://shop.example.com")
            .body("{}")
            .send();

    assertThat(preflight.status()).isEqualTo(204);
    assertThat(sent.status()).as(sent.body()).isEqualTo(200);
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("https://shop.example.com");
  }
}

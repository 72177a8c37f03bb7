package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The list of sessions and its filters, over HTTP. */
final class SessionApiTest {
  private static TestServer server;
  private static Project project;
  private static long start;

  /** Three visits: a short one with an error, a long one by Ada with two tabs, a plain one. */
  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
    start = System.currentTimeMillis() - 600_000;
    new Visit(server, project, "short", start)
        .page(0, "https://shop.example.com/cart")
        .click(500)
        .error(1_000)
        .upload();
    new Visit(server, project, "long", start)
        .by("u1", "Ada%20Lovelace", "ada@example.com")
        .page(2_000, "https://shop.example.com/a_b")
        .click(2_500)
        .input(3_000)
        .upload()
        .tab("t2")
        .page(60_000, "https://shop.example.com/checkout/100%25")
        .click(60_500)
        .click(66_000)
        .upload();
    new Visit(server, project, "plain", start)
        .page(30_000, "https://shop.example.com/axb")
        .upload();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode get(String query) {
    var answer = server.get("/api/projects/" + project.id() + "/sessions?" + query).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static List<String> names(JsonNode page) {
    var names = new ArrayList<String>();
    page.get("sessions").forEach(session -> names.add(session.get("session_id").asString()));
    return names;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  void the_newest_last_event_comes_first() {
    assertThat(names(get(""))).containsExactly("long", "plain", "short");
    assertThat(get("").get("next_cursor").isNull()).isTrue();
  }

  @Test
  void a_session_tells_all_that_a_list_shows() {
    JsonNode session = get("profile=u1").get("sessions").get(0);

    assertThat(session.propertyNames())
        .containsExactly(
            "id",
            "session_id",
            "source",
            "started_at",
            "last_event_at",
            "duration_ms",
            "live",
            "event_count",
            "chunk_count",
            "tab_count",
            "page_count",
            "click_count",
            "input_count",
            "error_count",
            "raw_bytes",
            "stored_bytes",
            "first_page",
            "last_page",
            "has_full_snapshot",
            "device",
            "profile",
            "has_recording",
            "device_id",
            "tracked_from",
            "tracked_until",
            "ended_at",
            "tracked_count",
            "screen_view_count",
            "bounce",
            "revenue",
            "groups",
            "entry_path",
            "exit_path",
            "referrer",
            "referrer_name",
            "referrer_type",
            "country",
            "city",
            "kept_at",
            "activity");
    assertThat(session.get("has_recording").asBoolean()).isTrue();
    assertThat(session.get("device_id").isNull()).isTrue();
    assertThat(session.get("tracked_count").asInt()).isZero();
    assertThat(session.get("groups").isEmpty()).isTrue();
    assertThat(session.get("started_at").asString())
        .isEqualTo(Instant.ofEpochMilli(start + 2_000).toString());
    assertThat(session.get("duration_ms").asLong()).isEqualTo(64_000);
    assertThat(session.get("live").asBoolean()).isTrue();
    assertThat(session.get("event_count").asInt()).isEqualTo(8);
    assertThat(session.get("chunk_count").asInt()).isEqualTo(2);
    assertThat(session.get("tab_count").asInt()).isEqualTo(2);
    assertThat(session.get("page_count").asInt()).isEqualTo(2);
    assertThat(session.get("click_count").asInt()).isEqualTo(3);
    assertThat(session.get("input_count").asInt()).isEqualTo(1);
    assertThat(session.get("first_page").asString()).isEqualTo("https://shop.example.com/a_b");
    assertThat(session.get("last_page").asString())
        .isEqualTo("https://shop.example.com/checkout/100%25");
    assertThat(session.get("device").toString())
        .isEqualTo(
            "{\"browser\":\"Chrome 126\",\"os\":\"Linux\",\"type\":\"desktop\",\"screen\":\"1280x720\"}");
    assertThat(session.get("profile").toString())
        .isEqualTo("{\"id\":\"u1\",\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}");
    assertThat(session.get("activity").size()).isEqualTo(32);
    assertThat(session.get("activity").get(0).asInt()).isEqualTo(2);
    int sum = 0;
    for (JsonNode slot : session.get("activity")) {
      sum += slot.asInt();
    }
    assertThat(sum).isEqualTo(4);
  }

  @Test
  void a_single_session_is_the_same_as_in_the_list() {
    JsonNode listed = get("profile=u1").get("sessions").get(0);
    var single =
        server
            .get(
                "/api/projects/%s/sessions/%s".formatted(project.id(), listed.get("id").asString()))
            .admin()
            .send();

    assertThat(single.json()).isEqualTo(listed);
  }

  @Test
  void nobody_known_is_no_profile() {
    assertThat(get("has_errors=true").get("sessions").get(0).get("profile").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "profile=u1 | long",
        "profile=lovelace | long",
        "profile=ADA@ | long",
        "profile=u | ",
        "min_duration_ms=2000 | long",
        "max_duration_ms=1000 | plain short",
        "min_events=4 | long short",
        "has_errors=true | short",
        "has_errors=false | long plain short",
        "live=true | long plain short",
        "recording=true | long plain short",
        "recording=false | ",
        "profile_id=u1 | long",
        "profile_id=u | ",
        "url=CHECKOUT | long",
        "url=shop.example | long plain short",
        "url=a_b | long",
        "url=100%2525 | long",
        "url=ax | plain",
        "url=nowhere | ",
        "url=shop&has_errors=true&profile=u1 | ",
      })
  void each_filter_lets_through_what_it_says(String query, String names) {
    assertThat(names(get(query)))
        .containsExactlyElementsOf(names == null ? List.of() : List.of(names.split(" ")));
  }

  @Test
  void times_bound_the_last_event_in_either_spelling() {
    String end = Instant.ofEpochMilli(start + 30_001).toString();

    assertThat(names(get("from=" + (start + 30_001)))).containsExactly("long", "plain");
    assertThat(names(get("from=" + encoded(end)))).containsExactly("long", "plain");
    assertThat(names(get("to=" + encoded(end)))).containsExactly("short");
    assertThat(names(get("to=" + encoded(end.replace("Z", "+00:00"))))).containsExactly("short");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "from=yesterday",
        "limit=0",
        "limit=201",
        "limit=x",
        "min_events=-1",
        "live=yes",
        "cursor=AAAA",
        "cursor=%27"
      })
  void a_wrong_parameter_is_named(String query) {
    var answer = server.get("/api/projects/" + project.id() + "/sessions?" + query).admin().send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo(query.split("=", 2)[0]);
  }

  @Test
  void pages_hold_each_session_once_though_others_come_meanwhile() {
    Project busy = server.project();
    String list = "/api/projects/" + busy.id() + "/sessions?limit=2";
    for (int i = 0; i < 5; i++) {
      // Two have the same last event: the id decides.
      new Visit(server, busy, "s" + i, start).page(i / 2 * 1_000L, "https://x.example/").upload();
    }
    var seen = new ArrayList<String>();
    String cursor = "";
    while (cursor != null) {
      JsonNode page = server.get(list + cursor).admin().send().json();
      seen.addAll(names(page));
      cursor =
          page.get("next_cursor").isNull() ? null : "&cursor=" + page.get("next_cursor").asString();
      new Visit(server, busy, "new" + seen.size(), start)
          .page(9_000, "https://x.example/")
          .upload();
    }

    assertThat(seen)
        .containsExactlyInAnyOrder("s0", "s1", "s2", "s3", "s4")
        .doesNotHaveDuplicates();
    assertThat(seen.getFirst()).isEqualTo("s4");
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.event.RecentVisit;
import dev.backspool.server.TestServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

/** The list of events and its filters, over HTTP. */
final class EventApiTest {
  private static TestServer server;
  private static Project project;
  private static Instant start;

  /** Ada buys something; somebody unknown looks around and then becomes Bob. */
  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
    start = RecentVisit.begun(Duration.ofMinutes(10), Duration.ofSeconds(25));
    new Tracker(server, project, "d-ada")
        .by("ada", "acme", "beta")
        .identify("Ada", "Lovelace", "ada@example.com")
        .event("screen_view", at(0), "/shop", "{\"plan\":\"pro\",\"__title\":\"Shop\"}")
        .event("screen_view", at(10), "/cart", "{\"plan\":\"pro\"}")
        .event("revenue", at(20), "/cart", "{\"sku\":\"a \\\"b\\\"\"}", 1_250L)
        .store();
    new Tracker(server, project, "d-bob")
        .event("screen_view", at(5), "/100%_sure", "{}")
        .event("sign_up", at(15), "/join", "{}")
        .by("bob")
        .event("hello", at(25), "/home", "{\"plan\":\"free\"}")
        .store();
  }

  private static Instant at(int seconds) {
    return start.plusSeconds(seconds);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String path() {
    return "/api/projects/" + project.id();
  }

  private static JsonNode get(String path) {
    var answer = server.get(path).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static JsonNode events(String query) {
    return get(path() + "/events?" + query);
  }

  private static List<String> names(JsonNode page) {
    var names = new ArrayList<String>();
    page.get("events")
        .forEach(
            event -> names.add(event.get("name").asString() + ":" + event.get("path").asString()));
    return names;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  void the_newest_comes_first() {
    JsonNode page = events("");

    assertThat(names(page))
        .containsExactly(
            "hello:/home",
            "revenue:/cart",
            "sign_up:/join",
            "screen_view:/cart",
            "screen_view:/100%_sure",
            "session_start:/100%_sure",
            "screen_view:/shop",
            "session_start:/shop");
    assertThat(page.get("next_cursor").isNull()).isTrue();
  }

  @Test
  void an_event_tells_all_there_is() {
    JsonNode event = events("name=revenue").at("/events/0");

    assertThat(event.propertyNames())
        .containsExactly(
            "id",
            "at",
            "received_at",
            "name",
            "session_id",
            "device_id",
            "profile_id",
            "path",
            "origin",
            "referrer",
            "referrer_name",
            "referrer_type",
            "revenue",
            "duration_ms",
            "country",
            "region",
            "city",
            "os",
            "os_version",
            "browser",
            "browser_version",
            "device",
            "brand",
            "model",
            "sdk_name",
            "sdk_version",
            "groups",
            "properties");
    assertThat(event.get("id").isString()).isTrue();
    assertThat(Instant.parse(event.get("at").asString())).isEqualTo(at(20));
    assertThat(Instant.parse(event.get("received_at").asString())).isAfter(at(20));
    assertThat(event.get("session_id").asString()).isEqualTo(session("d-ada"));
    assertThat(event.get("device_id").asString()).isEqualTo("d-ada");
    assertThat(event.get("profile_id").asString()).isEqualTo("ada");
    assertThat(event.get("revenue").asLong()).isEqualTo(1_250);
    assertThat(event.get("country").asString()).isEqualTo("DE");
    assertThat(event.get("browser_version").asString()).isEqualTo("126.0.0.0");
    assertThat(event.get("device").asString()).isEqualTo("desktop");
    assertThat(event.get("sdk_version").asString()).isEqualTo("1.2.3");
    assertThat(event.get("referrer_type").asString()).isEqualTo("search");
    assertThat(event.get("groups").toString()).isEqualTo("[\"acme\",\"beta\"]");
    assertThat(event.get("properties").toString()).isEqualTo("{\"sku\":\"a \\\"b\\\"\"}");
  }

  private static String session(String device) {
    return server
        .column("select id::text from session where device_id = '" + device + "'")
        .getFirst();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name=sign_up | sign_up:/join",
        "name=sign_up&name=revenue&name=none | revenue:/cart sign_up:/join",
        "profile=ada&name=revenue | revenue:/cart",
        "profile=bob | hello:/home",
        "profile=d-bob | sign_up:/join screen_view:/100%_sure session_start:/100%_sure",
        "profile=nobody | ",
        "device=d-bob&q=o | hello:/home sign_up:/join session_start:/100%_sure",
        "device=d-bob&profile=bob | hello:/home",
        "device=d-bob&profile=d-bob&name=sign_up | sign_up:/join",
        "device=d-ada&profile=bob | ",
        "path=/cart | revenue:/cart screen_view:/cart",
        "path=/car | ",
        "group=acme&name=revenue | revenue:/cart",
        "group=acm | ",
        "q=CAR | revenue:/cart screen_view:/cart",
        "q=Sign | sign_up:/join",
        "q=%25_s | screen_view:/100%_sure session_start:/100%_sure",
        "property.plan=free | hello:/home",
        "property.plan=pro&property.__title=Shop&name=screen_view | screen_view:/shop",
        "property.sku=a+%22b%22 | revenue:/cart",
        "property.none=x | ",
      })
  void each_filter_lets_through_what_it_says(String query, String names) {
    assertThat(names(events(query)))
        .containsExactlyElementsOf(names == null ? List.of() : List.of(names.split(" ")));
  }

  @Test
  void times_bound_the_events_the_end_excluded() {
    String from = encoded(at(10).toString());

    assertThat(names(events("from=" + from + "&to=" + at(20).toEpochMilli())))
        .containsExactly("sign_up:/join", "screen_view:/cart");
  }

  @Test
  void a_sessions_events_are_in_the_order_they_happened() {
    String session = session("d-ada");
    List<String> inOrder =
        List.of("session_start:/shop", "screen_view:/shop", "screen_view:/cart", "revenue:/cart");

    assertThat(names(get(path() + "/sessions/" + session + "/events"))).isEqualTo(inOrder);
    assertThat(names(events("session=" + session + "&order=asc"))).isEqualTo(inOrder);
    assertThat(names(events("session=" + session))).isEqualTo(inOrder.reversed());
    assertThat(names(get(path() + "/sessions/" + session + "/events?name=revenue")))
        .containsExactly("revenue:/cart");
  }

  @Test
  void the_session_tells_what_its_events_told() {
    JsonNode session = get(path() + "/sessions/" + session("d-ada"));

    assertThat(session.get("has_recording").asBoolean()).isFalse();
    assertThat(session.get("device_id").asString()).isEqualTo("d-ada");
    assertThat(session.get("tracked_count").asLong()).isEqualTo(3);
    assertThat(session.get("screen_view_count").asInt()).isEqualTo(2);
    assertThat(session.get("revenue").asLong()).isEqualTo(1_250);
    assertThat(session.get("groups").toString()).isEqualTo("[\"acme\",\"beta\"]");
    assertThat(session.get("entry_path").asString()).isEqualTo("/shop");
    assertThat(session.get("exit_path").asString()).isEqualTo("/cart");
    assertThat(session.get("referrer").asString()).isEqualTo("https://search.example/");
    assertThat(session.get("referrer_name").asString()).isEqualTo("Search");
    assertThat(session.get("referrer_type").asString()).isEqualTo("search");
    assertThat(session.get("country").asString()).isEqualTo("DE");
    assertThat(session.get("city").asString()).isEqualTo("Berlin");
    assertThat(Instant.parse(session.get("tracked_from").asString())).isEqualTo(at(0));
    assertThat(Instant.parse(session.get("tracked_until").asString())).isEqualTo(at(20));
    assertThat(session.get("ended_at").isNull()).isTrue();
    assertThat(session.get("bounce").isNull()).isTrue();
    assertThat(session.get("profile").toString())
        .isEqualTo("{\"id\":\"ada\",\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "profile=lovelace | d-ada",
        "profile=ADA@ | d-ada",
        "profile=bob | d-bob",
        "profile_id=ada | d-ada",
        "profile_id=ad | ",
        "profile_id=d-bob | ",
        "recording=false | d-bob d-ada",
        "recording=true | ",
        "recording=any | d-bob d-ada",
        "event=revenue | d-ada",
        "event=screen_view | d-bob d-ada",
        "event=none | ",
      })
  void sessions_are_found_by_their_events_and_people(String query, String devices) {
    var found = new ArrayList<String>();
    get(path() + "/sessions?" + query)
        .get("sessions")
        .forEach(session -> found.add(session.get("device_id").asString()));

    assertThat(found)
        .containsExactlyElementsOf(devices == null ? List.of() : List.of(devices.split(" ")));
  }

  @Test
  void names_are_counted_the_most_frequent_first() {
    JsonNode names = get(path() + "/events/names").get("names");

    assertThat(names.get(0).get("name").asString()).isEqualTo("screen_view");
    assertThat(names.get(0).get("count").asLong()).isEqualTo(3);
    assertThat(Instant.parse(names.get(0).get("last_at").asString())).isEqualTo(at(10));
    assertThat(names.size()).isEqualTo(5);
    JsonNode earlier =
        get(path() + "/events/names?from=" + at(15).toEpochMilli() + "&to=" + at(20).toEpochMilli())
            .get("names");
    assertThat(earlier.size()).isOne();
    assertThat(earlier.get(0).get("name").asString()).isEqualTo("sign_up");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "from=yesterday",
        "to=x",
        "limit=0",
        "limit=1001",
        "order=up",
        "session=x",
        "property.=x",
        "cursor=AAAA",
        "cursor=MjAyNi0xMS0yMVQwODowMDowMFogeA"
      })
  void a_wrong_parameter_is_named(String query) {
    var answer = server.get(path() + "/events?" + query).admin().send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo(query.split("=", 2)[0]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"recording=maybe", "recording=True"})
  void a_wrong_parameter_of_sessions_is_named(String query) {
    var answer = server.get(path() + "/sessions?" + query).admin().send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("recording");
  }

  @ParameterizedTest
  @ValueSource(strings = {"desc", "asc"})
  void pages_hold_each_event_once_though_others_come_meanwhile(String order) {
    Project busy = server.project();
    Instant then = RecentVisit.begun(Duration.ofMinutes(5), Duration.ofSeconds(2));
    var tracker = new Tracker(server, busy, "d");
    for (int i = 0; i < 9; i++) {
      // Three have the same time: the id decides.
      tracker.event("e" + i, then.plusSeconds(i / 3));
    }
    tracker.store();
    var seen = new ArrayList<String>();
    String cursor = "";
    while (cursor != null) {
      JsonNode page =
          get("/api/projects/%s/events?limit=2&order=%s%s".formatted(busy.id(), order, cursor));
      page.get("events").forEach(event -> seen.add(event.get("name").asString()));
      cursor =
          page.get("next_cursor").isNull() ? null : "&cursor=" + page.get("next_cursor").asString();
      // On the far side of where the reader is.
      tracker
          .event("new" + seen.size(), order.equals("asc") ? then.minusMillis(50) : Instant.now())
          .store();
    }

    var wanted =
        new ArrayList<>(
            List.of("session_start", "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"));
    assertThat(seen).containsExactlyElementsOf(order.equals("asc") ? wanted : wanted.reversed());
  }

  @Test
  void what_is_not_there_is_404() {
    String nobody = "018f0000-0000-7000-8000-000000000000";
    for (String path :
        List.of(
            path() + "/sessions/" + nobody + "/events",
            path() + "/sessions/x/events",
            "/api/projects/" + nobody + "/events",
            "/api/projects/" + nobody + "/events/names",
            "/api/projects/x/events/live")) {
      assertThat(server.get(path).admin().send().status()).as(path).isEqualTo(404);
    }
    assertThat(names(events("session=" + nobody))).isEmpty();
  }
}

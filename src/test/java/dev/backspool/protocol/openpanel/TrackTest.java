package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Shopfront.BROWSER;
import static dev.backspool.protocol.openpanel.Shopfront.ORIGIN;
import static dev.backspool.protocol.openpanel.Shopfront.T;
import static dev.backspool.protocol.openpanel.Shopfront.row;
import static dev.backspool.protocol.openpanel.Shopfront.track;
import static dev.backspool.protocol.openpanel.Shopfront.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.enrich.MaxMindFile;
import dev.backspool.event.FlatProperties;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What one row comes to, by its type and its special properties. */
final class TrackTest {
  @TempDir private static Path folder;

  private static Shopfront shop;

  @BeforeAll
  static void start() throws IOException {
    Path places =
        new MaxMindFile("GeoLite2-Country")
            .with("198.51.100.0/26", Map.of("country", Map.of("iso_code", "US")))
            .with("198.51.100.64/26", Map.of("country", Map.of("iso_code", "IN")))
            .with("198.51.100.128/26", Map.of("country", Map.of("iso_code", "RU")))
            .to(folder.resolve("country.mmdb"));
    shop = new Shopfront(Map.of("BACKSPOOL_GEOIP_FILE", places.toString()));
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

  private static JsonNode properties(String name) {
    return TestServer.JSON.readTree(
        shop.server
            .column(
                "select properties from event where project_id = '%s' and name = '%s'"
                    .formatted(shop.id(), name))
            .getFirst());
  }

  private static void stored(Map<String, Object> row) {
    var answer = shop.send(row);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"track", "identify", "group", "assign_group", "increment"})
  void every_success_names_the_device_and_the_session(String type) {
    shop.send(row("identify", Map.of("profileId", "u1", "firstName", "Ada")));
    Map<String, Object> payload =
        switch (type) {
          case "track" -> Map.of("name", "view");
          case "identify" -> Map.of("profileId", "u1", "lastName", "Lovelace");
          case "group" -> Map.of("id", "acme", "type", "company", "name", "Acme");
          case "assign_group" -> Map.of("groupIds", List.of("acme"), "profileId", "u1");
          default -> Map.of("profileId", "u1", "property", "visits");
        };
    for (String agent : List.of(BROWSER, "node")) {
      var answer =
          shop.backend("/track").header("User-Agent", agent).json(row(type, payload)).send();

      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      assertThat(answer.header("Content-Type")).startsWith("application/json");
      assertThat(answer.json().get("deviceId").asString()).matches("[0-9a-f]{32}");
      assertThat(answer.json().get("sessionId").asString()).matches("[A-Za-z0-9_-]{22}");
    }
  }

  @Test
  void the_address_below_api_is_the_same() {
    var answer = shop.trusted("/api/track").json(track("view")).send();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(shop.names()).containsExactly("view");
  }

  static List<String> badNames() {
    return List.of(
        "",
        "session_start",
        "session_end",
        "x".repeat(81),
        "two\nlines",
        "two\rlines",
        "<script>alert(1)</script>",
        "1' OR '1'='1",
        "../../etc/passwd",
        "/wp-login.php",
        "${jndi:ldap://x}");
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void a_name_that_no_event_may_have_is_refused(String name) {
    var single = shop.send(track(name));
    assertThat(single.status()).isEqualTo(400);
    assertThat(single.json().get("message").asString()).startsWith("payload.name: ");

    var batch = shop.sendBatch(List.of(track(name)));
    assertThat(batch.json().at("/rejected/0/reason").asString()).isEqualTo("validation");
    assertThat(batch.json().at("/rejected/0/error").asString()).startsWith("payload.name: ");
    assertThat(shop.names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Signed up (2nd try)",
        "/checkout/done",
        "prix: 5 €",
        "a.b",
        "Order #12 / paid",
        "Überraschung 🎉",
        "select plan",
        "50% off"
      })
  void a_name_that_people_give_is_kept_as_it_is(String name) {
    stored(track(name));
    stored(track("x".repeat(80)));

    assertThat(shop.names()).containsExactly(name, "x".repeat(80));
  }

  static List<Map<String, Object>> wrongPayloads() {
    return List.of(
        row("track", Map.of()),
        row("track", Map.of("name", 7)),
        row("track", Map.of("name", "n", "properties", List.of())),
        row("track", Map.of("name", "n", "profileId", "")),
        row("track", Map.of("name", "n", "profileId", Map.of())),
        row("track", Map.of("name", "n", "groups", "g")),
        row("track", Map.of("name", "n", "groups", List.of(1))),
        row("identify", Map.of()),
        row("identify", Map.of("profileId", "u", "email", "nobody")),
        row("identify", Map.of("profileId", "u", "avatar", "me.png")),
        row("identify", Map.of("profileId", "u", "firstName", 1)),
        row("increment", Map.of("profileId", "u")),
        row("increment", Map.of("profileId", "u", "property", "p", "value", 0)),
        row("decrement", Map.of("profileId", "u", "property", "p", "value", -1)),
        row("increment", Map.of("profileId", "u", "property", "p", "value", "1")),
        row("group", Map.of("id", "g", "type", "team")),
        row("assign_group", Map.of("groupIds", "g")),
        row("nothing", Map.of()),
        Map.of("type", "track"),
        Map.of("payload", Map.of("name", "n")));
  }

  @ParameterizedTest
  @MethodSource("wrongPayloads")
  void a_payload_that_is_wrong_is_told_which_field(Map<String, Object> row) {
    var answer = shop.send(row);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("error").asString()).isEqualTo("Bad Request");
    assertThat(answer.json().get("message").asString()).matches("(payload|type)[^:]*: .+");
  }

  @Test
  void properties_are_flat_texts() {
    var nested = new HashMap<String, Object>();
    nested.put("a", Map.of("b", Map.of("c", 1)));
    nested.put("list", Arrays.asList("x", null, 2.5, List.of(true)));
    nested.put("empty", "");
    nested.put("none", null);
    nested.put("hollow", Map.of());
    nested.put("yes", true);
    nested.put("big", 12_345_678_901L);
    nested.put("json", "{\"k\":[1,{\"z\":\"w\"}]}");
    nested.put("broken", "{not json}");
    nested.put("quoted", "say \"hi\" \\ \n\t\u0001");
    nested.put("smile", "🎉");
    stored(track("flat", nested));

    JsonNode stored = properties("flat");
    var expected = new HashMap<String, String>();
    expected.put("a.b.c", "1");
    expected.put("list.0", "x");
    expected.put("list.2", "2.5");
    expected.put("list.3.0", "true");
    expected.put("yes", "true");
    expected.put("big", "12345678901");
    expected.put("json.k.0", "1");
    expected.put("json.k.1.z", "w");
    expected.put("quoted", "say \"hi\" \\ \n\t\u0001");
    expected.put("smile", "🎉");
    var found = new HashMap<String, String>();
    stored
        .properties()
        .forEach(property -> {
          assertThat(property.getValue().isString()).isTrue();
          found.put(property.getKey(), property.getValue().asString());
        });
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void a_small_body_does_not_become_a_large_row() {
    Object deep = java.util.Collections.nCopies(30_000, 1);
    for (int level = 0; level < 40; level++) {
      deep = Map.of("a-name-of-twenty-two-xx", deep);
    }
    for (Map<String, ?> properties :
        List.of(
            Map.of("deep", deep),
            Map.of("text", TestServer.JSON.writeValueAsString(deep)),
            Map.of("long", "x".repeat(FlatProperties.ROOM)),
            Map.of("k".repeat(1_001), "v"))) {
      var answer = shop.send(track("large", properties));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().get("message").asString()).startsWith("payload.properties: ");

      var profile = shop.send(row("identify", Map.of("profileId", "u", "properties", properties)));
      assertThat(profile.status()).isEqualTo(400);
    }
    stored(track("fits", Map.of("long", "x".repeat(FlatProperties.ROOM - 100))));
    assertThat(shop.names()).containsExactly("fits");
  }

  @Test
  void what_a_database_cannot_hold_is_taken_out() {
    var answer =
        shop.trusted("/track")
            .body(
                "{\"type\":\"track\",\"payload\":{\"name\":\"na\\u0000me\",\"profileId\":\"u\\ud800\","
                    + "\"properties\":{\"k\\u0000\":\"a\\u0000b\\udc00c\",\"twice\":1,\"twice\":2}}}")
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(properties("name").get("k").asString()).isEqualTo("abc");
    assertThat(properties("name").get("twice").asString()).isEqualTo("2");
    assertThat(shop.events("profile_id")).containsExactly("u");
  }

  @Test
  void special_properties_take_effect_and_are_not_kept() {
    stored(
        track(
            "special",
            Map.of(
                "__timestamp", T.minusSeconds(60).toString(),
                "__deviceId", "meter-1",
                "__ip", "198.51.100.70",
                "__path", "https://Shop.example.com/cart?utm_source=news&utm_medium=mail&q=1#top",
                "__referrer", "https://www.google.com/search",
                "__title", "Cart",
                "__bot", true,
                "__bot_reasons", List.of("x"),
                "__browser", "Own",
                "__revenue", 5)));

    JsonNode properties = properties("special");
    assertThat(properties.propertyNames())
        .containsExactlyInAnyOrder(
            "__title",
            "__browser",
            "__query.utm_source",
            "__query.utm_medium",
            "__query.q",
            "__hash");
    assertThat(properties.get("__query.q").asString()).isEqualTo("1");
    assertThat(properties.get("__hash").asString()).isEqualTo("top");
    assertThat(shop.events("path")).containsExactly("/cart");
    assertThat(shop.events("origin")).containsExactly("https://shop.example.com");
    assertThat(shop.events("referrer")).containsExactly("https://www.google.com/search");
    assertThat(shop.events("device_id")).containsExactly("meter-1");
    assertThat(shop.events("country")).containsExactly("IN");
    assertThat(shop.events("browser")).containsExactly("Own");
    assertThat(shop.events("os")).containsExactly("Linux");
    assertThat(shop.events("coalesce(revenue::text, 'none')")).containsExactly("none");
  }

  @Test
  void a_referrer_of_the_page_s_own_host_is_none_and_older_names_still_count() {
    stored(track("own", Map.of("__path", ORIGIN + "/b", "__referrer", ORIGIN + "/a")));
    stored(track("old", Map.of("path", ORIGIN + "/c", "referrer", "https://duckduckgo.com/")));

    assertThat(shop.events("path")).containsExactly("/b", "/c");
    assertThat(shop.events("coalesce(referrer, 'none')"))
        .containsExactly("none", "https://duckduckgo.com/");
    assertThat(properties("old").isEmpty()).isTrue();
  }

  @Test
  void a_device_id_of_the_caller_has_up_to_64_characters_without_what_is_around_it() {
    stored(track("e", Map.of("__deviceId", "d".repeat(64))));
    stored(track("e", Map.of("__deviceId", "d".repeat(65))));
    stored(track("e", Map.of("__deviceId", "  padded ")));
    var answer = shop.send(track("e", Map.of("__deviceId", "mine")));

    List<String> devices = shop.events("device_id");
    assertThat(devices.get(0)).isEqualTo("d".repeat(64));
    assertThat(devices.get(1)).matches("[0-9a-f]{32}");
    assertThat(devices.get(2)).isEqualTo("padded");
    assertThat(answer.json().get("deviceId").asString()).isEqualTo("mine");
  }

  @Test
  void each_row_may_have_an_address_of_its_own() {
    List<String> ips = List.of("198.51.100.5", "198.51.100.70", "198.51.100.130");
    shop.sendBatch(
        ips.stream().map(ip -> track("named", Map.of("__ip", ip, "__deviceId", "one"))).toList());
    assertThat(shop.events("country")).containsExactly("US", "IN", "RU");
    assertThat(shop.events("session_id").stream().distinct()).hasSize(1);

    shop.another();
    shop.sendBatch(ips.stream().map(ip -> track("nameless", Map.of("__ip", ip))).toList());
    assertThat(shop.events("device_id").stream().distinct()).hasSize(3);
  }

  private static Instant time(Object timestamp) {
    var answer =
        shop.sendBatch(
            List.of(track("timed", Map.of("__timestamp", timestamp, "__deviceId", "d"))));
    assertThat(answer.json().get("accepted").asInt()).as(answer.body()).isOne();
    long ms = Long.parseLong(shop.events("(extract(epoch from at) * 1000)::bigint").getLast());
    return Instant.ofEpochMilli(ms);
  }

  @Test
  void a_time_ahead_of_ours_by_more_than_a_minute_is_that_of_the_receipt() {
    assertThat(time(T.plusSeconds(60).toString())).isEqualTo(T.plusSeconds(60));
    assertThat(time(T.plusSeconds(60).plusMillis(1).toString())).isEqualTo(T);
    assertThat(time(T.plus(Duration.ofDays(1)).toString())).isEqualTo(T);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2026-06-08T11:00:00.250Z | 2026-06-08T11:00:00.250Z",
        "2026-06-08T11:00:00Z | 2026-06-08T11:00:00Z",
        "2026-06-08T11:00Z | 2026-06-08T11:00:00Z",
        "2026-06-08T13:00:00.123456+02:00 | 2026-06-08T11:00:00.123Z",
        "2026-06-08T05:30:00-0530 | 2026-06-08T11:00:00Z",
        "2026-06-08T11:00:00 | 2026-06-08T11:00:00Z",
        "2026-06-08 11:00:00 | 2026-06-08T11:00:00Z",
        "2026-06-08 | 2026-06-08T00:00:00Z",
        "Mon, 8 Jun 2026 11:00:00 GMT | 2026-06-08T11:00:00Z",
        "Mon, 08 Jun 2026 13:00:00 +0200 | 2026-06-08T11:00:00Z",
        "Mon Jun 08 2026 13:00:00 GMT+0200 (Central European Summer Time) | 2026-06-08T11:00:00Z",
        "yesterday | 2026-06-08T12:10:00Z",
        "2026-13-40T11:00:00Z | 2026-06-08T12:10:00Z",
        "2026-06-08T11:00:00Zulu | 2026-06-08T12:10:00Z"
      })
  void a_time_is_read_as_javascript_reads_it(String sent, Instant read) {
    assertThat(time(sent)).isEqualTo(read);
  }

  @Test
  void a_time_may_be_epoch_milliseconds() {
    assertThat(time(T.toEpochMilli() - 5_000)).isEqualTo(T.minusSeconds(5));
    assertThat(time(T.toEpochMilli() - 4_999.5)).isEqualTo(T.minusMillis(5_000));
    assertThat(time(Map.of())).isEqualTo(T);
    assertThat(time(1e300)).isEqualTo(T);
  }

  @Test
  void an_identification_inside_an_event_names_its_profile_and_is_kept() {
    stored(
        row(
            "track",
            Map.of(
                "name",
                "signed-up",
                "profileId",
                "other",
                "properties",
                Map.of("__identify", Map.of("profileId", "u9", "email", "ada@example.com")))));
    stored(track("again", Map.of("__identify", Map.of("profileId", "u10"))));

    assertThat(shop.events("profile_id")).containsExactly("u9", "u10");
    assertThat(
            shop.server.column(
                "select email from profile where id = 'u9' and project_id = '" + shop.id() + "'"))
        .containsExactly("ada@example.com");
    assertThat(properties("signed-up").isEmpty()).isTrue();
  }

  @Test
  void a_profile_also_tells_where_and_with_what_it_was_seen() {
    shop.trusted("/track")
        .header("x-forwarded-for", "198.51.100.5")
        .json(
            row(
                "identify",
                Map.of("profileId", 42, "properties", Map.of("plan", Map.of("tier", "pro")))))
        .send();

    assertThat(shop.rows("profile", "id")).containsExactly("42");
    String found = shop.rows("profile", "properties::text").getFirst();
    JsonNode properties = TestServer.JSON.readTree(found);
    assertThat(properties.get("country").asString()).isEqualTo("US");
    assertThat(properties.get("browser").asString()).isEqualTo("Chrome");
    assertThat(properties.get("os").asString()).isEqualTo("Linux");
    assertThat(found).contains("pro");
  }

  @Test
  void a_program_says_nothing_of_a_browser() {
    var answer =
        shop.backend("/track")
            .header("User-Agent", "node")
            .json(track("charge", Map.of("__browser", "Forged")))
            .send();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(shop.events("coalesce(browser, 'none')")).containsExactly("none");
  }

  @Test
  void an_increment_of_nobody_is_404_and_to_an_sdk_a_202_that_it_does_not_repeat() {
    var increment = row("increment", Map.of("profileId", "nobody", "property", "p"));
    var plain = shop.send(increment);
    assertThat(plain.status()).isEqualTo(404);
    assertThat(plain.json().get("error").asString()).isEqualTo("Not Found");
    assertThat(plain.json().get("message").asString()).isEqualTo("Profile not found");

    var sdk = shop.trusted("/track").header("openpanel-sdk-name", "node").json(increment).send();
    assertThat(sdk.status()).isEqualTo(202);
    assertThat(sdk.json().get("rejected").asString()).isEqualTo("Profile not found");
    assertThat(sdk.json().get("deviceId").asString()).isNotEmpty();
    assertThat(sdk.json().get("sessionId").asString()).hasSize(22);
    assertThat(shop.rows("profile", "id")).isEmpty();
  }

  @Test
  void a_property_that_is_no_number_cannot_be_added_to() {
    stored(row("identify", Map.of("profileId", "u", "properties", Map.of("plan", "pro"))));
    var answer = shop.send(row("increment", Map.of("profileId", "u", "property", "plan")));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("message").asString()).isEqualTo("Property value is not a number");
  }

  @Test
  void a_hundred_increments_at_once_add_a_hundred() throws Exception {
    stored(row("identify", Map.of("profileId", "u", "properties", Map.of("visits", 3))));
    var increment = row("increment", Map.of("profileId", "u", "property", "visits"));
    atOnce(100, () -> shop.send(increment))
        .forEach(answer -> assertThat(answer.status()).isEqualTo(200));
    stored(row("decrement", Map.of("profileId", "u", "property", "visits", "value", 3)));

    assertThat(shop.rows("profile", "properties ->> 'visits'")).containsExactly("100");
  }

  private static List<TestServer.Answer> atOnce(int times, Callable<TestServer.Answer> call)
      throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Callable<TestServer.Answer>>();
      for (int i = 0; i < times; i++) {
        calls.add(call);
      }
      var answers = new ArrayList<TestServer.Answer>();
      for (var future : threads.invokeAll(calls)) {
        answers.add(future.get());
      }
      return answers;
    }
  }

  private static TestServer.Call fromPage(String path, @Nullable String ip) {
    var call = shop.page(path);
    return ip == null ? call : call.header("x-forwarded-for", ip);
  }

  @Test
  void the_same_event_twice_in_one_go_is_stored_once_and_answered_twice() throws Exception {
    var event = track("clicked", Map.of("__timestamp", T.toString()));
    var answers = atOnce(2, () -> fromPage("/track", "203.0.113.9").json(event).send());

    assertThat(answers)
        .allSatisfy(answer -> {
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.json().get("sessionId").asString()).hasSize(22);
        });
    assertThat(answers.get(0).body()).isEqualTo(answers.get(1).body());
    assertThat(shop.names()).containsExactly("clicked");

    // Later it is another event, and so it is from another page or in a batch.
    Thread.sleep(150);
    fromPage("/track", "203.0.113.9").json(event).send();
    assertThat(shop.names()).hasSize(2);
    atOnce(2, () -> fromPage("/track", null).json(event).send());
    assertThat(shop.names()).hasSize(4);
    var batch = Map.of("events", List.of(event));
    atOnce(2, () -> fromPage("/track/batch", "203.0.113.9").json(batch).send());
    assertThat(shop.names()).hasSize(6);
  }

  @Test
  void a_visitor_can_ask_for_its_device_and_session() {
    var ids = shop.send(track("view")).json();
    var answer =
        shop.server
            .get("/api/track/device-id")
            .header("openpanel-client-id", shop.project.clientId().toString())
            .header("openpanel-client-secret", shop.secret)
            .header("User-Agent", BROWSER)
            .send();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("deviceId")).isEqualTo(ids.get("deviceId"));
    assertThat(answer.json().get("sessionId")).isEqualTo(ids.get("sessionId"));
    assertThat(answer.json().get("message").asString()).isNotEmpty();
    assertThat(shop.names()).containsExactly("view");
  }

  @Test
  void the_deprecated_paths_take_payloads_alone() {
    Map<String, Object> event =
        with(Map.of("name", "old"), "timestamp", T.minusSeconds(5).toString());
    var tracked = shop.trusted("/event").json(event).send();
    var profile =
        shop.trusted("/profile").json(Map.of("profileId", "u", "firstName", "Ada")).send();
    var up =
        shop.trusted("/profile/increment")
            .json(Map.of("profileId", "u", "property", "n", "value", 5))
            .send();
    var down =
        shop.trusted("/api/profile/decrement")
            .json(Map.of("profileId", "u", "property", "n", "value", 2))
            .send();

    assertThat(tracked.status()).isEqualTo(202);
    assertThat(tracked.body()).isEqualTo("ok");
    for (var answer : List.of(profile, up, down)) {
      assertThat(answer.status()).isEqualTo(202);
      assertThat(answer.body()).isEqualTo("u");
    }
    assertThat(shop.names()).containsExactly("old");
    assertThat(shop.events("(extract(epoch from at) * 1000)::bigint"))
        .containsExactly(Long.toString(T.toEpochMilli() - 5_000));
    assertThat(shop.rows("profile", "properties ->> 'n'")).containsExactly("3");

    var wrong = shop.trusted("/event").json(Map.of()).send();
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.json().get("message").asString()).startsWith("name: ");
    assertThat(
            shop.trusted("/profile/increment")
                .json(Map.of("profileId", "nobody", "property", "n"))
                .send()
                .status())
        .isEqualTo(404);
  }

  @Test
  void groups_are_kept_and_people_put_into_them() {
    stored(row("identify", Map.of("profileId", "u", "firstName", "Ada")));
    stored(
        row(
            "group",
            Map.of(
                "id",
                "acme",
                "type",
                "company",
                "name",
                "Acme",
                "properties",
                Map.of("seats", Map.of("paid", 3)))));
    stored(row("assign_group", Map.of("profileId", "u", "groupIds", List.of("acme"))));
    stored(row("assign_group", Map.of("profileId", "u", "groupIds", List.of("beta", "acme"))));
    stored(row("track", Map.of("name", "view", "profileId", "u", "groups", List.of("acme"))));

    assertThat(shop.rows("profile_group", "name")).containsExactly("Acme");
    assertThat(shop.rows("profile_group", "properties::text").getFirst()).contains("3");
    assertThat(shop.rows("profile", "array_to_string(groups, ',')").getFirst().split(","))
        .containsExactlyInAnyOrder("acme", "beta");
    assertThat(shop.events("array_to_string(groups, ',')")).containsExactly("acme");
  }
}

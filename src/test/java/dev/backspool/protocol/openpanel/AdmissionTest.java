package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Shopfront.BROWSER;
import static dev.backspool.protocol.openpanel.Shopfront.ORIGIN;
import static dev.backspool.protocol.openpanel.Shopfront.row;
import static dev.backspool.protocol.openpanel.Shopfront.track;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may send by this contract, and what a sender may not. */
final class AdmissionTest {
  private static final String CRAWLER =
      "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

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
  }

  private static void isUnauthorized(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(401);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.body()).startsWith("Ingestion: ");
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(shop.names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not-a-uuid",
        "0000000-0000-4000-8000-00000000000",
        "00000000-0000-4000-8000-00000000000A",
        "00000000-0000-4000-8000-000000000000"
      })
  void a_client_id_that_is_none_or_of_nobody_is_refused(String id) {
    isUnauthorized(
        shop.server
            .post("/track")
            .header("openpanel-client-id", id)
            .header("openpanel-client-secret", shop.secret)
            .json(track("view"))
            .send());
  }

  @ParameterizedTest
  @CsvSource({
    "https://shop.example.com,            https://shop.example.com,          true",
    "https://shop.example.com,            https://www.shop.example.com,      true",
    "https://www.shop.example.com,        https://shop.example.com,          true",
    "https://shop.example.com,            https://evil.example.com,          false",
    "https://shop.example.com,            http://shop.example.com,           false",
    "https://*.foo.com,                   https://x.foo.com,                 true",
    "https://*.foo.com,                   https://x.foo.com.evil.tld,        false",
    "https://*.foo.com,                   https://evilfoo.com,               false",
    "*,                                   https://any.example.com,           true"
  })
  void a_page_is_let_in_by_its_origin(String allowed, String origin, boolean letIn) {
    shop.allow(allowed);
    var answer =
        shop.client("/track")
            .header("Origin", origin)
            .header("User-Agent", BROWSER)
            .json(track("view"))
            .send();

    if (letIn) {
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
      assertThat(answer.header("Access-Control-Allow-Credentials")).isEmpty();
    } else {
      isUnauthorized(answer);
      assertThat(shop.refused("origin_not_allowed")).isOne();
    }
  }

  @Test
  void without_a_list_any_page_is_let_in_but_nobody_without_an_origin() {
    assertThat(shop.page("/track").json(track("view")).send().status()).isEqualTo(200);

    shop.another();
    isUnauthorized(shop.client("/track").json(track("view")).send());
  }

  @Test
  void the_secret_lets_in_from_anywhere_and_a_wrong_one_is_as_none() {
    shop.allow("https://other.example.com");
    assertThat(shop.backend("/track").json(track("view")).send().status()).isEqualTo(200);
    assertThat(shop.backend("/track").header("Origin", ORIGIN).json(track("view")).send().status())
        .isEqualTo(200);

    shop.another();
    isUnauthorized(
        shop.client("/track")
            .header("openpanel-client-secret", "bss_forged")
            .json(track("view"))
            .send());
  }

  @Test
  void a_secret_that_was_replaced_no_longer_lets_in() {
    assertThat(
            shop.backend("/track").json(row("identify", Map.of("profileId", "u"))).send().status())
        .isEqualTo(200);
    shop.server.server().projects().rotateSecret(shop.id());

    isUnauthorized(shop.backend("/track").json(track("view")).send());
  }

  @Test
  void credentials_may_have_their_old_names_or_stand_in_the_body() {
    var old =
        shop.server
            .post("/track")
            .header("mixan-client-id", shop.project.clientId().toString())
            .header("mixan-client-secret", shop.secret)
            .json(track("old"))
            .send();
    var body =
        shop.server
            .post("/track")
            .json(
                Map.of(
                    "clientId",
                    shop.project.clientId(),
                    "clientSecret",
                    shop.secret,
                    "type",
                    "track",
                    "payload",
                    Map.of("name", "body")))
            .send();

    assertThat(old.status()).isEqualTo(200);
    assertThat(body.status()).isEqualTo(200);
    assertThat(shop.names()).containsExactly("old", "body");
  }

  @Test
  void a_body_that_is_wrong_is_told_so_before_a_key_that_is_wrong() {
    for (String body : List.of("{", "{}", "{\"type\":\"track\",\"payload\":{}}")) {
      assertThat(shop.server.post("/track").body(body).send().status()).as(body).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/track", "/api/track", "/track/batch", "/api/profile/increment"})
  void a_preflight_lets_pages_of_every_origin_send_the_headers_of_the_sdk(String path) {
    var answer =
        shop.server
            .call("OPTIONS", path)
            .header("Origin", "https://anyone.example")
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "content-type,openpanel-client-id,openpanel-client-secret,openpanel-sdk-name,"
                    + "openpanel-sdk-version")
            .send();

    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(answer.header("Access-Control-Allow-Credentials")).isEmpty();
    assertThat(answer.header("Access-Control-Max-Age")).isEqualTo("604800");
    assertThat(answer.header("Access-Control-Allow-Methods")).contains("POST");
    assertThat(answer.header("Access-Control-Allow-Headers").split(", "))
        .contains(
            "content-type",
            "openpanel-client-id",
            "openpanel-client-secret",
            "openpanel-sdk-name",
            "openpanel-sdk-version");
  }

  private static Map<String, Object> revenue(Object amount) {
    return track("revenue", Map.of("__revenue", amount));
  }

  private static TestServer.Answer batch(@Nullable String secret, Object... rows) {
    var call = shop.page("/track/batch");
    if (secret != null) {
      call.header("openpanel-client-secret", secret);
    }
    return call.json(Map.of("events", List.of(rows))).send();
  }

  @Test
  void revenue_is_believed_with_the_right_secret_or_by_the_projects_leave_alone() {
    for (String secret : new String[] {null, "bss_forged"}) {
      var answer = batch(secret, revenue(1299), track("view"));
      assertThat(answer.json().get("accepted").asInt()).isOne();
      assertThat(answer.json().at("/rejected/0/index").asInt()).isZero();
      assertThat(answer.json().at("/rejected/0/reason").asString()).isEqualTo("validation");
    }
    assertThat(shop.page("/track").json(revenue(1299)).send().status()).isEqualTo(401);
    assertThat(shop.events("coalesce(revenue, -1)")).containsOnly("-1");

    assertThat(batch(shop.secret, revenue(1299)).json().get("accepted").asInt()).isOne();
    shop.change(new Projects.Change(null, null, null, null, null, true, null, null));
    assertThat(batch(null, revenue(501)).json().get("accepted").asInt()).isOne();
    assertThat(shop.server.column("select revenue from event where revenue is not null"))
        .contains("1299", "501");
  }

  @Test
  void revenue_is_a_whole_number_of_minor_units() {
    for (Object amount : List.of(-1, 12.5, "1299", true)) {
      var answer = shop.send(revenue(amount));
      assertThat(answer.status()).as(String.valueOf(amount)).isEqualTo(400);
      assertThat(answer.json().get("message").asString())
          .startsWith("payload.properties.__revenue: ");
    }
    assertThat(shop.send(revenue(0)).status()).isEqualTo(200);
  }

  @Test
  void rows_of_an_excluded_profile_are_refused_and_the_others_stored() {
    shop.change(new Projects.Change(null, null, null, null, null, null, null, List.of("tester")));
    var excluded = row("track", Map.of("name", "test", "profileId", "tester"));
    var answer =
        batch(
            shop.secret,
            excluded,
            track("view"),
            row("identify", Map.of("profileId", "tester", "firstName", "Test")),
            track("embedded", Map.of("__identify", Map.of("profileId", "tester"))));

    assertThat(answer.json().get("accepted").asInt()).isOne();
    assertThat(answer.json().get("rejected").size()).isEqualTo(3);
    assertThat(shop.names()).containsExactly("view");
    assertThat(shop.rows("profile", "id")).doesNotContain("tester");
    assertThat(shop.send(excluded).status()).isEqualTo(401);
    assertThat(shop.refused("excluded")).isEqualTo(4);
  }

  @Test
  void an_excluded_address_is_refused() {
    shop.change(
        new Projects.Change(null, null, null, null, null, null, List.of("198.51.100.9"), null));

    isUnauthorized(
        shop.backend("/track").header("x-forwarded-for", "198.51.100.9").json(track("v")).send());
    isUnauthorized(
        shop.backend("/track/batch")
            .header("openpanel-client-ip", "::ffff:198.51.100.9")
            .json(Map.of("events", List.of(track("v"))))
            .send());
    assertThat(
            shop.backend("/track")
                .header("x-forwarded-for", "198.51.100.10")
                .json(track("v"))
                .send()
                .status())
        .isEqualTo(200);
  }

  @Test
  void crawlers_are_answered_and_counted_and_not_stored() {
    var single =
        shop.client("/track")
            .header("Origin", ORIGIN)
            .header("User-Agent", CRAWLER)
            .header("openpanel-client-secret", "bss_forged")
            .json(track("view"))
            .send();
    var batch =
        shop.client("/track/batch")
            .header("Origin", ORIGIN)
            .header("User-Agent", CRAWLER)
            .json(Map.of("events", List.of(track("view"))))
            .send();

    assertThat(single.status()).isEqualTo(202);
    assertThat(single.json().has("bot")).isTrue();
    assertThat(single.json().get("deviceId").asString()).isNotEmpty();
    assertThat(single.json().get("sessionId").asString()).hasSize(22);
    assertThat(batch.status()).isEqualTo(202);
    assertThat(batch.json().get("accepted").asInt()).isZero();
    assertThat(batch.json().get("rejected")).isEmpty();
    assertThat(batch.json().has("bot")).isTrue();
    assertThat(shop.names()).isEmpty();
    assertThat(shop.refused("bot")).isEqualTo(2);

    var trusted = shop.backend("/track").header("User-Agent", CRAWLER).json(track("view")).send();
    assertThat(trusted.status()).isEqualTo(200);
    assertThat(shop.names()).containsExactly("view");
  }

  @Test
  void more_requests_than_the_project_allows_are_put_off() {
    shop.change(new Projects.Change(null, null, null, null, 1));
    shop.send(track("view"));
    var answer = shop.send(track("view"));

    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.header("Retry-After")).isNotEmpty();
    assertThat(answer.json().get("status").asInt()).isEqualTo(429);
  }
}

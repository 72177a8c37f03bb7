package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Shopfront.T;
import static dev.backspool.protocol.openpanel.Shopfront.row;
import static dev.backspool.protocol.openpanel.Shopfront.track;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.http.Coding;
import dev.backspool.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many rows in one body: what is taken, and what each row that is not taken is told. */
final class BatchTest {
  private static final int MOST_BYTES = 10_485_760;

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

  private static List<Integer> rejected(TestServer.Answer answer) {
    var indices = new ArrayList<Integer>();
    answer.json().get("rejected").forEach(row -> indices.add(row.get("index").asInt()));
    return indices;
  }

  private static String error(TestServer.Answer answer, int n) {
    return answer.json().get("rejected").get(n).get("error").asString();
  }

  @Test
  void a_batch_without_a_client_id_is_refused_and_nothing_is_stored() {
    var answer =
        shop.server
            .post("/track/batch")
            .header("openpanel-client-secret", shop.secret)
            .json(Map.of("events", List.of(track("view"))))
            .send();

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.body()).isEqualTo("Ingestion: Missing client id");
    assertThat(shop.names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"events\":[]}", "{\"events\":{}}", "[]", "{\"events\":[1", ""})
  void a_body_that_is_no_batch_is_refused_whole(String body) {
    var answer = shop.trusted("/track/batch").body(body).send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("status").asInt()).isEqualTo(400);
    assertThat(answer.json().get("error").asString()).isEqualTo("Bad Request");
    assertThat(answer.json().get("message").asString()).isNotEmpty();
  }

  @Test
  void two_thousand_rows_are_taken_and_one_more_is_refused_whole() {
    var answer = shop.sendBatch(Collections.nCopies(2_000, track("view")));
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2_000);
    assertThat(answer.json().get("rejected")).isEmpty();
    assertThat(shop.names()).hasSize(2_000);

    var more = shop.sendBatch(Collections.nCopies(2_001, track("view")));
    assertThat(more.status()).isEqualTo(400);
    assertThat(more.json().get("message").asString()).contains("2000");
    assertThat(shop.names()).hasSize(2_000);
  }

  private static byte[] ofSize(int bytes) {
    String head = "{\"pad\":\"";
    String tail = "\",\"events\":[{\"type\":\"track\",\"payload\":{\"name\":\"padded\"}}]}";
    return (head + "x".repeat(bytes - head.length() - tail.length()) + tail)
        .getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void a_body_of_ten_megabytes_is_taken_and_one_byte_more_is_not() {
    assertThat(shop.trusted("/track/batch").body(ofSize(MOST_BYTES)).send().status())
        .isEqualTo(202);

    var plain = shop.trusted("/track/batch").body(ofSize(MOST_BYTES + 1)).send();
    assertThat(plain.status()).isEqualTo(413);
    assertThat(plain.json().get("error").asString()).isEqualTo("Payload Too Large");
    // What counts is the uncompressed body.
    var gzip =
        shop.trusted("/track/batch")
            .header("Content-Encoding", "gzip")
            .body(Coding.gzip(ofSize(MOST_BYTES + 1)))
            .send();
    assertThat(gzip.status()).isEqualTo(413);
    assertThat(shop.names()).containsExactly("padded");
  }

  @Test
  void a_compressed_batch_is_taken() {
    byte[] body = TestServer.JSON.writeValueAsBytes(Map.of("events", List.of(track("small"))));
    var answer =
        shop.trusted("/track/batch")
            .header("Content-Encoding", "gzip")
            .body(Coding.gzip(body))
            .send();

    assertThat(answer.json().get("accepted").asInt()).isOne();
    assertThat(shop.names()).containsExactly("small");
  }

  @Test
  void rows_that_are_wrong_are_named_and_the_others_are_stored() {
    var answer =
        shop.sendBatch(
            List.of(track("one"), track(""), track("two"), row("unknown", Map.of()), 7, Map.of()));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(rejected(answer)).containsExactly(1, 3, 4, 5);
    answer
        .json()
        .get("rejected")
        .forEach(row -> assertThat(row.get("reason").asString()).isEqualTo("validation"));
    assertThat(error(answer, 0)).startsWith("payload.name: ");
    assertThat(error(answer, 1)).startsWith("type: ");
    assertThat(shop.names()).containsExactly("one", "two");
    assertThat(shop.refused("malformed")).isEqualTo(4);
  }

  @Test
  void an_alias_is_refused_and_the_event_beside_it_is_stored() {
    var alias = row("alias", Map.of("profileId", "u1", "alias", "u2"));
    var answer = shop.sendBatch(List.of(track("view"), alias));

    assertThat(answer.json().get("accepted").asInt()).isOne();
    assertThat(rejected(answer)).containsExactly(1);
    assertThat(error(answer, 0)).isEqualTo("Alias is not supported");

    var single = shop.send(alias);
    assertThat(single.status()).isEqualTo(400);
    assertThat(single.json().get("message").asString()).isEqualTo("Alias is not supported");
  }

  @Test
  void exactly_the_bad_rows_are_rejected_wherever_they_stand() {
    var bad = Set.of(0, 50, 99, 100, 149, 199);
    var rows =
        IntStream.range(0, 200).mapToObj(i -> track(bad.contains(i) ? "" : "e" + i)).toList();
    var answer = shop.sendBatch(rows);

    assertThat(answer.json().get("accepted").asInt()).isEqualTo(194);
    assertThat(rejected(answer)).containsExactly(0, 50, 99, 100, 149, 199);
    assertThat(shop.names()).hasSize(194).startsWith("e1", "e2");
  }

  @Test
  void a_batch_of_bad_rows_alone_writes_nothing() {
    var answer = shop.sendBatch(List.of(track(""), track("session_start"), row("alias", Map.of())));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isZero();
    assertThat(rejected(answer)).containsExactly(0, 1, 2);
    assertThat(shop.rows("event", "name")).isEmpty();
    assertThat(shop.rows("session", "id")).isEmpty();
  }

  @Test
  void a_row_that_the_database_refuses_is_internal_and_the_others_are_stored() {
    shop.server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute(
              """
              create function refuse_poison() returns trigger language plpgsql as $$
              begin
                raise exception 'poison' using errcode = 'check_violation';
              end $$
              """);
          return handle.execute(
              """
              create trigger poison before insert on event for each row
              when (new.name = 'poison') execute function refuse_poison()
              """);
        });
    var answer = shop.sendBatch(List.of(track("before"), track("poison"), track("after")));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(rejected(answer)).containsExactly(1);
    assertThat(answer.json().at("/rejected/0/reason").asString()).isEqualTo("internal");
    assertThat(shop.names()).containsExactly("before", "after");

    var single = shop.send(track("poison"));
    assertThat(single.status()).isEqualTo(500);
    assertThat(single.body()).isEqualTo("Internal server error");
  }

  @Test
  void events_and_people_of_one_batch_are_all_stored() {
    var answer =
        shop.sendBatch(
            List.of(
                track("before"),
                row("identify", Map.of("profileId", "u1", "firstName", "Ada")),
                row("track", Map.of("name", "after", "profileId", "u1"))));

    assertThat(answer.json().get("accepted").asInt()).isEqualTo(3);
    assertThat(shop.names()).containsExactly("before", "after");
    assertThat(shop.rows("profile", "first_name")).contains("Ada");
    assertThat(shop.rows("profile", "id")).contains("u1");
  }

  @Test
  void the_order_of_rows_is_the_order_in_which_they_take_effect() {
    var answer =
        shop.sendBatch(
            List.of(
                row("increment", Map.of("profileId", "u2", "property", "logins")),
                row("identify", Map.of("profileId", "u2", "properties", Map.of("logins", 1))),
                row("increment", Map.of("profileId", "u2", "property", "logins", "value", 4)),
                row("identify", Map.of("profileId", "u2", "firstName", "Ada")),
                row("identify", Map.of("profileId", "u2", "firstName", "Grace"))));

    assertThat(rejected(answer)).containsExactly(0);
    assertThat(error(answer, 0)).isEqualTo("Profile not found");
    assertThat(shop.rows("profile", "properties ->> 'logins'")).containsExactly("5");
    assertThat(shop.rows("profile", "first_name")).containsExactly("Grace");
  }

  @Test
  void five_days_is_the_age_at_which_an_event_is_refused() {
    var answer =
        shop.sendBatch(
            List.of(
                aged(Duration.ofDays(5)),
                aged(Duration.ofDays(5).plusMillis(1)),
                aged(Duration.ofDays(5).minusMinutes(1)),
                aged(Duration.ofDays(5).plusMinutes(1))));

    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(rejected(answer)).containsExactly(1, 3);
    assertThat(error(answer, 0)).isEqualTo("event timestamp older than 5 days");

    var single = shop.send(aged(Duration.ofDays(5).plusMinutes(1)));
    assertThat(single.status()).isEqualTo(400);
    assertThat(single.json().get("message").asString())
        .isEqualTo("event timestamp older than 5 days");
  }

  @Test
  void the_age_of_a_queued_identification_does_not_matter() {
    var properties = Map.of("__timestamp", T.minus(Duration.ofDays(30)).toString());
    var answer =
        shop.sendBatch(
            List.of(
                row("identify", Map.of("profileId", "u3", "properties", properties)),
                row(
                    "group",
                    Map.of("id", "g", "type", "team", "name", "G", "properties", properties))));

    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
  }

  private static Map<String, Object> aged(Duration age) {
    return track("aged", Map.of("__deviceId", "d", "__timestamp", T.minus(age).toString()));
  }

  @Test
  void a_named_event_is_stored_once_and_one_without_a_name_every_time() {
    var rows =
        List.of(
            track("named", Map.of("__insertId", "a")),
            row("track", Map.of("name", "numbered", "id", "b")),
            track("nameless"));
    var first = shop.sendBatch(rows);
    var second = shop.sendBatch(rows);

    assertThat(first.json().get("accepted").asInt()).isEqualTo(3);
    assertThat(second.status()).isEqualTo(202);
    assertThat(second.json().get("accepted").asInt()).isEqualTo(3);
    assertThat(shop.names()).containsExactlyInAnyOrder("named", "numbered", "nameless", "nameless");
    assertThat(String.join("", shop.events("properties"))).doesNotContain("__insertId");

    var long65 = shop.sendBatch(List.of(track("long", Map.of("__insertId", "x".repeat(65)))));
    assertThat(error(long65, 0)).startsWith("payload.properties.__insertId: ");
  }

  @Test
  void the_other_envelope_is_a_batch_as_well() {
    var rows = List.of(track("one"), track(""), track("two"));
    var answer = shop.send(Map.of("type", "batch", "payload", rows));

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(rejected(answer)).containsExactly(1);

    // The payload may come first.
    var turned =
        shop.trusted("/track")
            .body(
                "{\"payload\":[{\"payload\":{\"name\":\"three\"},\"type\":\"track\"}],"
                    + "\"type\":\"batch\"}")
            .send();
    assertThat(turned.json().get("accepted").asInt()).isOne();
    assertThat(shop.names()).containsExactly("one", "two", "three");

    for (Object payload : List.of(List.of(), Map.of(), Collections.nCopies(2_001, track("x")))) {
      assertThat(shop.send(Map.of("type", "batch", "payload", payload)).status()).isEqualTo(400);
    }
  }
}

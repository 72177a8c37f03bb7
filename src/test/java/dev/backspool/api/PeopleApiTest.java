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

/** People and groups over HTTP. */
final class PeopleApiTest {
  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
    Instant start = RecentVisit.begun(Duration.ofMinutes(10), Duration.ofSeconds(2));
    new Tracker(server, project, "d-ada")
        .by("ada")
        .event("look", start)
        .event("revenue", start.plusSeconds(1), "/", "{}", 1_250L)
        .event("revenue", start.plusSeconds(2), "/", "{}", 50L)
        .store();
    new Tracker(server, project, "d-ada")
        .by("ada")
        .identify("Ada", "Lovelace", "ada@example.com")
        .group("acme", "company", "Acme, Inc.")
        .group("acme/ops", "team", "Operations 100%")
        .assign("acme", "acme/ops")
        .store();
    new Tracker(server, project, "d-bob")
        .by("bob|1")
        .identify("Bob", "Fisher", "bob@example.com")
        .assign("acme")
        .store();
    // Somebody who is no more than a device, put into a group.
    new Tracker(server, project, "d-carl").event("look", start).assign("beta").store();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode get(String path) {
    var answer = server.get("/api/projects/" + project.id() + path).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static List<String> ids(JsonNode list) {
    var ids = new ArrayList<String>();
    list.forEach(each -> ids.add(each.get("id").asString()));
    return ids;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "q=lovelace; ada",
        "q=ADA@; ada",
        "q=a l; ada",
        "q=bob|; bob|1",
        "q=%; ",
        "group=acme; bob|1 ada",
        "group=acme/ops; ada",
        "group=beta; d-carl",
        "group=none; ",
        "group=acme&q=fish; bob|1",
      })
  void people_are_found_by_name_and_by_group(String query, String people) {
    String address =
        query.replace("%", "%25").replace("|", "%7C").replace(" ", "+").replace("/", "%2F");

    assertThat(ids(get("/profiles?" + address).get("profiles")))
        .containsExactlyInAnyOrderElementsOf(
            people == null ? List.of() : List.of(people.split(" ")));
  }

  @Test
  void a_person_is_shown_with_what_they_did_in_all() {
    JsonNode person = get("/profiles/ada");

    assertThat(person.propertyNames())
        .containsExactly(
            "id",
            "first_name",
            "last_name",
            "email",
            "avatar",
            "properties",
            "groups",
            "first_seen_at",
            "last_seen_at",
            "sessions",
            "events",
            "revenue");
    assertThat(person.get("first_name").asString()).isEqualTo("Ada");
    assertThat(person.get("email").asString()).isEqualTo("ada@example.com");
    assertThat(person.get("properties").get("plan").asString()).isEqualTo("pro");
    assertThat(person.get("groups").toString()).isEqualTo("[\"acme\",\"acme/ops\"]");
    assertThat(person.get("sessions").asLong()).isOne();
    // With the start of the session.
    assertThat(person.get("events").asLong()).isEqualTo(4);
    assertThat(person.get("revenue").asLong()).isEqualTo(1_300);
    assertThat(get("/events?profile=ada").get("events").size()).isEqualTo(4);
    assertThat(get("/sessions?profile_id=ada").get("sessions").size()).isOne();
  }

  @Test
  void somebody_anonymous_is_known_by_the_device() {
    JsonNode person = get("/profiles/d-carl");

    assertThat(person.get("sessions").asLong()).isOne();
    assertThat(person.get("events").asLong()).isEqualTo(2);
    assertThat(get("/events?profile=d-carl").get("events").size()).isEqualTo(2);
    assertThat(get("/sessions?profile_id=d-carl").get("sessions").size()).isOne();
  }

  @Test
  void an_id_may_be_any_text() {
    assertThat(get("/profiles/" + encoded("bob|1")).get("first_name").asString()).isEqualTo("Bob");
    assertThat(get("/groups/" + encoded("acme/ops")).get("type").asString()).isEqualTo("team");
  }

  @Test
  void a_group_is_shown_with_its_size() {
    JsonNode group = get("/groups/acme");

    assertThat(group.propertyNames())
        .containsExactly(
            "id", "type", "name", "properties", "created_at", "updated_at", "profiles");
    assertThat(group.get("type").asString()).isEqualTo("company");
    assertThat(group.get("name").asString()).isEqualTo("Acme, Inc.");
    assertThat(group.get("properties").toString()).isEqualTo("{\"seats\": \"5\"}".replace(" ", ""));
    assertThat(group.get("profiles").asLong()).isEqualTo(2);
    assertThat(get("/groups?type=company").get("groups").get(0)).isEqualTo(group);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "type=team; acme/ops",
        "type=tea; ",
        "q=INC; acme",
        "q=acme; acme acme/ops",
        "q=100%25; acme/ops",
        "; acme acme/ops",
      })
  void groups_are_found_by_type_and_name(String query, String groups) {
    assertThat(ids(get("/groups?" + (query == null ? "" : query)).get("groups")))
        .containsExactlyInAnyOrderElementsOf(
            groups == null ? List.of() : List.of(groups.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"profiles", "groups"})
  void pages_hold_each_one_once_though_others_come_meanwhile(String kind) {
    Project busy = server.project();
    String list = "/api/projects/" + busy.id() + "/" + kind + "?limit=2";
    for (int i = 0; i < 5; i++) {
      add(busy, kind, "n " + i);
    }
    var seen = new ArrayList<String>();
    String cursor = "";
    while (cursor != null) {
      JsonNode page = server.get(list + cursor).admin().send().json();
      seen.addAll(ids(page.get(kind)));
      cursor =
          page.get("next_cursor").isNull() ? null : "&cursor=" + page.get("next_cursor").asString();
      add(busy, kind, "later " + seen.size());
    }

    assertThat(seen).containsExactly("n 4", "n 3", "n 2", "n 1", "n 0");
  }

  private static void add(Project to, String kind, String id) {
    var tracker = new Tracker(server, to, "d").by(id);
    if (kind.equals("groups")) {
      tracker.group(id, "team", id).store();
    } else {
      tracker.identify("A", "B", "a@example.com").store();
    }
  }

  @Test
  void what_is_not_there_is_404_and_a_wrong_parameter_400() {
    for (String path : List.of("/profiles/nobody", "/groups/none", "/profiles/ada%00")) {
      var answer = server.get("/api/projects/" + project.id() + path).admin().send();
      assertThat(answer.status()).as(path).isIn(400, 404);
      if (!path.endsWith("%00")) {
        assertThat(answer.json().get("code").asString()).endsWith("_not_found");
      }
    }
    for (String path : List.of("/profiles?limit=0", "/profiles?cursor=x", "/groups?cursor=x")) {
      var answer = server.get("/api/projects/" + project.id() + path).admin().send();
      assertThat(answer.status()).as(path).isEqualTo(400);
      assertThat(answer.json().at("/errors/0/field").asString())
          .isEqualTo(path.replaceAll(".*\\?|=.*", ""));
    }
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Following analytics events as they are committed, over a real connection. */
@Timeout(60)
final class LiveEventsTest {
  private TestServer server;
  private Project project;

  @BeforeEach
  void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private EventStream follow(String query) throws IOException {
    return new EventStream(server, project, "events/live" + query, null);
  }

  private EventStream resume(String query, String lastId) throws IOException {
    return new EventStream(server, project, "events/live" + query, lastId);
  }

  private void store(String name) {
    new Tracker(server, project, "d1").event(name, Instant.now()).store();
  }

  private JsonNode listed(String name) {
    return server
        .get("/api/projects/" + project.id() + "/events?name=" + name)
        .admin()
        .send()
        .json()
        .at("/events/0");
  }

  @Test
  void an_event_is_told_as_the_list_shows_it() throws IOException {
    store("before");
    try (var stream = follow("");
        var second = follow("?name=signup")) {
      store("signup");

      assertThat(stream.next("event")).isEqualTo(listed("signup"));
      assertThat(second.next("event")).isEqualTo(listed("signup"));
    }
  }

  @Test
  void each_client_is_told_what_its_filter_lets_through() throws IOException {
    try (var byName = follow("?name=b&name=c");
        var byProfile = follow("?profile=u1");
        var byDevice = follow("?device=d2");
        var byGroup = follow("?group=acme");
        var byText = follow("?q=CART");
        var byPath = follow("?path=/cart/1");
        var byProperty = follow("?property.plan=pro")) {
      Instant now = Instant.now();
      new Tracker(server, project, "d1").event("a", now, "/", "{\"plan\":\"free\"}").store();
      new Tracker(server, project, "d1").event("b", now, "/", "{\"plan\":\"pro\"}").store();
      new Tracker(server, project, "d2").by("u1", "acme").event("d", now, "/cart/1", "{}").store();

      assertThat(byName.next("event").get("name").asString()).isEqualTo("b");
      assertThat(byProperty.next("event").get("name").asString()).isEqualTo("b");
      for (EventStream stream : List.of(byProfile, byDevice, byGroup, byText, byPath)) {
        JsonNode first = stream.next("event");
        assertThat(first.get("device_id").asString()).isEqualTo("d2");
        JsonNode second = stream.next("event");
        assertThat(List.of(first.get("name").asString(), second.get("name").asString()))
            .containsExactlyInAnyOrder("session_start", "d");
      }
    }
  }

  @Test
  void another_projects_events_are_not_told() throws IOException {
    try (var stream = follow("?name=bought")) {
      new Tracker(server, server.project(), "d1").event("bought", Instant.now()).store();
      store("bought");

      assertThat(stream.next("event").get("id").asString())
          .isEqualTo(listed("bought").get("id").asString());
    }
  }

  @Test
  void many_writers_at_once_lose_and_double_nothing() throws Exception {
    int writers = 4;
    int each = 60;
    try (var stream = follow("?name=tick")) {
      var threads = new ArrayList<Thread>();
      for (int w = 0; w < writers; w++) {
        var tracker = new Tracker(server, project, "device-" + w);
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  for (int i = 0; i < each; i++) {
                    tracker.event("tick", Instant.now()).store();
                  }
                }));
      }
      var told = new ArrayList<String>();
      while (told.size() < writers * each) {
        told.add(stream.next("event").get("id").asString());
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(told)
          .doesNotHaveDuplicates()
          .containsExactlyInAnyOrderElementsOf(
              server.column("select id::text from event where name = 'tick'"));
    }
  }

  @Test
  void an_event_that_is_committed_long_after_its_receipt_is_told() throws IOException {
    try (var stream = follow("")) {
      insert(1, "late", "now() - interval '20 s'");

      assertThat(stream.next("event").get("name").asString()).isEqualTo("late");
    }
  }

  private void insert(int count, String name, String receivedAt) {
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into event (project_id, id, at, received_at, name, properties)
                select ?, i, now(), %s, ?, '{}' from generate_series(1, ?) i
                """
                    .formatted(receivedAt),
                project.id(),
                name,
                count));
  }

  @Test
  void a_client_is_told_how_many_it_is_not_sent() throws IOException {
    try (var stream = follow("?name=flood")) {
      insert(6_000, "flood", "now()");

      assertThat(stream.next("skipped").get("count").asLong()).isEqualTo(5_000);
      for (int id = 5_001; id <= 6_000; id++) {
        assertThat(stream.next("event").get("id").asString()).isEqualTo("" + id);
      }
    }
  }

  @Test
  void a_client_that_comes_back_gets_what_it_missed() throws IOException {
    String lastId;
    try (var stream = follow("?name=told&name=missed")) {
      store("told");
      stream.next("event");
      lastId = stream.lastId();
    }
    store("missed");
    store("other");
    try (var stream = resume("?name=missed", lastId)) {
      assertThat(stream.next("event")).isEqualTo(listed("missed"));
      new Tracker(server, project, "d9").event("missed", Instant.now(), "/next", "{}").store();
      assertThat(stream.next("event").get("path").asString()).isEqualTo("/next");
    }
    insert(1_500, "missed", "now()");
    try (var stream = resume("?name=missed", lastId)) {
      assertThat(stream.next("skipped").get("count").asLong()).isEqualTo(502);
      assertThat(stream.next("event").get("name").asString()).isEqualTo("missed");
    }
  }

  @Test
  void a_wrong_last_id_is_named() {
    var answer =
        server
            .get("/api/projects/" + project.id() + "/events/live")
            .admin()
            .header("Last-Event-ID", "7")
            .send();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("Last-Event-ID");
  }

  @Test
  void open_streams_are_counted_and_end_whole_when_the_server_stops() throws IOException {
    try (var stream = follow("")) {
      assertThat(server.get("/metrics").admin().send().body()).contains("backspool_live_views 1");
      server.close();

      stream.readToTheEnd();
    }
  }
}

package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.project.Projects;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.TestArchive;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The read side over replays whose chunks lie in the archive. */
final class ArchivedReplaysTest {
  private static final String REPLAYS = "/api/v1/session-replays/";

  private static TestArchive archive;
  private static TestServer server;

  private Projects.WithSecret shop;

  @BeforeAll
  static void start() {
    archive = TestArchive.directory(true);
    server = archive.server();
  }

  @AfterAll
  static void stop() {
    archive.close();
  }

  @BeforeEach
  void makeProject() {
    shop = server.server().projects().create("Shop", "web");
  }

  private TestServer.Answer get(String path) {
    return server
        .get(REPLAYS + path)
        .header("X-Stack-Project-Id", shop.project().id().toString())
        .header("X-Stack-Access-Type", "server")
        .header("X-Stack-Secret-Server-Key", shop.clientSecret())
        .send();
  }

  private JsonNode json(String path) {
    var answer = get(path);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  /** Six chunks of two page loads in turns. */
  private String sixChunks() {
    Batch one = Batch.first();
    Batch other = Batch.first().with("browser_session_id", one.get("browser_session_id"));
    String replay = "";
    long now = System.currentTimeMillis();
    for (int i = 0; i < 3; i++) {
      for (Batch batch : List.of(one, other)) {
        long at = now - 1_000 + i * 100L + (batch == one ? 0 : 50);
        Batch next = batch.next().with("sent_at_ms", now).events(List.of(Batch.move(at)));
        var answer = next.send(server, shop.project(), null);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        replay = answer.json().get("session_replay_id").asString();
      }
    }
    return replay;
  }

  private Part archive(String replay, Predicate<Frame> which) {
    return archive.archive(shop.project().id(), replay, which);
  }

  private List<String> everyView(String replay) {
    var views = new ArrayList<String>();
    JsonNode events = json(replay + "/events");
    views.add(events.toPrettyString());
    String cursor = "";
    do {
      JsonNode page = json(replay + "/chunks?limit=4" + cursor);
      views.add(page.toPrettyString());
      JsonNode next = page.at("/pagination/next_cursor");
      cursor = next.isNull() ? "" : "&cursor=" + next.asString();
    } while (!cursor.isEmpty());
    for (JsonNode chunk : events.get("chunks")) {
      views.add(json(replay + "/chunks/" + chunk.get("id").asString() + "/events").toString());
    }
    views.add(json(replay + "/events?offset=2&limit=3").get("chunk_events").toString());
    return views;
  }

  @Test
  void archived_chunks_and_live_ones_read_alike_in_the_same_order() {
    String replay = sixChunks();
    List<String> live = everyView(replay);
    assertThat(json(replay + "/chunks").get("items")).hasSize(6);

    archive(replay, frame -> frame.ordinal() == 1);
    assertThat(everyView(replay)).isEqualTo(live);

    archive(replay, _ -> true);
    assertThat(everyView(replay)).isEqualTo(live);
  }

  // B17
  @Test
  void a_lost_object_is_a_gap_between_the_others() {
    String replay = sixChunks();
    JsonNode whole = json(replay + "/events");
    String gone = whole.at("/chunks/2/id").asString();
    archive.lose(archive(replay, frame -> Long.toString(frame.n()).equals(gone)));

    JsonNode rest = json(replay + "/events");

    assertThat(rest.get("chunks")).hasSize(5);
    assertThat(rest.get("chunk_events")).hasSize(5);
    assertThat(rest.get("gaps")).hasSize(1);
    assertGap(rest.at("/gaps/0"), whole.at("/chunks/2"), null, 1, "missing");
    assertThat(json(replay + "/chunks").get("gaps")).isEqualTo(rest.get("gaps"));
    assertThat(get(replay + "/chunks/" + gone + "/events").status()).isEqualTo(404);
    assertThat(get(replay + "/chunks?cursor=" + gone).status()).isEqualTo(404);
  }

  @Test
  void a_damaged_chunk_is_named_and_the_others_are_whole() {
    String replay = sixChunks();
    JsonNode whole = json(replay + "/events");
    String damaged = whole.at("/chunks/2/id").asString();
    archive.flip(archive(replay, frame -> Long.toString(frame.n()).equals(damaged)), 60);
    archive(replay, _ -> true);

    JsonNode rest = json(replay + "/events");

    assertThat(rest.get("chunks")).isEqualTo(whole.get("chunks"));
    assertThat(rest.get("gaps")).hasSize(1);
    assertGap(rest.at("/gaps/0"), whole.at("/chunks/2"), damaged, null, "damaged");
    assertThat(rest.at("/chunk_events/2/events")).isEmpty();
    for (int i : List.of(0, 1, 3, 4, 5)) {
      assertThat(rest.at("/chunk_events/" + i)).isEqualTo(whole.at("/chunk_events/" + i));
    }
    assertThat(get(replay + "/chunks/" + damaged + "/events").status()).isEqualTo(404);
  }

  @Test
  void while_the_archive_is_away_clients_are_told_to_come_back() {
    String replay = sixChunks();
    List<String> live = everyView(replay);
    JsonNode whole = json(replay + "/events");
    String away = whole.at("/chunks/0/id").asString();
    String there = whole.at("/chunks/1/id").asString();
    archive(replay, frame -> Long.toString(frame.n()).equals(away));

    archive.goAway();
    try {
      JsonNode rest = json(replay + "/events");
      assertThat(rest.get("chunk_events")).hasSize(5);
      assertGap(rest.at("/gaps/0"), whole.at("/chunks/0"), null, 0, "unavailable");
      for (String path : List.of("/chunks/" + away + "/events", "/chunks?cursor=" + away)) {
        var answer = get(replay + path);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).isEqualTo("5");
      }
      assertThat(get(replay + "/chunks/" + there + "/events").status()).isEqualTo(200);
      assertThat(get(replay + "/chunks?cursor=" + there).status()).isEqualTo(200);
    } finally {
      archive.comeBack();
    }
    assertThat(everyView(replay)).isEqualTo(live);
  }

  @Test
  void very_many_holes_are_not_all_named() {
    String replay = sixChunks();
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update tab set chunk_count = 5000 where session_id = cast(? as uuid)", replay));

    assertThat(json(replay + "/events").get("gaps")).hasSize(1_000);
  }

  private static void assertGap(
      JsonNode gap,
      JsonNode chunk,
      @org.jspecify.annotations.Nullable String id,
      @org.jspecify.annotations.Nullable Integer place,
      String reason) {
    var expected = new java.util.HashMap<String, Object>(Map.of("reason", reason));
    expected.put("session_replay_segment_id", chunk.get("session_replay_segment_id").asString());
    expected.put("chunk_id", id);
    expected.put("place", place);
    assertThat(gap).isEqualTo(TestServer.JSON.valueToTree(expected));
  }
}

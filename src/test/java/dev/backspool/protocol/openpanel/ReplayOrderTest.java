package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Tracking.T;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.event.SessionIds;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order chunks play that the contract tells apart by times and an index alone. */
final class ReplayOrderTest {
  private static final int META = 4;
  private static final int FULL_SNAPSHOT = 2;
  private static final int INCREMENTAL = 3;
  private static final long AT = T.toEpochMilli() - 20_000;

  private final Tracking tracking = new Tracking();

  @AfterEach
  void stop() {
    tracking.close();
  }

  private static Map<String, Object> event(int type, long after) {
    Map<String, Object> data =
        switch (type) {
          case META -> Map.of("href", "https://shop.example.com/", "width", 800, "height", 600);
          case FULL_SNAPSHOT ->
              Map.of(
                  "node",
                  Map.of("type", 0, "childNodes", List.of(), "id", 1),
                  "initialOffset",
                  Map.of("top", 0, "left", 0));
          default -> Map.of("source", 3, "id", 1, "x", 0, "y", 40);
        };
    return Map.of("type", type, "timestamp", AT + after, "data", data);
  }

  private void chunk(int index, List<Map<String, Object>> events) {
    tracking.send(
        Map.of(
            "type",
            "replay",
            "payload",
            Map.of(
                "chunk_index",
                index,
                "events_count",
                events.size(),
                "is_full_snapshot",
                true,
                "started_at",
                T.minusSeconds(20).toString(),
                "ended_at",
                T.minusSeconds(10).toString(),
                "payload",
                TestServer.JSON.writeValueAsString(events))));
  }

  private List<String> played(UUID session) {
    var events = new ArrayList<String>();
    tracking
        .server
        .get(
            "/api/projects/%s/sessions/%s/recording/events"
                .formatted(tracking.project.id(), session))
        .admin()
        .send()
        .body()
        .lines()
        .map(TestServer.JSON::readTree)
        .forEach(
            event -> events.add(event.get("type") + "+" + (event.get("timestamp").asLong() - AT)));
    return events;
  }

  @Test
  void a_checkpoint_cut_in_two_plays_in_its_order_however_the_chunks_arrived() {
    String id = tracking.send(Tracking.row(null, null, "x", null)).get("sessionId").asString();
    chunk(3, List.of(event(INCREMENTAL, 5_000)));
    chunk(2, List.of(event(FULL_SNAPSHOT, 4_000)));
    chunk(1, List.of(event(INCREMENTAL, 4_000), event(META, 4_000)));
    chunk(0, List.of(event(META, 0), event(FULL_SNAPSHOT, 1)));
    // The page is loaded again.
    chunk(0, List.of(event(META, 9_000), event(FULL_SNAPSHOT, 9_001)));

    assertThat(played(Objects.requireNonNull(SessionIds.parse(id))))
        .containsExactly("4+0", "2+1", "3+4000", "4+4000", "2+4000", "3+5000", "4+9000", "2+9001");
  }
}

package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.Project;
import dev.backspool.api.Visit;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Where nothing is wrong, nothing is found. */
final class CleanDataTest {
  private static void assertTaken(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isBetween(200, 299);
  }

  private static Map<String, Object> event(long at, int type, Map<String, Object> data) {
    return Map.of("type", type, "timestamp", at, "data", data);
  }

  private static List<Map<String, Object>> page(long at) {
    return List.of(
        event(at, 4, Map.of("href", "https://shop.example.com/", "width", 800, "height", 600)),
        event(at, 2, Map.of("node", Map.of("type", 0, "childNodes", List.of(), "id", 1))),
        event(at + 10, 3, Map.of("source", 2, "type", 2, "id", 1, "x", 5, "y", 6)));
  }

  /** Everything that a project may be sent, by each of the contracts. */
  private static void useEveryContract(TestServer server, Projects.WithSecret shop, String name) {
    Project project = shop.project();
    long now = System.currentTimeMillis();
    assertTaken(
        server
            .post("/v1/events")
            .bearer(project.sdkKey())
            .header("User-Agent", Visit.CHROME)
            .json(
                Map.of(
                    "session_id",
                    name,
                    "events",
                    List.of(
                        Map.of("name", "screen_view", "path", "/a"),
                        Map.of("name", "purchase", "revenue", 1200))))
            .send());
    assertTaken(
        server
            .post("/api/snapshots/ingest")
            .json(
                Map.of(
                    "sdk_key",
                    project.sdkKey(),
                    "session_id",
                    "sess_" + name,
                    "snapshots",
                    page(now),
                    "snapshot_count",
                    3,
                    "is_initial_snapshot",
                    true))
            .send());
    openPanel(server, shop, name, now);
    stackAuth(server, project, now);
  }

  private static void openPanel(
      TestServer server, Projects.WithSecret shop, String name, long now) {
    for (Map<String, Object> row :
        List.<Map<String, Object>>of(
            Map.of(
                "type",
                "track",
                "payload",
                Map.of(
                    "name",
                    "screen_view",
                    "properties",
                    Map.of("__path", "https://shop.example.com/a", "__deviceId", name))),
            Map.of(
                "type",
                "track",
                "payload",
                Map.of(
                    "name", "revenue", "properties", Map.of("__revenue", 500, "__deviceId", name))),
            Map.of("type", "identify", "payload", Map.of("profileId", "u-" + name)),
            Map.of(
                "type",
                "replay",
                "payload",
                Map.of(
                    "chunk_index",
                    0,
                    "events_count",
                    3,
                    "is_full_snapshot",
                    true,
                    "started_at",
                    Instant.ofEpochMilli(now).toString(),
                    "ended_at",
                    Instant.ofEpochMilli(now + 1_000).toString(),
                    "payload",
                    TestServer.JSON.writeValueAsString(page(now)))))) {
      assertTaken(
          server
              .post("/track")
              .header("openpanel-client-id", shop.project().clientId().toString())
              .header("openpanel-client-secret", shop.clientSecret())
              .header("User-Agent", Visit.CHROME)
              .json(row)
              .send());
    }
  }

  private static void stackAuth(TestServer server, Project project, long now) {
    String segment = UUID.randomUUID().toString();
    var replay = new LinkedHashMap<String, Object>();
    replay.put("browser_session_id", UUID.randomUUID());
    replay.put("session_replay_segment_id", segment);
    replay.put("batch_id", UUID.randomUUID());
    replay.put("started_at_ms", now);
    replay.put("sent_at_ms", now);
    replay.put("events", page(now));
    var events =
        Map.of(
            "session_replay_segment_id",
            segment,
            "batch_id",
            UUID.randomUUID(),
            "sent_at_ms",
            now,
            "events",
            List.of(
                Map.of(
                    "event_type",
                    "$page-view",
                    "event_at_ms",
                    now,
                    "data",
                    Map.of("url", "https://shop.example.com/lamps", "path", "/lamps"))));
    for (var call :
        List.of(
            Map.entry("/api/v1/session-replays/batch", replay),
            Map.entry("/api/v1/analytics/events/batch", events))) {
      assertTaken(
          server
              .post(call.getKey())
              .header("X-Stack-Project-Id", project.id().toString())
              .header("X-Stack-Access-Type", "client")
              .header("X-Stack-Publishable-Client-Key", project.publishableKey())
              .json(call.getValue())
              .send());
    }
  }

  @Test
  void data_of_every_contract_live_archived_and_in_two_parts_is_clean() throws Exception {
    try (Workshop workshop = Workshop.open()) {
      TestServer server = workshop.studio.server;
      Projects.WithSecret shop = server.server().projects().create("All", "web");
      workshop.project = shop.project();
      workshop.studio.sample("grid");
      useEveryContract(server, shop, "first");
      Visit visit = workshop.archived("in-parts");
      visit.click(9_000).upload("&seq=1");
      workshop.studio.archive();
      assertThat(workshop.text("select max(part_count) from session")).isEqualTo("2");
      useEveryContract(server, shop, "second");
      visit.click(10_000).upload("&seq=2");

      Verified all = Verified.of(server, new Options(null, false, false));
      assertThat(all.findings()).isEmpty();
      assertThat(all.summary().clean()).isTrue();
      assertThat(all.summary().sessions()).isEqualTo(server.count("select count(*) from session"));
      assertThat(all.summary().objects())
          .isEqualTo(server.count("select count(*) from recording_part"))
          .isPositive();
      assertThat(all.summary().listed()).isEqualTo(all.summary().objects());
      assertThat(all.summary().uploads())
          .isEqualTo(server.count("select sum(chunk_count) from session"));
      assertThat(all.summary().events())
          .isEqualTo(server.count("select sum(tracked_count) from session"))
          .isPositive();
      assertThat(all.summary().bytes())
          .isEqualTo(
              server.count(
                  "select (select sum(bytes) from recording_part) + (select sum(hot_bytes) from session)"));
    }
  }

  @Test
  void what_is_wrong_for_a_moment_is_not_told() throws Exception {
    try (Workshop workshop = Workshop.open()) {
      Visit visit = workshop.live("passing");
      workshop.sql("update session set hot_chunks = 9");
      Thread setsRight =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  Thread.sleep(Duration.ofMillis(700));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                workshop.sql("update session set hot_chunks = 3");
              });
      Verified verified =
          Verified.of(
              workshop.studio.server,
              new Options(workshop.project.id(), true, false),
              Duration.ofSeconds(3));
      setsRight.join();
      assertThat(verified.findings()).isEmpty();
      assertThat(verified.summary().sessions()).isOne();
      assertThat(visit.id()).isNotEmpty();
    }
  }

  @Test
  void whoever_watches_may_end_it_and_the_next_one_need_not_wait() throws Exception {
    try (Workshop workshop = Workshop.open()) {
      workshop.archived("watched");
      var url = new ArchiveUrl.Directory(workshop.studio.server.folder().resolve("archive"));
      try (var archives = new Archives(Archive.open(url, null), null)) {
        var seen = new ArrayList<Progress.Step>();
        var verification =
            new Verification(
                workshop.studio.server.server().postgres(),
                archives,
                new Options(null, false, false));
        var leaves =
            new Watcher() {
              @Override
              public void progress(Progress progress) {
                seen.add(progress.step());
                if (progress.step() == Progress.Step.REFERENCES) {
                  verification.end();
                }
              }

              @Override
              public void found(Finding finding) {}
            };
        assertThatThrownBy(() -> verification.run(leaves)).isInstanceOf(Verification.Ended.class);
        assertThat(seen).contains(Progress.Step.SESSIONS).doesNotContain(Progress.Step.ARCHIVE);
      }
      workshop.assertClean();
    }
  }

  /** Uploads, ends, archives, merges, deletes: all at once, and never a finding. */
  @Test
  void a_server_under_load_is_clean() throws Exception {
    try (var server = TestServer.start(Map.of("BACKSPOOL_ARCHIVE_AFTER", "PT1S"));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Projects.WithSecret shop = server.server().projects().create("Busy", "web");
      var stop = new AtomicBoolean();
      var load = new ArrayList<Future<Integer>>();
      for (int client = 0; client < 4; client++) {
        int number = client;
        load.add(clients.submit(() -> visits(server, shop, number, stop)));
      }
      load.add(clients.submit(() -> projectsThatGo(server, stop)));

      long archivedBefore = 0;
      try {
        for (int run = 0; run < 6; run++) {
          Verified verified =
              Verified.of(server, new Options(null, false, run % 3 == 2), Duration.ofSeconds(1));
          assertThat(verified.findings()).isEmpty();
          archivedBefore = verified.summary().objects();
        }
      } finally {
        stop.set(true);
      }
      for (Future<Integer> each : load) {
        assertThat(each.get()).isPositive();
      }
      assertThat(archivedBefore).isPositive();
    }
  }

  private static int visits(
      TestServer server, Projects.WithSecret shop, int client, AtomicBoolean stop) {
    var random = new Random(client);
    int visits = 0;
    for (; !stop.get(); visits++) {
      String name = "v-%d-%d".formatted(client, visits);
      Visit visit =
          new Visit(server, shop.project(), name).page(0, "https://shop.example.com/" + name);
      visit.upload("&seq=0");
      for (int upload = 1; upload < 1 + random.nextInt(12); upload++) {
        for (int click = 0; click < 1 + random.nextInt(40); click++) {
          visit.click(upload * 1_000L + click);
        }
        visit.upload("&seq=" + upload);
      }
      useEveryContract(server, shop, name);
    }
    return visits;
  }

  private static int projectsThatGo(TestServer server, AtomicBoolean stop)
      throws InterruptedException {
    int gone = 0;
    for (; !stop.get(); gone++) {
      Projects.WithSecret shop = server.server().projects().create("Going", "web");
      useEveryContract(server, shop, "going-" + gone);
      Thread.sleep(1_200);
      server.server().projects().delete(shop.project().id());
    }
    return gone;
  }
}

package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.api.Visit;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.server.TestServer;
import dev.backspool.session.Opener;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            .header("Backspool-Client-Secret", shop.clientSecret())
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
    String session =
        openPanel(
                server,
                shop,
                "track",
                Map.of(
                    "name",
                    "screen_view",
                    "properties",
                    Map.of("__path", "https://shop.example.com/a", "__deviceId", name)))
            .json()
            .get("sessionId")
            .asString();
    openPanel(
        server,
        shop,
        "track",
        Map.of("name", "revenue", "properties", Map.of("__revenue", 500, "__deviceId", name)));
    openPanel(server, shop, "identify", Map.of("profileId", "u-" + name));
    openPanel(
        server,
        shop,
        "replay",
        Map.of(
            "sessionId",
            session,
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
            TestServer.JSON.writeValueAsString(page(now))));
  }

  private static TestServer.Answer openPanel(
      TestServer server, Projects.WithSecret shop, String type, Map<String, Object> payload) {
    TestServer.Answer answer =
        server
            .post("/track")
            .header("openpanel-client-id", shop.project().clientId().toString())
            .header("openpanel-client-secret", shop.clientSecret())
            .header("User-Agent", Visit.CHROME)
            .json(Map.of("type", type, "payload", payload))
            .send();
    assertTaken(answer);
    return answer;
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
      var findings = new ArrayList<Finding>();
      var setsRight =
          new Watcher() {
            @Override
            public void progress(Progress progress) {
              // The first look at the sessions is over then, and the second is seconds away.
              if (progress.step() == Progress.Step.REFERENCES) {
                workshop.sql("update session set hot_chunks = 3");
              }
            }

            @Override
            public void found(Finding finding) {
              findings.add(finding);
            }
          };
      try (var archives = workshop.studio.server.archives()) {
        Summary summary =
            new Verification(
                    workshop.studio.server.server().postgres(),
                    archives,
                    new Options(workshop.project.id(), true, false))
                .run(setsRight);
        assertThat(summary.sessions()).isOne();
      }
      assertThat(findings).isEmpty();
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

  /**
   * Uploads, ends, archives, merges, keeps, expires, moves to the cold tier, erases, imports,
   * deletes: all at once, and never a finding.
   */
  @Test
  void a_server_under_load_is_clean(@TempDir Path cold) throws Exception {
    try (var server =
            TestServer.start(
                Map.of(
                    "BACKSPOOL_ARCHIVE_AFTER",
                    "PT1S",
                    "BACKSPOOL_COLD_ARCHIVE_URL",
                    "file:" + cold));
        var archives = server.archives();
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Projects.WithSecret shop = server.server().projects().create("Busy", "web");
      var stop = new AtomicBoolean();
      var load = new ArrayList<Future<Integer>>();
      for (int client = 0; client < 4; client++) {
        int number = client;
        load.add(clients.submit(() -> visits(server, shop, number, stop)));
      }
      load.add(clients.submit(() -> projectsThatGo(server, stop)));
      load.add(clients.submit(() -> erased(server, stop)));
      load.add(clients.submit(() -> aged(server, stop)));
      load.add(clients.submit(() -> copied(server, stop)));

      long archivedBefore = 0;
      try {
        for (int run = 0; run < 6; run++) {
          Verified verified =
              Verified.of(
                  server, archives, new Options(null, false, run % 3 == 2), Duration.ofSeconds(1));
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
      assertThat(server.count("select count(*) from recording_part where cold")).isPositive();
      assertThat(server.count("select sum(recordings) from retention_run")).isPositive();
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

  private static TestServer.Answer ask(
      TestServer server, String method, Project project, String path) {
    return server.call(method, "/api/projects/" + project.id() + path).admin().send();
  }

  /** Visits that are erased when they are over, by the session or by the person. */
  private static int erased(TestServer server, AtomicBoolean stop) throws InterruptedException {
    Projects.WithSecret shop = server.server().projects().create("Forgetful", "web");
    int erased = 0;
    for (; !stop.get(); erased++) {
      String name = "e-" + erased;
      Visit visit =
          new Visit(server, shop.project(), name)
              .page(0, "https://shop.example.com/" + name)
              .upload();
      useEveryContract(server, shop, name);
      Thread.sleep(erased % 2 == 0 ? 0 : 1_500); // Some are archived by then.
      for (String what : List.of("/sessions/" + visit.id(), "/profiles/u-" + name)) {
        TestServer.Answer answer = ask(server, "DELETE", shop.project(), what);
        // What holds it up is the load; it then goes on by itself.
        assertThat(answer.status()).as(answer.body()).isIn(200, 503);
      }
    }
    return erased;
  }

  /** Recordings of long ago, of which some are kept, some expire, and all move to the cold tier. */
  private static int aged(TestServer server, AtomicBoolean stop) throws Exception {
    Project project = server.server().projects().create("Old", "web").project();
    var days = Map.of("recording_days", 31, "cold_after_days", 10);
    assertTaken(server.call("PATCH", "/api/projects/" + project.id()).admin().json(days).send());
    int visits = 0;
    for (; !stop.get(); visits++) {
      Instant at = Instant.now().minus(Duration.ofDays(visits % 2 == 0 ? 20 : 32));
      UUID session = click(server, project, "old-" + visits, at);
      if (visits % 4 == 0) {
        assertTaken(ask(server, "PUT", project, "/sessions/" + session + "/keep"));
      }
      if (visits % 10 == 9) {
        Thread.sleep(1_200);
        assertThat(ask(server, "POST", project, "/retention/run").status()).isIn(202, 409);
      }
    }
    return visits;
  }

  /** Stores a click as if it had been received at some time. */
  private static UUID click(TestServer server, Project project, String session, Instant at)
      throws Exception {
    String event =
        "{\"type\":3,\"data\":{\"source\":2,\"type\":2,\"id\":1},\"timestamp\":%d}"
            .formatted(at.toEpochMilli());
    Outcome outcome =
        server
            .server()
            .ingest()
            .store(
                new StoreChunk(
                    project.id(),
                    Source.BACKSPOOL,
                    new Opener.Named(session),
                    session,
                    "t",
                    0L,
                    at,
                    null,
                    0L,
                    Visitor.of(Visit.CHROME),
                    EventReader.block(
                        event.getBytes(StandardCharsets.UTF_8),
                        new Limits(10, 100, 1 << 10),
                        Manner.STRICT)));
    return ((Outcome.Stored) outcome).session();
  }

  /**
   * Copies of a project that has recordings alone: of events an import tells before it has them.
   */
  private static int copied(TestServer server, AtomicBoolean stop) throws IOException {
    Project project = server.server().projects().create("Original", "web").project();
    for (int visit = 0; visit < 5; visit++) {
      new Visit(server, project, "c-" + visit).page(0, "https://shop.example.com/").upload();
    }
    var file = ask(server, "GET", project, "/export").response().body();
    byte[] head;
    try (var entries = new TarArchiveInputStream(new ByteArrayInputStream(file))) {
      entries.getNextEntry();
      head = entries.readAllBytes();
    }
    int copies = 0;
    for (; !stop.get(); copies++) {
      var begun =
          server.post("/api/projects/import?project=Copy-" + copies).admin().body(head).send();
      assertTaken(begun);
      String copy = begun.json().at("/project/id").asString();
      assertTaken(server.post("/api/projects/" + copy + "/import").admin().body(file).send());
      if (copies > 2) {
        server.server().projects().delete(UUID.fromString(copy));
      }
    }
    return copies;
  }
}

package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.Visitor;
import dev.backspool.api.Visit;
import dev.backspool.ingest.Importer;
import dev.backspool.rrweb.Recordings;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A project in which people were recorded, and all that its API tells of it. */
final class Shop {
  /** Longer than a server waits before it archives. */
  private static final Duration IDLE = Duration.ofHours(1).plusMinutes(1);

  /** Longer than it waits for more of a backlog before it ends the sessions in it. */
  private static final Duration SETTLED = Duration.ofSeconds(15);

  final TestServer server;
  final Project project;
  final SettableClock clock;

  Shop(TestServer server, SettableClock clock) {
    this.server = server;
    this.clock = clock;
    project = server.project();
  }

  /** How a command ended. */
  record Ended(int code, String out, String err) {}

  /** Runs a command on settings. */
  static Ended run(Map<String, String> settings, Object... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] arguments = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].toString();
    }
    int code =
        Main.commandLine(settings)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Ended(code, out.toString(), err.toString());
  }

  /** A clock that stands still a while ago, so that nothing is received in times to come. */
  static SettableClock clock() {
    return new SettableClock(Instant.now().minus(Duration.ofMinutes(10)));
  }

  /**
   * Recordings of every kind: archived, archived with late uploads, not archived, of several tabs,
   * of a wrong clock, and a real one; and events of people and groups, with and without them, of
   * sessions that are over and others that are not.
   */
  Shop fill() throws Exception {
    trackAt(clock.instant().minus(Duration.ofHours(3)), "over", "di", "view", "leave");
    clock.advance(SETTLED);
    server.server().events().closer().closeDue();
    new Importer(server.server().ingest())
        .importRecording(
            project,
            "admin-short",
            new ByteArrayInputStream(Recordings.sample("admin-short")),
            Visitor.of(Visit.CHROME).withProfile("ada", "Ada", "ada@example.com"),
            0,
            Importer.Progress.NONE);
    Visit tabs =
        visit("two-tabs")
            .by("bo", "Bo", "bo@example.com")
            .page(0, "https://shop.example.com/")
            .click(1_000)
            .upload("&seq=0")
            .error(2_000)
            .input(3_000)
            .upload("&seq=1")
            .tab("t2")
            .page(2_500, "https://shop.example.com/two?q=%C3%A9")
            .upload("&seq=0");
    Visit late = visit("late").page(0, "https://shop.example.com/late").upload();
    visit("wrong-clock", System.currentTimeMillis() - Duration.ofDays(400).toMillis())
        .page(0, "https://shop.example.com/clock")
        .click(500)
        .upload();
    archive();
    late.click(5_000).upload();
    tabs.tab("t1").click(9_000).upload("&seq=2");
    visit("hot").page(0, "https://shop.example.com/hot").click(100).upload("&seq=7");
    track("two-tabs", "bo", "view", "buy");
    track("events-only", "cy", "view", "search", "leave");
    track("hot", null, "view");
    send(
        Map.of(
            "session_id",
            "events-only",
            "profile",
            Map.of(
                "id",
                "cy",
                "first_name",
                "Cy",
                "email",
                "cy@example.com",
                "properties",
                Map.of("plan", "pro")),
            "events",
            List.of()));
    send(
        Map.of(
            "group", Map.of("id", "acme", "type", "company", "name", "Acme"), "events", List.of()));
    return this;
  }

  Visit visit(String name) {
    return new Visit(server, project, name);
  }

  Visit visit(String name, long start) {
    return new Visit(server, project, name, start);
  }

  /** Events of a session that the SDK names. */
  void track(String session, @Nullable String profile, String... names) {
    trackAt(clock.instant(), session, profile, names);
  }

  private void trackAt(Instant at, String session, @Nullable String profile, String... names) {
    var events = new ArrayList<Map<String, Object>>();
    for (String name : names) {
      events.add(
          Map.of(
              "id",
              session + "-" + name,
              "name",
              name,
              "time",
              at.toString(),
              "url",
              "https://shop.example.com/" + name,
              "groups",
              List.of("acme"),
              "properties",
              Map.of("quote", "\"é\" \\ /", "n", 3)));
    }
    var body =
        new java.util.HashMap<String, Object>(Map.of("session_id", session, "events", events));
    if (profile != null) {
      body.put("profile_id", profile);
    }
    send(body);
  }

  void send(Map<String, Object> body) {
    var answer =
        server
            .post("/v1/events")
            .bearer(project.sdkKey())
            .header("User-Agent", Visit.CHROME)
            .json(body)
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  /** Archives what there is. */
  void archive() throws InterruptedException {
    Instant before = clock.instant();
    clock.set(Instant.now().plus(IDLE));
    server.server().archiver().archiveDue();
    clock.set(before);
    assertThat(server.count("select count(*) from chunk")).isZero();
  }

  /** All that the API tells of a project, by address. */
  static Map<String, String> told(TestServer server, Object project) {
    var told = new TreeMap<String, String>();
    String root = "/api/projects/" + project;
    JsonNode sessions = get(server, root + "/sessions?limit=200&kept=any", "sessions");
    for (JsonNode session : sessions) {
      String id = session.get("id").asString();
      told.put(id, withoutActivity(session).toString());
      String recording = root + "/sessions/" + id + "/recording";
      if (session.get("chunk_count").asInt() > 0) {
        told.put(id + " index", body(server, recording));
        told.put(id + " events", body(server, recording + "/events"));
      }
      told.put(id + " tracked", body(server, root + "/sessions/" + id + "/events"));
    }
    told.put("events", get(server, root + "/events?limit=1000", "events").toString());
    for (JsonNode profile : get(server, root + "/profiles?limit=200", "profiles")) {
      String id = profile.get("id").asString();
      told.put("profile " + id, body(server, root + "/profiles/" + id));
    }
    told.put("groups", get(server, root + "/groups?limit=200", "groups").toString());
    return told;
  }

  /** How it is spread over time is told from whole chunks or from slots of objects. */
  private static JsonNode withoutActivity(JsonNode session) {
    int sum = 0;
    for (JsonNode slot : session.get("activity")) {
      sum += slot.asInt();
    }
    return ((ObjectNode) session.deepCopy()).put("activity", sum);
  }

  private static JsonNode get(TestServer server, String path, String member) {
    JsonNode list = TestServer.JSON.readTree(body(server, path)).get(member);
    assertThat(list).as(path).isInstanceOf(ArrayNode.class);
    return list;
  }

  private static String body(TestServer server, String path) {
    var answer = server.get(path).admin().header("Accept-Encoding", "identity").send();
    assertThat(answer.status()).as(path + ": " + answer.body()).isEqualTo(200);
    // Whether more may come is a matter of the moment.
    return answer.body().replaceAll("\"live\":(true|false)", "\"live\":0");
  }
}

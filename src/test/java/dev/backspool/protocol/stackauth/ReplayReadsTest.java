package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.rrweb.Recordings;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The read side, as the project's own server sees it. */
final class ReplayReadsTest {
  private static final String REPLAYS = "/api/v1/session-replays";

  private static TestServer server;
  private static Issuer issuer;

  private Projects.WithSecret shop;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    issuer = Issuer.start();
  }

  @AfterAll
  static void stop() {
    issuer.close();
    server.close();
  }

  @BeforeEach
  void makeProject() {
    shop = makeShop();
  }

  private static Projects.WithSecret makeShop() {
    return server.server().projects().create("Shop", "web");
  }

  private Project withKeys() {
    return server
        .server()
        .projects()
        .change(shop.project().id(), new Projects.Change(null, null, issuer.jwksUrl(), null, null))
        .orElseThrow();
  }

  private static TestServer.Answer get(Projects.WithSecret shop, String path) {
    return server
        .get(path)
        .header("X-Stack-Project-Id", shop.project().id().toString())
        .header("X-Stack-Access-Type", "server")
        .header("X-Stack-Secret-Server-Key", shop.clientSecret())
        .send();
  }

  private TestServer.Answer get(String path) {
    return get(shop, path);
  }

  private JsonNode json(String path) {
    var answer = get(path);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private String store(Batch batch) {
    return store(batch, null);
  }

  private String store(Batch batch, @org.jspecify.annotations.Nullable String token) {
    var answer = batch.send(server, shop.project(), token);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("session_replay_id").asString();
  }

  private static List<String> ids(JsonNode page) {
    return page.get("items").valueStream().map(item -> item.get("id").asString()).toList();
  }

  private List<String> list(String query) {
    return ids(json(REPLAYS + "?" + query));
  }

  private static void assertKnown(TestServer.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("x-stack-known-error")).isEqualTo(code);
    assertThat(answer.json().get("code").asString()).isEqualTo(code);
  }

  @Test
  void only_the_projects_secret_opens_the_read_side() {
    Project project = shop.project();
    var noType = server.get(REPLAYS).send();
    var client =
        server
            .get(REPLAYS)
            .header("X-Stack-Project-Id", project.id().toString())
            .header("X-Stack-Access-Type", "client")
            .header("X-Stack-Publishable-Client-Key", project.publishableKey())
            .send();
    var noKey =
        server
            .get(REPLAYS)
            .header("X-Stack-Project-Id", project.id().toString())
            .header("X-Stack-Access-Type", "server")
            .send();

    assertKnown(noType, 400, "ACCESS_TYPE_REQUIRED");
    assertKnown(client, 401, "INSUFFICIENT_ACCESS_TYPE");
    assertKnown(noKey, 401, "SERVER_AUTHENTICATION_REQUIRED");
    for (String wrong :
        List.of(
            project.publishableKey(),
            project.sdkKey(),
            project.clientId().toString(),
            makeShop().clientSecret())) {
      assertKnown(
          get(new Projects.WithSecret(project, wrong), REPLAYS), 401, "INVALID_SECRET_SERVER_KEY");
    }
    assertThat(get(REPLAYS).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/session-replays",
        "/api/latest/session-replays",
        "/api/v1/internal/session-replays"
      })
  void every_spelling_of_the_path_reads(String path) {
    String replay = store(Batch.first());

    assertThat(ids(json(path))).containsExactly(replay);
    assertThat(json(path + "/" + replay).get("id").asString()).isEqualTo(replay);
  }

  @Test
  void a_replay_tells_who_when_and_how_much() {
    withKeys();
    String user = Batch.id();
    String signIn = Batch.id();
    Batch batch = Batch.first();
    String replay = store(batch, issuer.token(shop.project().id(), user, signIn));
    store(batch.next(), issuer.token(shop.project().id(), user, signIn));
    JsonNode item = json(REPLAYS + "/" + replay);

    assertThat(item.propertyNames())
        .containsExactly(
            "id",
            "project_user",
            "started_at_millis",
            "last_event_at_millis",
            "chunk_count",
            "event_count",
            "refresh_token_id");
    assertThat(item.get("project_user"))
        .isEqualTo(
            TestServer.JSON.valueToTree(
                Map.of(
                    "id", user,
                    "display_name", "Ada Shopper",
                    "primary_email", "ada@example.com")));
    assertThat(item.get("chunk_count").asInt()).isEqualTo(2);
    assertThat(item.get("event_count").asInt()).isEqualTo(3);
    assertThat(item.get("refresh_token_id").asString()).isEqualTo(signIn);
    assertThat(item.get("started_at_millis").asLong())
        .isLessThanOrEqualTo(item.get("last_event_at_millis").asLong());
    assertThat(json(REPLAYS).get("items").get(0)).isEqualTo(item);
    assertThat(json(REPLAYS).at("/pagination/next_cursor").isNull()).isTrue();
  }

  @Test
  void chunks_tell_where_they_came_from() {
    Batch batch = Batch.first();
    String replay = store(batch);
    JsonNode chunk = json(REPLAYS + "/" + replay + "/chunks").get("items").get(0);

    assertThat(chunk.propertyNames())
        .containsExactly(
            "id",
            "batch_id",
            "session_replay_segment_id",
            "browser_session_id",
            "event_count",
            "byte_length",
            "first_event_at_millis",
            "last_event_at_millis",
            "created_at_millis");
    assertThat(chunk.get("batch_id").asString()).isEqualTo(batch.get("batch_id"));
    assertThat(chunk.get("session_replay_segment_id").asString())
        .isEqualTo(batch.get("session_replay_segment_id"));
    assertThat(chunk.get("browser_session_id").asString())
        .isEqualTo(batch.get("browser_session_id"));
    assertThat(chunk.get("event_count").asInt()).isEqualTo(2);
    assertThat(chunk.get("byte_length").asLong()).isPositive();
  }

  @Test
  void chunks_are_paged_by_their_first_events_time() {
    long now = System.currentTimeMillis();
    Batch batch = Batch.first();
    String replay = "";
    var expected = new ArrayList<String>();
    for (int i = 0; i < 5; i++) {
      Batch next = batch.next().at(now).events(List.of(Batch.move(now - i * 100L)));
      replay = store(next);
      expected.addFirst(next.get("batch_id"));
    }
    var seen = new ArrayList<String>();
    String cursor = "";
    do {
      JsonNode page = json(REPLAYS + "/" + replay + "/chunks?limit=2" + cursor);
      page.get("items").forEach(chunk -> seen.add(chunk.get("batch_id").asString()));
      JsonNode next = page.at("/pagination/next_cursor");
      cursor = next.isNull() ? "" : "&cursor=" + next.asString();
    } while (!cursor.isEmpty());

    assertThat(seen).isEqualTo(expected);
    assertKnown(get(REPLAYS + "/" + replay + "/chunks?cursor=1"), 404, "ITEM_NOT_FOUND");
    assertKnown(get(REPLAYS + "/" + replay + "/chunks?cursor=x"), 404, "ITEM_NOT_FOUND");
  }

  @Test
  void events_may_be_read_slice_by_slice() {
    Batch batch = Batch.first();
    String replay = store(batch);
    for (int i = 0; i < 4; i++) {
      batch = batch.next();
      store(batch);
    }
    JsonNode slice = json(REPLAYS + "/" + replay + "/events?offset=1&limit=2");

    assertThat(slice.get("chunks")).hasSize(5);
    assertThat(slice.get("chunk_events")).hasSize(2);
    assertThat(slice.at("/chunk_events/0/chunk_id")).isEqualTo(slice.at("/chunks/1/id"));
    assertThat(slice.get("gaps")).isEmpty();
    assertThat(json(REPLAYS + "/" + replay + "/events?offset=9").get("chunk_events")).isEmpty();
    assertThat(get(REPLAYS + "/" + replay + "/events?offset=-1").status()).isEqualTo(400);
    assertThat(get(REPLAYS + "/" + replay + "/events?limit=0").status()).isEqualTo(400);
  }

  static Stream<Path> suite() {
    return Recordings.suite().stream();
  }

  @ParameterizedTest
  @MethodSource("suite")
  void recordings_come_back_equal_as_json_values(Path file) throws IOException {
    JsonNode stream = TestServer.JSON.readTree(Files.readAllBytes(file));
    var events = new ArrayList<JsonNode>();
    stream.forEach(events::add);
    // The recordings' own clock is long past: the client's clock goes along.
    long sent = events.getLast().get("timestamp").asLong();
    Batch batch = Batch.first().with("sent_at_ms", sent);
    var sentEvents = new HashMap<String, List<JsonNode>>();
    String replay = "";
    for (int from = 0; from < events.size(); from += 5) {
      List<JsonNode> part = events.subList(from, Math.min(from + 5, events.size()));
      batch.with("batch_id", Batch.id()).events(part);
      sentEvents.put(batch.get("batch_id"), part);
      replay = store(batch);
    }
    var byChunk = new HashMap<String, List<JsonNode>>();
    JsonNode all = json(REPLAYS + "/" + replay + "/events");
    all.get("chunk_events")
        .forEach(chunk ->
            byChunk.put(
                chunk.get("chunk_id").asString(), chunk.get("events").valueStream().toList()));

    assertThat(all.get("chunks")).hasSize(sentEvents.size());
    for (JsonNode chunk : all.get("chunks")) {
      String id = chunk.get("id").asString();
      List<JsonNode> wanted = sentEvents.get(chunk.get("batch_id").asString());
      assertThat(byChunk.get(id)).isEqualTo(wanted);
      assertThat(
              json(REPLAYS + "/" + replay + "/chunks/" + id + "/events")
                  .get("events")
                  .valueStream()
                  .toList())
          .isEqualTo(wanted);
    }
  }

  @Test
  void what_is_no_event_comes_back_as_it_was() {
    String events =
        "[-0.0, 1e400, 12345678901234567890, \"\\u0000\\ud800\", null, [], {}, {\"timestamp\":-5},"
            + " {\"type\":3,\"timestamp\":9000000000000000,\"data\":{\"a\\nb\":\"c\\nd\"}}]";
    Batch batch = Batch.first().events(List.of("@"));
    String json = new String(batch.json(), java.nio.charset.StandardCharsets.UTF_8);
    var answer =
        Batch.call(server, shop.project(), null).body(json.replace("[\"@\"]", events)).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    String replay = answer.json().get("session_replay_id").asString();

    assertThat(get(REPLAYS + "/" + replay + "/events").body())
        .contains("\"events\":" + events.replace(", ", ","));
  }

  // B17
  @Test
  void a_gone_chunk_and_a_damaged_one_are_gaps_between_the_others() {
    Batch batch = Batch.first();
    String replay = store(batch);
    for (int i = 0; i < 3; i++) {
      batch = batch.next();
      store(batch);
    }
    JsonNode whole = json(REPLAYS + "/" + replay + "/events");
    String gone = whole.at("/chunks/1/id").asString();
    String damaged = whole.at("/chunks/2/id").asString();
    server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute("delete from chunk where id = " + gone);
          return handle.execute(
              "update chunk set payload = overlay(payload placing '\\x00' from 12) where id = "
                  + damaged);
        });
    JsonNode rest = json(REPLAYS + "/" + replay + "/events");

    assertThat(rest.get("chunks")).hasSize(3);
    assertThat(rest.at("/chunk_events/0")).isEqualTo(whole.at("/chunk_events/0"));
    assertThat(rest.at("/chunk_events/1/chunk_id").asString()).isEqualTo(damaged);
    assertThat(rest.at("/chunk_events/1/events")).isEmpty();
    assertThat(rest.at("/chunk_events/2")).isEqualTo(whole.at("/chunk_events/3"));
    var missing = new HashMap<String, Object>();
    missing.put("session_replay_segment_id", batch.get("session_replay_segment_id"));
    missing.put("chunk_id", null);
    missing.put("place", 1);
    missing.put("reason", "missing");
    var unreadable = new HashMap<>(missing);
    unreadable.put("chunk_id", damaged);
    unreadable.put("place", null);
    unreadable.put("reason", "damaged");
    assertThat(rest.get("gaps"))
        .isEqualTo(TestServer.JSON.valueToTree(List.of(missing, unreadable)));
    assertKnown(
        get(REPLAYS + "/" + replay + "/chunks/" + damaged + "/events"), 404, "ITEM_NOT_FOUND");
    assertKnown(get(REPLAYS + "/" + replay + "/chunks/" + gone + "/events"), 404, "ITEM_NOT_FOUND");
  }

  // B14
  @Test
  void tenants_share_nothing() {
    Projects.WithSecret other = makeShop();
    Batch batch = Batch.first();
    String mine = store(batch);
    Batch extra = Batch.first();
    store(extra);
    String chunk = json(REPLAYS + "/" + mine + "/chunks").at("/items/0/id").asString();
    String cursor = json(REPLAYS + "?limit=1").at("/pagination/next_cursor").asString();

    var theirs = batch.send(server, other.project());
    assertThat(theirs.json().get("deduped").asBoolean()).isFalse();
    String their = theirs.json().get("session_replay_id").asString();
    assertThat(their).isNotEqualTo(mine);
    assertThat(json(REPLAYS + "/" + mine).get("chunk_count").asInt()).isOne();
    for (String path :
        List.of(
            REPLAYS + "/" + mine,
            REPLAYS + "/" + mine + "/chunks",
            REPLAYS + "/" + mine + "/events",
            REPLAYS + "/" + mine + "/chunks/" + chunk + "/events",
            REPLAYS + "/" + their + "/chunks/" + chunk + "/events",
            REPLAYS + "/" + their + "/chunks?cursor=" + chunk,
            REPLAYS + "?cursor=" + cursor,
            REPLAYS + "?cursor=" + mine)) {
      assertKnown(get(other, path), 404, "ITEM_NOT_FOUND");
    }
    assertThat(ids(get(other, REPLAYS).json())).containsExactly(their);
  }

  @Test
  void ids_of_nothing_are_not_found() {
    String replay = store(Batch.first());
    for (String path :
        List.of(
            "/" + Batch.id(),
            "/not-an-id",
            "/" + Batch.id() + "/chunks",
            "/" + Batch.id() + "/events",
            "/" + replay + "/chunks/999999999/events",
            "/" + replay + "/chunks/x/events",
            "?cursor=" + Batch.id(),
            "?cursor=x",
            "?cursor=" + replay + ".x")) {
      assertKnown(get(REPLAYS + path), 404, "ITEM_NOT_FOUND");
    }
  }

  @Test
  void filters_all_hold_together() {
    Project project = withKeys();
    String ada = Batch.id();
    String bob = Batch.id();
    long now = System.currentTimeMillis();
    String shortVisit =
        store(
            Batch.first().events(List.of(Batch.move(now), Batch.move(now + 1_000))),
            issuer.token(project.id(), ada, Batch.id()));
    String longVisit =
        store(
            Batch.first()
                .events(List.of(Batch.move(now - 60_000), Batch.click(now), Batch.click(now))),
            issuer.token(project.id(), ada, Batch.id()));
    String anonymous =
        store(
            Batch.first().events(List.of(Batch.click(now))),
            issuer.token(
                project.id(),
                bob,
                Batch.id(),
                claims -> claims.claim("name", null).claim("email", null)));
    long lastShort = json(REPLAYS + "/" + shortVisit).get("last_event_at_millis").asLong();

    assertThat(list("")).containsExactlyInAnyOrder(shortVisit, longVisit, anonymous);
    assertThat(list("user_ids=" + ada)).containsExactlyInAnyOrder(shortVisit, longVisit);
    assertThat(list("user_ids=" + ada + "," + bob)).hasSize(3);
    assertThat(list("user_ids=" + Batch.id())).isEmpty();
    assertThat(list("team_ids=" + Batch.id())).isEmpty();
    assertThat(list("duration_ms_min=60000")).containsExactly(longVisit);
    assertThat(list("duration_ms_max=1000")).containsExactlyInAnyOrder(shortVisit, anonymous);
    assertThat(list("duration_ms_min=1000&duration_ms_max=1000")).containsExactly(shortVisit);
    assertThat(list("last_event_at_from_millis=" + lastShort)).containsExactly(shortVisit);
    assertThat(list("last_event_at_to_millis=" + (lastShort - 1)))
        .containsExactlyInAnyOrder(longVisit, anonymous);
    assertThat(list("click_count_min=1")).containsExactlyInAnyOrder(longVisit, anonymous);
    assertThat(list("click_count_min=2")).containsExactly(longVisit);
    assertThat(list("user_kind=anonymous")).containsExactly(anonymous);
    assertThat(list("user_kind=non_anonymous")).containsExactlyInAnyOrder(shortVisit, longVisit);
    assertThat(list("user_ids=" + ada + "&click_count_min=1")).containsExactly(longVisit);
    assertThat(list("user_ids=" + bob + "&duration_ms_min=1")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1.5",
        "user_ids=x",
        "user_ids=,",
        "team_ids=7",
        "user_kind=robot",
        "duration_ms_min=-1",
        "duration_ms_min=x",
        "duration_ms_min=2&duration_ms_max=1",
        "last_event_at_from_millis=2&last_event_at_to_millis=1",
        "last_event_at_to_millis=99999999999999999999",
        "click_count_min=many"
      })
  void a_parameter_that_does_not_fit_is_refused_in_a_fixed_sentence(String query) {
    var answer = get(REPLAYS + "?" + query);

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.body()).startsWith(query.replaceFirst("=.*", "") + " must ");
  }

  // B20
  @Test
  void pages_of_one_repeat_and_skip_nothing_while_replays_are_added() throws Exception {
    var existing = new ArrayList<String>();
    for (int i = 0; i < 25; i++) {
      existing.add(store(Batch.first()));
    }
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update session set last_event_at = '2020-01-01', started_at = '2020-01-01'"
                    + " where project_id = ?",
                shop.project().id()));
    var seen = new ArrayList<String>();
    var done = new AtomicBoolean();
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> inserts =
          thread.submit(() -> {
            int added = 0;
            while (added++ < 200 && (!done.get() || added < 5)) {
              store(Batch.first());
              addAtTheSameMoment(existing.getFirst());
            }
          });
      try {
        turnPages(seen);
      } finally {
        done.set(true);
      }
      inserts.get();
    }

    assertThat(seen).doesNotHaveDuplicates().containsAll(existing);
  }

  /** Adds a replay with any id and the times of another one. */
  private static void addAtTheSameMoment(String replay) {
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into session (
                  project_id, id, source, opener, started_at, last_event_at, first_received_at,
                  last_received_at, chunk_count, event_count, click_count, input_count,
                  error_count, page_count, raw_bytes, stored_bytes, has_full_snapshot)
                select
                  project_id, gen_random_uuid(), source, opener, started_at, last_event_at,
                  first_received_at, last_received_at, chunk_count, event_count, click_count,
                  input_count, error_count, page_count, raw_bytes, stored_bytes, has_full_snapshot
                from session where id = cast(? as uuid)
                """,
                replay));
  }

  private void turnPages(List<String> seen) {
    String cursor = "";
    do {
      JsonNode page = json(REPLAYS + "?limit=1" + cursor);
      seen.addAll(ids(page));
      JsonNode next = page.at("/pagination/next_cursor");
      cursor = next.isNull() ? "" : "&cursor=" + next.asString();
    } while (!cursor.isEmpty());
  }

  @Test
  void a_replay_that_goes_on_does_not_begin_the_pages_anew() {
    String oldest = store(Batch.first());
    Batch live = Batch.first();
    String middle = store(live);
    String newest = store(Batch.first());
    JsonNode first = json(REPLAYS + "?limit=2");
    assertThat(ids(first)).containsExactly(newest, middle);

    store(live.next());
    String cursor = first.at("/pagination/next_cursor").asString();
    assertThat(list("limit=2&cursor=" + cursor)).containsExactly(oldest);
    assertThat(cursor).startsWith(middle);
  }

  @Test
  void a_bare_replay_id_is_a_cursor_too() {
    String older = store(Batch.first());
    String newer = store(Batch.first());

    assertThat(list("cursor=" + newer)).containsExactly(older);
    assertThat(list("cursor=" + older)).isEmpty();
  }
}

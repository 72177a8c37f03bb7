package dev.backspool.erasure;

import static dev.backspool.erasure.Shop.event;
import static dev.backspool.erasure.Shop.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.Visitor;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Importer.Progress;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Erasing people and sessions, over HTTP. */
final class ErasureTest {
  private static TestServer server;
  private Shop shop;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void emptyProject() {
    shop = Shop.on(server);
  }

  private static final String ADA = "customer-ada-4711";
  private static final String EMAIL = "ada@quillfeather.example";

  private static final String[] WORDS = {
    ADA, "Quillfeather", EMAIL, "phone-of-ada", "laptop-of-ada", "sess_ada", "diary-of-ada"
  };

  /** Ada came before she signed in, signed in, and also shared a tablet with Bob. */
  private void visits() {
    shop.recorded("sess_ada_0", "https://shop.example.com/diary-of-ada", "a diary-of-ada", "");
    shop.sent(
        "sess_ada_0", "phone-of-ada", null, List.of(event("screen_view", "path", "/diary-of-ada")));
    shop.recorded(
        "sess_ada_1",
        "https://shop.example.com/diary-of-ada/2",
        "more diary-of-ada",
        "&profile_id=" + ADA + "&profile_name=Quillfeather&profile_email=" + EMAIL);
    shop.sent(
        "sess_ada_1",
        "phone-of-ada",
        Map.of(
            "id",
            ADA,
            "first_name",
            "Ada",
            "last_name",
            "Quillfeather",
            "email",
            EMAIL,
            "properties",
            Map.of("note", "diary-of-ada")),
        List.of(
            event("order", "id", "order-of-" + ADA),
            event("screen_view", "title", "diary-of-ada")));
    shop.tracked("laptop-of-ada", "before", null, Instant.now().minus(Duration.ofHours(5)));
    shop.tracked("laptop-of-ada", "order", ADA, Instant.now());
    shop.sent("sess_ada_tablet", "tablet", ADA, List.of(event("order")));
    shop.sent("sess_bob_tablet", "tablet", "bob", List.of(event("order", "id", "order-of-bob")));
    shop.sent("sess_tablet", "tablet", null, List.of(event("screen_view")));
    shop.recorded("sess_bob_tablet", "https://shop.example.com/bob", "bob", "&profile_id=bob");
    // A refusal may quote what it refuses.
    TestServer.Answer refused =
        shop.server
            .post("/v1/events")
            .bearer(shop.project.sdkKey())
            .body("{\"events\":Quillfeather}")
            .send();
    assertThat(refused.body()).contains("Quillfeather");
  }

  @Test
  void of_an_erased_person_no_byte_is_found_anywhere() throws Exception {
    try (var whole = new Shop(); // whatever other tests left elsewhere is not to be found
        var traces = new Traces(whole.server)) {
      shop = whole;
      visits();
      whole.server.server().postgres().own(handle -> handle.execute("analyze"));
      assertThat(traces.of(WORDS)).hasSizeGreaterThan(20);

      JsonNode receipt = receipt(shop.eraseProfile(ADA));

      assertThat(traces.of(WORDS).stream().filter(trace -> !trace.startsWith("pg_stats")))
          .isEmpty();
      // The statistics of PostgreSQL's planner quote rows until the tables are vacuumed.
      Shop.until(() -> shop.count("erasure", "vacuumed_at is null") == 0);
      assertThat(traces.of(WORDS)).isEmpty();
      Map.of(
              "sessions",
              5,
              "tabs",
              2,
              "pages",
              2,
              "chunks",
              2,
              "objects",
              0,
              "object_bytes",
              0,
              "profiles",
              1,
              "receipts",
              2,
              "mentions",
              1)
          .forEach((kind, count) ->
              assertThat(receipt.at("/removed/" + kind).asInt()).as(kind).isEqualTo(count));
      // Eleven, and the end of a session that was over by then.
      assertThat(receipt.at("/removed/events").asInt()).isBetween(11, 12);
    }
  }

  @Test
  void of_recordings_that_were_archived_in_clear_no_object_and_no_row_is_left() throws Exception {
    var clock = new SettableClock(Instant.now());
    var settings = Map.of("BACKSPOOL_ARCHIVE_ENCRYPTION", "off");
    try (var whole = Shop.in(TestServer.start(TestPostgres.freshDatabase(), settings, clock));
        var traces = new Traces(whole.server)) {
      shop = whole;
      visits();
      clock.advance(Duration.ofDays(1));
      whole.server.server().archiver().archiveDue();
      assertThat(shop.count("chunk")).isZero();
      assertThat(objects(whole)).hasSize(3);

      JsonNode receipt = receipt(shop.eraseProfile(ADA));

      assertThat(receipt.at("/removed/objects").asInt()).isEqualTo(2);
      whole.server.server().archiver().doomed().deleteDue();
      Shop.until(() -> shop.count("erasure", "vacuumed_at is null") == 0);
      assertThat(traces.of(WORDS)).isEmpty();
      assertThat(objects(whole)).as("Bob's").hasSize(1);
      assertThat(shop.eraseProfile(ADA).json().get("state").asString()).isEqualTo("done");
    }
  }

  /** The archive's objects; what they say is compressed. */
  private static List<Path> objects(Shop shop) throws IOException {
    try (Stream<Path> files = Files.walk(shop.server.folder())) {
      return files.filter(file -> file.toString().endsWith(".bksp")).toList();
    }
  }

  /** Characters of three bytes each, none of them like the one before. */
  private static String longName() {
    return new Random(7)
        .ints(2_000, 0x4e00, 0x9fa5)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @Test
  void a_person_with_the_longest_name_is_erased_like_any_other() {
    shop.sent(
        "sess_ada",
        "d",
        Map.of("id", ADA, "first_name", longName(), "avatar", longName()),
        List.of(event("order")));

    receipt(shop.eraseProfile(ADA));

    assertThat(shop.count("profile")).isZero();
    assertThat(shop.count("erasure_task")).isZero();
  }

  @Test
  void of_a_person_whose_id_is_a_digit_only_what_names_it_is_forgotten() {
    shop.sent("sess_ada", "d", Map.of("id", "7", "last_name", "Quillfeather"), List.of());
    String cut = "x".repeat(494) + "quillf";
    List<String> details =
        List.of("profile 7 is", "{\"id\":\"7\"}", "line 17 is", "QUILLFEATHER came", cut, "none");
    for (int i = 0; i < details.size(); i++) {
      int each = i;
      server
          .server()
          .postgres()
          .own(handle ->
              handle.execute(
                  """
                  insert into refusal (project_id, day, protocol, reason, count, last_at, detail)
                  values (?, current_date, 'backspool', ?, 1, now(), ?)
                  """,
                  shop.project.id(),
                  "reason " + each,
                  details.get(each)));
    }

    assertThat(receipt(shop.eraseProfile("7")).at("/removed/mentions").asInt()).isEqualTo(4);

    assertThat(
            server.column(
                "select detail from refusal where detail <> '(erased)' and project_id = '"
                    + shop.project.id()
                    + "' order by 1"))
        .containsExactly("line 17 is", "none");
  }

  @Test
  void who_was_never_named_is_erased_by_the_id_of_their_device() {
    shop.tracked("phone", "order", null, null);
    shop.sent("sess_1", "tablet", null, List.of(event("order")));
    shop.sent("sess_2", "other", null, List.of(event("order")));

    receipt(shop.eraseProfile("phone"));
    receipt(shop.eraseProfile("tablet"));

    assertThat(shop.count("session")).isOne();
    assertThat(shop.count("event")).isEqualTo(shop.count("event", "device_id = 'other'"));
    assertThat(shop.eraseProfile("laptop").status()).isEqualTo(404);
  }

  /** Bob's rows, and the tablet's anonymous ones, as PostgreSQL writes them. */
  private List<String> others() {
    var rows = new ArrayList<String>();
    for (String table : List.of("session", "event", "chunk", "page", "tab", "receipt", "profile")) {
      String theirs =
          table.equals("session")
              ? "id = any(array(select id from theirs))"
              : table.equals("profile")
                  ? "id = 'bob'"
                  : "session_id = any(array(select id from theirs))";
      rows.addAll(
          server.column(
              """
              with theirs as (
                select id from session
                where project_id = '%s' and name in ('sess_bob_tablet', 'sess_tablet'))
              select %s::text from %2$s where project_id = '%1$s' and %3$s order by 1
              """
                  .formatted(shop.project.id(), table, theirs)));
    }
    return rows;
  }

  @Test
  void other_people_keep_all_they_have_also_on_a_device_that_was_shared() {
    visits();
    List<String> before = others();
    assertThat(before).hasSizeGreaterThan(8);

    receipt(shop.eraseProfile(ADA));

    assertThat(others()).isEqualTo(before);
    assertThat(shop.count("session")).isEqualTo(2);
    assertThat(shop.count("profile")).isOne();
    assertThat(shop.count("event")).isEqualTo(shop.count("event", "session_id is not null"));
  }

  @Test
  void a_session_of_two_people_goes_whole_and_the_others_events_stay_without_it() {
    shop.sent("sess_both", "kiosk", ADA, List.of(event("order", "path", "/ada")));
    shop.recorded("sess_both", "https://shop.example.com/ada", "Ada", "");
    shop.sent("sess_both", "kiosk", "bob", List.of(event("order", "path", "/bob")));
    shop.sent("sess_kiosk", "kiosk", null, List.of(event("screen_view")));
    assertThat(shop.count("session", "profile_id = 'bob'")).isOne();

    receipt(shop.eraseProfile(ADA));

    assertThat(shop.count("session", "name = 'sess_both'")).isZero();
    assertThat(shop.count("chunk")).isZero();
    assertThat(
            server.column(
                "select concat(profile_id, path, session_id) from event where name = 'order' and project_id = '"
                    + shop.project.id()
                    + "'"))
        .containsExactly("bob/bob");
    assertThat(shop.count("session", "name = 'sess_kiosk'")).isOne();
  }

  @Test
  void a_receipt_names_nobody_and_is_found_again_by_erasing_once_more() {
    visits();
    UUID session =
        UUID.fromString(
            server
                .column(
                    "select id::text from session where name = 'sess_ada_1' and project_id = '"
                        + shop.project.id()
                        + "'")
                .getFirst());
    JsonNode receipt = receipt(shop.eraseProfile(ADA));
    String id = receipt.get("id").asString();

    TestServer.Answer again = shop.eraseProfile(ADA);
    assertThat(again.json()).isEqualTo(receipt);
    TestServer.Answer one = server.get(shop.path() + "/erasures/" + id).admin().send();
    assertThat(one.json()).isEqualTo(receipt);
    TestServer.Answer list = server.get(shop.path() + "/erasures").admin().send();
    assertThat(list.json().get("erasures")).hasSize(1);
    assertThat(list.json().get("next_cursor").isNull()).isTrue();
    for (TestServer.Answer answer : List.of(again, one, list)) {
      assertThat(answer.body()).doesNotContain(WORDS).doesNotContain(session.toString());
    }
    assertThat(receipt.get("kind").asString()).isEqualTo("profile");
    assertThat(receipt.get("state").asString()).isEqualTo("done");
    assertThat(Instant.parse(receipt.get("rows_removed_at").asString()))
        .isAfterOrEqualTo(Instant.parse(receipt.get("requested_at").asString()));
    assertThat(
            server.column(
                "select subject::text || mark::text from erasure join tombstone on erasure_id = id"))
        .allSatisfy(hashes -> assertThat(hashes).matches("(\\\\x[0-9a-f]{64}){2}"));
  }

  @Test
  void receipts_come_in_pages_newest_first() {
    for (int i = 0; i < 3; i++) {
      shop.sent("sess_" + i, "d" + i, "person-" + i, List.of(event("order")));
      receipt(shop.eraseProfile("person-" + i));
    }
    JsonNode first = server.get(shop.path() + "/erasures?limit=2").admin().send().json();
    JsonNode second =
        server
            .get(shop.path() + "/erasures?limit=2&cursor=" + first.get("next_cursor").asString())
            .admin()
            .send()
            .json();

    var times = new ArrayList<Instant>();
    first
        .get("erasures")
        .forEach(each -> times.add(Instant.parse(each.get("requested_at").asString())));
    second
        .get("erasures")
        .forEach(each -> times.add(Instant.parse(each.get("requested_at").asString())));
    assertThat(times).hasSize(3).isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(second.get("next_cursor").isNull()).isTrue();
    assertThat(server.get(shop.path() + "/erasures?cursor=x").admin().send().status())
        .isEqualTo(400);
  }

  @Test
  void nothing_is_erased_that_is_not_there_or_belongs_to_another_project() {
    Shop other = Shop.on(server);
    UUID theirs = other.recorded("sess_theirs", "https://b.example/", "b", "&profile_id=" + ADA);
    receipt(other.eraseSession(other.recorded("sess_2", "https://b.example/", "b", "")));
    String erasure =
        server
            .column("select id::text from erasure where project_id = '" + other.project.id() + "'")
            .getFirst();

    assertThat(shop.eraseSession(theirs).json().get("code").asString())
        .isEqualTo("session_not_found");
    assertThat(shop.eraseProfile(ADA).json().get("code").asString()).isEqualTo("profile_not_found");
    for (TestServer.Answer answer :
        List.of(
            server.call("DELETE", shop.path() + "/sessions/none").admin().send(),
            server.get(shop.path() + "/erasures/" + erasure).admin().send(),
            server
                .call("DELETE", shop.path() + "/erasures/" + erasure + "/tombstones")
                .admin()
                .send())) {
      assertThat(answer.status()).isEqualTo(404);
    }
    assertThat(other.count("chunk")).isOne();
    assertThat(other.count("tombstone")).isPositive();
    assertThat(shop.count("tombstone")).isZero();
    assertThat(
            server
                .call("DELETE", shop.path() + "/profiles/" + ADA)
                .send()
                .json()
                .get("code")
                .asString())
        .isEqualTo("sign_in_required");
  }

  @Test
  void an_erased_session_is_gone_at_every_address_and_the_person_stays() {
    UUID session = shop.recorded("sess_a", "https://shop.example.com/", "a", "&profile_id=" + ADA);
    UUID kept = shop.recorded("sess_b", "https://shop.example.com/", "b", "&profile_id=" + ADA);
    shop.sent("sess_a", "d", ADA, List.of(event("order")));
    long frame = server.count("select id from chunk where session_id = '" + session + "'");

    JsonNode receipt = receipt(shop.eraseSession(session));

    assertThat(receipt.get("kind").asString()).isEqualTo("session");
    assertThat(receipt.at("/removed/sessions").asInt()).isOne();
    assertThat(receipt.at("/removed/events").asInt()).isEqualTo(2);
    String path = shop.path() + "/sessions/" + session;
    for (String address :
        List.of(path, path + "/recording", path + "/recording/frames/" + frame, path + "/events")) {
      assertThat(server.get(address).admin().send().status()).as(address).isEqualTo(404);
    }
    assertThat(server.get(shop.path() + "/sessions/" + kept).admin().send().status())
        .isEqualTo(200);
    assertThat(shop.count("profile", "id = '" + ADA + "'")).isOne();
    assertThat(shop.record("sess_a", "https://shop.example.com/", "a", "").status()).isEqualTo(410);
    assertThat(
            shop.record("sess_c", "https://shop.example.com/", "c", "&profile_id=" + ADA).status())
        .isEqualTo(200);
  }

  @Test
  void what_comes_later_is_refused_counted_and_leaves_nothing() {
    visits();
    receipt(shop.eraseProfile(ADA));
    List<String> before = others();
    long openSessions = shop.count("open_session");

    TestServer.Answer chunk = shop.record("sess_ada_0", "https://shop.example.com/", "x", "");
    assertThat(chunk.status()).isEqualTo(410);
    assertThat(chunk.header("Content-Type")).contains("problem+json");
    assertThat(chunk.json().get("code").asString()).isEqualTo("erased");
    assertThat(chunk.header("Retry-After")).isEmpty();
    assertThat(
            shop.record("sess_new", "https://shop.example.com/", "x", "&profile_id=" + ADA)
                .status())
        .isEqualTo(410);
    assertThat(shop.send("sess_ada_1", null, null, List.of(event("order"))).status())
        .isEqualTo(410);
    assertThat(
            shop.send(
                    "sess_new",
                    "other-phone",
                    Map.of("id", ADA, "first_name", "Ada"),
                    List.of(event("order", "id", "late")))
                .json()
                .get("code")
                .asString())
        .isEqualTo("erased");

    assertThat(others()).isEqualTo(before);
    assertThat(shop.count("session")).isEqualTo(2);
    assertThat(shop.count("open_session")).isEqualTo(openSessions);
    assertThat(shop.count("event_key", "key = event_key_hash('late')")).isZero();
    assertThat(shop.refusals()).containsEntry("backspool erased", 5);
  }

  @Test
  void of_a_batch_of_several_people_only_the_erased_ones_rows_are_refused() {
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    receipt(shop.eraseProfile(ADA));

    TestServer.Answer mixed =
        shop.send(
            "sess_till",
            "till",
            null,
            List.of(
                event("order", "profile_id", ADA, "id", "one"),
                event("order", "profile_id", "bob", "id", "two"),
                event("order", "id", "three")));

    assertThat(mixed.status()).isEqualTo(200);
    assertThat(mixed.json().get("stored").asInt()).isEqualTo(2);
    assertThat(mixed.json().get("erased").asInt()).isOne();
    assertThat(shop.count("event", "name = 'order'")).isEqualTo(2);
    assertThat(shop.count("event", "profile_id = '" + ADA + "'")).isZero();
    assertThat(shop.count("event_key")).isEqualTo(2);
    assertThat(shop.count("session", "tracked_count = 2")).isOne();
    assertThat(shop.refusals()).containsEntry("backspool erased", 1);
  }

  @Test
  void once_the_tombstones_are_lifted_the_person_is_recorded_again() {
    shop.recorded("sess_ada", "https://shop.example.com/", "a", "&profile_id=" + ADA);
    String id = receipt(shop.eraseProfile(ADA)).get("id").asString();
    String tombstones = shop.path() + "/erasures/" + id + "/tombstones";

    assertThat(server.call("DELETE", tombstones).admin().send().status()).isEqualTo(204);
    assertThat(server.call("DELETE", tombstones).admin().send().status()).isEqualTo(204);

    JsonNode receipt = server.get(shop.path() + "/erasures/" + id).admin().send().json();
    assertThat(receipt.get("tombstones_lifted_at").isString()).isTrue();
    assertThat(shop.eraseProfile(ADA).status()).isEqualTo(404);
    shop.recorded("sess_ada", "https://shop.example.com/", "a", "&profile_id=" + ADA);
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    assertThat(receipt(shop.eraseProfile(ADA)).get("id").asString()).isNotEqualTo(id);
  }

  @Test
  void an_excluded_person_is_not_named_in_the_settings_any_more_and_still_refused() {
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    server
        .server()
        .projects()
        .change(
            shop.project.id(),
            new Projects.Change(null, null, null, null, null, null, null, List.of("staff", ADA)));

    assertThat(receipt(shop.eraseProfile(ADA)).at("/removed/mentions").asInt()).isOne();

    assertThat(
            server.column(
                "select unnest(excluded_profiles) from project where id = '"
                    + shop.project.id()
                    + "'"))
        .containsExactly("staff");
    assertThat(shop.record("s", "https://shop.example.com/", "x", "&profile_id=" + ADA).status())
        .isEqualTo(410);
  }

  @Test
  void a_session_that_is_erased_gets_no_end() {
    UUID session = shop.tracked("phone", "order", null, Instant.now().minus(Duration.ofHours(2)));
    assertThat(shop.count("session", "closes_at is not null")).isOne();

    receipt(shop.eraseSession(session));
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute("update session set closes_at = now() where tracked_from is not null"));
    server.server().events().closer().closeDue();

    assertThat(shop.count("event")).isZero();
    assertThat(shop.count("session")).isZero();
    // Late events of the visit come to the same half hours.
    TestServer.Answer late =
        shop.track("phone", "late", null, Instant.now().minus(Duration.ofHours(2)));
    assertThat(late.status()).isEqualTo(202);
    assertThat(late.json().get("rejected").asString()).contains("erased");
    assertThat(shop.count("event")).isZero();
    // What the device does now is another session.
    shop.tracked("phone", "now", null, null);
    assertThat(shop.count("event", "name = 'now'")).isOne();
  }

  @Test
  void imports_are_refused_as_uploads_are() throws Exception {
    var importer = new Importer(server.server().ingest());
    byte[] file = TestServer.JSON.writeValueAsBytes(Shop.page("https://a.example/", "x"));
    var imported =
        importer.importRecording(
            shop.project, "tape-1", new ByteArrayInputStream(file), Visitor.UNKNOWN, Progress.NONE);
    shop.sent("sess_ada", "d", ADA, List.of(event("order")));
    receipt(shop.eraseSession(imported.session()));
    receipt(shop.eraseProfile(ADA));

    assertThatThrownBy(() ->
            importer.importRecording(
                shop.project,
                "tape-1",
                new ByteArrayInputStream(file),
                Visitor.UNKNOWN,
                Progress.NONE))
        .isInstanceOf(Importer.NotImported.class)
        .hasMessageContaining("erased");
    assertThatThrownBy(() ->
            importer.importRecording(
                shop.project,
                "tape-2",
                new ByteArrayInputStream(file),
                Visitor.UNKNOWN.withProfile(ADA, null, null),
                Progress.NONE))
        .isInstanceOf(Importer.NotImported.class);
    assertThat(shop.count("session")).isZero();
    assertThat(shop.count("open_session")).isZero();
    assertThat(shop.refusals()).containsEntry("import erased", 2);
  }
}

package dev.backspool.server;

import static dev.backspool.server.Shop.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.Shop.Ended;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A project that is exported and imported more than once, while both sides go on. */
final class RepeatedTransferTest {
  private static final Map<String, String> ADMIN =
      Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN);

  @TempDir private Path folder;
  private SettableClock clock;
  private TestServer source;
  private TestServer target;
  private Shop shop;
  private int files;

  @BeforeEach
  void start() {
    clock = Shop.clock();
    source = TestServer.start(TestPostgres.freshDatabase(), Map.of(), clock);
    target = TestServer.start(TestPostgres.freshDatabase(), Map.of(), clock);
    shop = new Shop(source, clock);
  }

  @AfterEach
  void stop() {
    source.close();
    target.close();
  }

  private Path export(int code) {
    Path file = folder.resolve("export-" + files++ + ".tar");
    Ended export =
        run(
            ADMIN,
            "export",
            "project",
            "--project",
            shop.project.id(),
            "--with-keys",
            "--url",
            source.url(),
            "--out",
            file);
    assertThat(export.code()).as(export.err()).isEqualTo(code);
    return file;
  }

  private String take(Path file) {
    Ended imported = run(ADMIN, "import", "project", file, "--url", target.url());
    assertThat(imported.code()).as(imported.err()).isZero();
    return imported.out();
  }

  private String recording(TestServer of, Visit visit) {
    return of.get(visit.path() + "/recording/events").admin().send().body();
  }

  private JsonNode index(TestServer of, Visit visit) {
    return of.get(visit.path() + "/recording").admin().send().json();
  }

  @Test
  void what_came_to_both_sides_meanwhile_comes_together() {
    Visit visit =
        shop.visit("both")
            .page(0, "https://shop.example.com/")
            .upload("&seq=0")
            .click(1_000)
            .upload("&seq=1");
    shop.track("both", "ada", "view");
    take(export(0));

    visit.click(2_000).upload("&seq=2").tab("t2").page(2_500, "https://b.example/").upload();
    shop.track("both", "ada", "buy");
    shop.visit("new").page(0, "https://shop.example.com/new").upload();
    var own =
        target
            .post("/v1/replay?session_id=both&tab_id=t1&batch_id=own&seq=3")
            .bearer(shop.project.sdkKey())
            .body(
                "[{\"type\":3,\"data\":{\"source\":2,\"type\":2,\"id\":9},\"timestamp\":%d}]"
                    .formatted(visit.start + 3_000))
            .send();
    assertThat(own.json().get("session_id").asString()).isEqualTo(visit.id());
    String second = take(export(0));

    assertThat(second)
        .contains("1 sessions with 3 uploads")
        .contains("there before: 1 sessions, of which 1 got something more, and 2 events");
    JsonNode index = index(target, visit);
    assertThat(index.at("/verdict/state").asString()).as(index.toString()).isEqualTo("playable");
    assertThat(index.get("frames")).hasSize(5);
    assertThat(recording(target, visit).lines())
        .hasSize((int) recording(source, visit).lines().count() + 1)
        .containsAll(recording(source, visit).lines().toList());
    assertThat(
            target.column(
                "select chunk_count || ' ' || event_count || ' ' || tracked_count from session"
                    + " where name = 'both'"))
        .containsExactly("5 7 2");
    assertThat(target.column("select id || ' ' || chunk_count from tab order by id, chunk_count"))
        .containsExactly("t1 1", "t1 4", "t2 1");
    assertThat(target.column("select name from event where name not like 'session%' order by id"))
        .containsExactly("view", "buy");
    assertThat(target.column("select count(*)::text from page")).containsExactly("3");

    String third = take(export(0));
    assertThat(third)
        .contains("0 sessions with 0 uploads, 0 events")
        .contains("there before: 2 sessions, of which 0 got something more, and 3 events");
    assertThat(index(target, visit)).isEqualTo(index);
    Ended verified = run(ADMIN, "verify", "--url", target.url());
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
  }

  @Test
  void a_session_that_both_sides_end_has_one_end() {
    shop.track("ends", "ada", "view");
    Path open = export(0);
    take(open);
    // Both at the same time of the day, a while ago as everything here.
    for (TestServer each : List.of(source, target)) {
      each.server()
          .postgres()
          .own(handle ->
              handle.execute(
                  "update session set live_until = live_until - interval '1 h', closes_at = live_until"));
      each.server().events().closer().closeDue();
      assertThat(each.column("select name from event order by id")).contains("session_end");
    }
    take(export(0));
    assertThat(target.column("select name from event order by at, id"))
        .containsExactly("session_start", "view", "session_end");
  }

  @Test
  void what_is_lost_is_told_of_and_the_rest_moves() throws Exception {
    Visit lost = shop.visit("lost").page(0, "https://shop.example.com/a").upload();
    Visit kept = shop.visit("kept").page(0, "https://shop.example.com/b").upload();
    shop.archive();
    lost.click(2_000).upload();
    String object =
        source
            .column(
                "select project_id || '/' || object from recording_part where session_id = '"
                    + lost.id()
                    + "'")
            .getFirst();
    try (Stream<Path> all = Files.walk(source.folder().resolve("archive"))) {
      Files.delete(
          all.filter(path -> path.toString().endsWith(object.substring(object.lastIndexOf('/'))))
              .findFirst()
              .orElseThrow());
    }

    Path file = export(3);
    take(file);

    assertThat(recording(target, kept)).isEqualTo(recording(source, kept)).isNotEmpty();
    assertThat(recording(target, lost).lines()).hasSize(1);
    assertThat(index(target, lost).at("/verdict/state").asString()).isNotEqualTo("playable");
  }

  @Test
  void what_the_new_project_has_erased_stays_out_and_what_the_old_had_erased_too()
      throws Exception {
    Visit ada = shop.visit("ada-1").by("ada", "Ada", "ada@example.com");
    ada.page(0, "https://shop.example.com/").upload();
    shop.track("ada-2", "ada", "view");
    Visit bo = shop.visit("bo-1").by("bo", "Bo", "bo@example.com");
    bo.page(0, "https://shop.example.com/").upload();
    Visit cy = shop.visit("cy-1").by("cy", "Cy", "cy@example.com");
    cy.page(0, "https://shop.example.com/").upload();
    Path early = export(0);
    erase(source, "cy");
    take(export(0));
    assertThat(target.column("select name from session order by name"))
        .containsExactly("ada-1", "ada-2", "bo-1");
    assertThat(target.column("select kind from erasure")).containsExactly("profile");

    erase(target, "ada");
    String again = take(early);

    assertThat(again).contains("left out, as the project has erased them:");
    assertThat(target.column("select name from session order by name")).containsExactly("bo-1");
    assertThat(target.column("select id from profile where id <> 'bo'")).isEmpty();
    assertThat(target.column("select name from event where profile_id = 'ada'")).isEmpty();
    var late =
        target
            .post("/v1/replay?session_id=cy-2&tab_id=t1&batch_id=late&profile_id=cy")
            .bearer(shop.project.sdkKey())
            .body("[{\"type\":5,\"data\":{},\"timestamp\":" + System.currentTimeMillis() + "}]")
            .send();
    assertThat(late.status()).as(late.body()).isNotEqualTo(200);
  }

  private void erase(TestServer of, String profile) throws Exception {
    var answer =
        of.call("DELETE", "/api/projects/" + shop.project.id() + "/profiles/" + profile)
            .admin()
            .send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    for (int i = 0; i < 200; i++) {
      if (of.count("select count(*) from erasure where rows_removed_at is null") == 0) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("the erasure does not end");
  }

  @Test
  void entries_that_are_none_are_refused_by_name() throws IOException {
    shop.visit("one").page(0, "https://shop.example.com/").upload();
    Path file = export(0);
    String project = "/api/projects/" + shop.project.id();
    var begun = target.post("/api/projects/import").admin().body("{\"form\":\"letter\"}").send();
    assertThat(begun.status()).isEqualTo(400);
    assertThat(begun.json().at("/errors/0/field").asString()).isEqualTo("body");
    take(file);

    byte[] all = Files.readAllBytes(file);
    var whole = target.post(project + "/import").admin().body(all).send();
    assertThat(whole.status()).as(whole.body()).isEqualTo(200);
    assertThat(whole.json().get("known").asInt()).isOne();

    shop.visit("two").page(0, "https://shop.example.com/").upload();
    byte[] more = Files.readAllBytes(export(0));
    int cut = indexOf(more, ".ndjson.zst") + 600;
    var half = target.post(project + "/import").admin().body(Arrays.copyOf(more, cut)).send();
    assertThat(half.status()).isEqualTo(400);
    assertThat(half.json().get("detail").asString()).contains(".ndjson.zst");

    assertThat(target.post(project + "/import").admin().body("no tar".repeat(200)).send().status())
        .isEqualTo(400);
    var after = source.get(project + "/export?after=nonsense").admin().send();
    assertThat(after.status()).isEqualTo(400);
    assertThat(after.json().at("/errors/0/field").asString()).isEqualTo("after");
    assertThat(
            source
                .get("/api/projects/018f0000-0000-7000-8000-000000000000/export")
                .admin()
                .send()
                .status())
        .isEqualTo(404);
  }

  private static int indexOf(byte[] all, String text) {
    return new String(all, StandardCharsets.ISO_8859_1).lastIndexOf(text);
  }
}

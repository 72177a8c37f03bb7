package dev.backspool.server;

import static dev.backspool.server.Shop.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.Shop.Ended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A project that is exported and imported more than once, while both sides go on. */
final class RepeatedTransferTest {
  private static final Map<String, String> ADMIN =
      Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN);

  private static final int TAR_HEADER = 512;

  private static final String PEOPLE = "select distinct profile_id from session order by 1";

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
    take(early);
    assertThat(target.column(PEOPLE)).containsExactly("ada", "bo", "cy");
    String cysPart =
        target
            .column("select object from recording_part where session_id = '%s'".formatted(cy.id()))
            .getFirst();
    erase(source, "cy");
    take(export(0));
    assertThat(target.column(PEOPLE)).containsExactly("ada", "bo");
    assertThat(
            target.count("select count(*) from receipt where session_id = '%s'".formatted(cy.id())))
        .isZero();
    assertThat(target.column("select object from doomed_object")).containsExactly(cysPart);
    assertThat(target.column("select name from session order by name"))
        .containsExactly("ada-1", "ada-2", "bo-1");
    assertThat(target.column("select kind from erasure"))
        .as("the receipt of the other side, and one of what was removed here")
        .containsExactly("profile", "profile");

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
    assertThat(late.status()).as(late.body()).isEqualTo(410);
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

    Visit two = shop.visit("two").page(0, "https://shop.example.com/").upload();
    byte[] more = Files.readAllBytes(export(0));
    int cut = indexOf(more, "recordings/" + two.id() + ".ndjson.zst") + TAR_HEADER + 20;
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

  /** The first one, as entries stand before the manifest that names them. */
  private static int indexOf(byte[] all, String text) {
    return new String(all, StandardCharsets.ISO_8859_1).indexOf(text);
  }

  private static void assertClean(TestServer of) {
    Ended verified = run(ADMIN, "verify", "--url", of.url());
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
  }

  /** A recorder that had no answer: its events come again, under another name. */
  private static Visit twice(Visit visit, long at) {
    return visit.click(at).upload().click(at).upload();
  }

  @Test
  void what_was_sent_twice_and_archived_once_moves_with_its_counts() throws Exception {
    Visit visit = twice(shop.visit("twice").page(0, "https://shop.example.com/").upload(), 1_000);
    shop.archive();
    assertThat(
            source.column(
                "select part.event_count || ' of ' || session.event_count from recording_part part"
                    + " join session on session.id = session_id"))
        .containsExactly("3 of 4");
    take(export(0));
    twice(visit, 2_000);
    shop.archive();
    take(export(0));

    String receipts = "select batch_id || ' ' || event_count from receipt order by 1";
    assertThat(target.column(receipts)).isEqualTo(source.column(receipts)).hasSize(5);
    assertThat(target.column("select event_count from session")).containsExactly("6");
    assertClean(source);
    assertClean(target);

    source.server().postgres().own(handle -> handle.execute("delete from receipt"));
    Ended copied =
        run(ADMIN, "import", "project", export(0), "--url", target.url(), "--project", "Copy");
    assertThat(copied.code()).as(copied.err()).isZero();
    assertThat(target.count("select count(*) from receipt")).as("those of the first").isEqualTo(5);
    assertClean(target);
  }

  @Test
  void receipts_by_another_secret_are_left_out_and_counted() throws Exception {
    for (String name : List.of("ada", "bo")) {
      Visit visit = shop.visit(name).by(name, name, name + "@example.com");
      visit.page(0, "https://shop.example.com/").upload();
    }
    take(export(0));
    erase(target, "ada");
    erase(source, "bo");

    assertThat(take(export(0))).contains("by another secret: 1 receipts of erasures");
    assertThat(target.column(PEOPLE)).containsExactly("bo");
    assertThat(target.count("select count(*) from erasure")).isOne();
  }

  @Test
  void of_sessions_that_come_together_the_one_is_named_that_cannot_be_stored() throws Exception {
    var names = new ArrayList<String>();
    for (String name : List.of("one", "two", "three")) {
      names.add(shop.visit(name).page(0, "https://shop.example.com/").upload().id());
    }
    names.sort(null);
    Path file = export(0);
    String refused = "sessions/" + names.get(1) + ".json";
    var answer =
        target
            .post("/api/projects/" + begun(file) + "/import")
            .admin()
            .body(
                rewritten(
                    file,
                    (name, content) ->
                        name.equals(refused)
                            ? content.replace("\"chunk_count\":1,", "\"chunk_count\":99999999999,")
                            : content))
            .send();

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).startsWith(refused + " cannot be stored");
    assertThat(target.column("select id from session")).containsExactly(names.getFirst());
    take(file);
    assertThat(target.column("select id from session order by id")).isEqualTo(names);
    assertClean(target);
  }

  /** Begins the import of a file; gives the project. */
  private String begun(Path file) throws IOException {
    var head = new AtomicReference<String>();
    rewritten(
        file,
        (name, content) -> {
          if (name.equals("project.json")) {
            head.set(content);
          }
          return content;
        });
    var answer = target.post("/api/projects/import").admin().body(head.get()).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().at("/project/id").asString();
  }

  /** The same entries, some with another content. */
  private static byte[] rewritten(Path file, BinaryOperator<String> change) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var from = new TarArchiveInputStream(Files.newInputStream(file));
        var to = new TarArchiveOutputStream(out)) {
      for (TarArchiveEntry entry = from.getNextEntry();
          entry != null;
          entry = from.getNextEntry()) {
        String content = new String(from.readAllBytes(), StandardCharsets.ISO_8859_1);
        byte[] bytes = change.apply(entry.getName(), content).getBytes(StandardCharsets.ISO_8859_1);
        var written = new TarArchiveEntry(entry.getName());
        written.setSize(bytes.length);
        to.putArchiveEntry(written);
        to.write(bytes);
        to.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }

  /** To add a day, nobody may be reading for a moment: the import waits for it, and nobody else. */
  @Test
  void who_reads_events_for_long_holds_up_no_events() throws Exception {
    Instant now = clock.instant();
    clock.set(now.minus(Duration.ofDays(5)));
    shop.track("old", "ada", "view");
    clock.set(now);
    Path file = export(0);
    begun(file);
    var locked = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader =
          threads.submit(() ->
              target
                  .server()
                  .postgres()
                  .own(handle -> {
                    handle.execute("lock table event in access share mode");
                    locked.countDown();
                    return awaited(release);
                  }));
      locked.await();
      Future<String> importing = threads.submit(() -> take(file));
      while (target.count(
              "select count(*) from pg_stat_activity where query like 'select add_event_day%'")
          == 0) {
        assertThat(importing.isDone()).isFalse();
      }
      for (int i = 0; i < 3; i++) {
        long began = System.nanoTime();
        var answer =
            target
                .post("/v1/events")
                .bearer(shop.project.sdkKey())
                .json(Map.of("session_id", "new", "events", List.of(Map.of("name", "n" + i))))
                .send();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
      }
      assertThat(importing.isDone()).isFalse();
      release.countDown();
      reader.get();
      assertThat(importing.get()).contains("1 sessions");
    }
    String day = LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(5).toString().replace("-", "");
    assertThat(target.column("select name from event_" + day + " order by id")).contains("view");
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.backspool.server;

import static dev.backspool.server.Shop.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.eventday.EventLine;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.retention.Past;
import dev.backspool.server.Shop.Ended;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands make of days of events that have left PostgreSQL. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class ArchivedEventsCommandsTest {
  @TempDir private Path folder;
  private Past past;

  @BeforeEach
  void fill() {
    past = new Past(folder, 30, Map.of());
    past.tracked("a", 5);
    past.tracked("b", 3);
    past.days(11);
    past.settle();
    past.run();
    assertThat(past.archivedRows()).isEqualTo(12);
    past.tracked("late", 4);
    past.settle();
  }

  @AfterEach
  void stop() {
    past.close();
  }

  /** The settings of commands on the server's data. */
  private Map<String, String> data() {
    var data = new HashMap<>(past.settings);
    data.put("BACKSPOOL_DATABASE_URL", TestServer.url(past.database));
    data.put("BACKSPOOL_DATA_DIR", folder.resolve("data").toString());
    return data;
  }

  /** The lines of all entries of events. */
  private static List<String> events(Path tar) throws IOException {
    var lines = new ArrayList<String>();
    try (var in = new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(tar)))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        if (entry.getName().startsWith("events/")) {
          lines.addAll(text.lines().toList());
        }
      }
    }
    return lines;
  }

  @Test
  void an_export_has_them_and_an_import_brings_each_event_once() throws Exception {
    List<String> archived = past.archivedTexts().stream().map(String::strip).toList();
    Path file = folder.resolve("shop.tar");
    Ended export = run(data(), "export", "project", "--out", file);
    assertThat(export.code()).as(export.err()).isZero();
    List<String> lines = events(file);
    assertThat(lines).hasSize(12 + 5).containsAll(archived);
    assertThat(lines.subList(0, 12)).isEqualTo(archived);

    TestPostgres.Address database = TestPostgres.freshDatabase();
    var elsewhere = new HashMap<String, String>();
    elsewhere.put("BACKSPOOL_DATABASE_URL", TestServer.url(database));
    elsewhere.put("BACKSPOOL_ARCHIVE_URL", "file:" + folder.resolve("elsewhere"));
    elsewhere.put("BACKSPOOL_DATA_DIR", folder.resolve("data-elsewhere").toString());
    Ended taken = run(elsewhere, "import", "project", file);
    assertThat(taken.code()).as(taken.err()).isZero();
    try (TestServer there =
        TestServer.start(
            database,
            Map.of("BACKSPOOL_ARCHIVE_URL", "file:" + folder.resolve("elsewhere")),
            past.clock)) {
      assertThat(there.count("select count(*) from event")).isEqualTo(17);
    }

    Ended again = run(data(), "import", "project", file);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(past.rows("event")).as("what is archived is known").isEqualTo(5);
    assertThat(past.held()).isEqualTo(17);
  }

  @Test
  void what_an_import_adds_to_an_archived_day_joins_it() throws Exception {
    Path file = folder.resolve("shop.tar");
    assertThat(run(data(), "export", "project", "--out", file).code()).isZero();
    // As if the day had never come here.
    past.server.server().postgres().own(handle -> handle.execute("delete from event_day"));
    assertThat(run(data(), "import", "project", file).code()).isZero();
    assertThat(past.rows("event")).isEqualTo(17);
    past.settle();
    past.days(2);
    past.run();
    assertThat(past.left()).isEmpty();
    assertThat(past.archivedRows()).isEqualTo(12);
    // More than once through one server, from which the day leaves in between.
    for (int added = 1; added <= 2; added++) {
      take(line(999_999_900 + added, "added", null));
      assertThat(past.server.count("select count(*) from event_default where name = 'added'"))
          .isZero();
      past.settle();
      past.days(2);
      past.run();
      assertThat(past.left()).isEmpty();
      assertThat(past.archivedRows()).isEqualTo(12 + added);
    }
    assertThat(past.server.count("select count(*) from event_day")).isOne();
    // The session of the late ones has ended by now, which is an event more.
    assertThat(past.held()).isEqualTo(past.rows("event") + 14);
    past.clock.set(Instant.now().plus(Duration.ofDays(1))); // As late as the database has it.
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).hasSize(1);
  }

  /** A line of an event of the archived day. */
  private String line(long id, String name, @Nullable String session) {
    return """
    {"id":%d,"at":"%2$sT13:00:00Z","received_at":"%2$sT13:00:00Z","name":"%3$s",%4$s"properties":{}}
    """
        .formatted(
            id,
            past.today,
            name,
            session == null ? "" : "\"session_id\":\"%s\",".formatted(session));
  }

  /** Imports an entry of the archived day through the server. */
  private void take(String... lines) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(out)) {
      byte[] bytes = String.join("", lines).getBytes(StandardCharsets.UTF_8);
      var entry = new TarArchiveEntry("events/%s/00001.ndjson".formatted(past.today));
      entry.setSize(bytes.length);
      tar.putArchiveEntry(entry);
      tar.write(bytes);
      tar.closeArchiveEntry();
    }
    var answer = past.server.post(past.path() + "/import").admin().body(out.toByteArray()).send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void an_import_brings_no_second_start_or_end_of_an_archived_session() throws Exception {
    String session =
        past.archived().stream()
            .filter(line -> line.name().equals("session_start"))
            .map(EventLine::session)
            .findFirst()
            .orElseThrow();
    take(
        line(999_999_901, "session_start", session),
        line(999_999_902, "session_end", session),
        line(999_999_903, "bought", session),
        line(999_999_904, "session_start", "00000000-0000-4000-8000-000000000001"));
    assertThat(past.server.column("select id::text from event where id > 999999900 order by id"))
        .containsExactly("999999903", "999999904");
  }

  @Test
  void a_rebuild_through_a_server_fills_the_columnar_store_anew() {
    String generation =
        "select min(generation)::text from sync_cursor where mapping = 'events' and project_id = '%s'"
            .formatted(past.id());
    assertThat(past.server.column(generation)).containsExactly("1");
    Ended rebuilt =
        run(
            Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
            "sync",
            "rebuild",
            "--url",
            past.server.url());
    assertThat(rebuilt.code()).as(rebuilt.err()).isZero();
    assertThat(rebuilt.err()).contains("Analytics is filled anew.");
    assertThat(past.server.column(generation)).containsExactly("2");
    assertThat(past.held()).isEqualTo(17);

    Ended one =
        run(
            Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
            "sync",
            "rebuild",
            "--project",
            "Shop",
            "--sink",
            "Analytics",
            "--url",
            past.server.url());
    assertThat(one.code()).as(one.err()).isZero();
    assertThat(past.server.column(generation)).containsExactly("3");
    assertThat(past.held()).isEqualTo(17);

    Ended none =
        run(
            Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
            "sync",
            "rebuild",
            "--sink",
            "Nobody",
            "--url",
            past.server.url());
    assertThat(none.code()).isOne();
    assertThat(none.err()).contains("There is no sink Nobody.");
  }

  @Test
  void a_rebuild_without_a_server_makes_the_store_where_there_is_none() throws Exception {
    past.server.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().contains("analytics")).toList()) {
        Files.delete(file);
      }
    }
    Ended rebuilt = run(data(), "sync", "rebuild");
    assertThat(rebuilt.code()).as(rebuilt.err()).isZero();
    Ended verified = run(data(), "sync", "verify");
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    past.server = TestServer.start(past.database, past.settings, past.clock);
    assertThat(past.held()).isEqualTo(17);
  }
}

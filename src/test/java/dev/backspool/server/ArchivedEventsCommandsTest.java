package dev.backspool.server;

import static dev.backspool.server.Shop.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.TestPostgres;
import dev.backspool.retention.Past;
import dev.backspool.server.Shop.Ended;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
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
    past.server
        .server()
        .postgres()
        .own(handle -> {
          handle
              .createQuery("select add_event_day(:day)")
              .bind("day", past.today)
              .mapTo(String.class)
              .list();
          return handle.execute(
              """
              insert into event (project_id, id, at, received_at, name, properties)
              values (?, 999999999, ?, ?, 'added', '{}')
              """,
              past.id(),
              past.today.atTime(13, 0).atOffset(java.time.ZoneOffset.UTC),
              past.today.atTime(13, 0).atOffset(java.time.ZoneOffset.UTC));
        });
    past.settle();
    past.days(2);
    past.run();
    assertThat(past.left()).isEmpty();
    assertThat(past.archivedRows()).isEqualTo(13);
    assertThat(past.server.count("select count(*) from event_day")).isOne();
    assertThat(past.held()).isEqualTo(5 + 13);
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).hasSize(1);
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

package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import dev.backspool.event.SessionIds;
import dev.backspool.postgres.TestPostgres;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code backspool import openpanel}, on files as OpenPanel gives them. */
final class ImportOpenPanelTest {
  private static final String SESSION = "AAECAwQFBgcICQoLDA0ODw";

  /** A visit of the table, as {@code select * from events format JSONEachRow} gives it. */
  private static final String VISIT =
      """
      {"id":"0b5ef5a4-0000-4000-8000-000000000001","name":"session_start","sdk_name":"web","device_id":"dev1","profile_id":"dev1","session_id":"%1$s","groups":[],"path":"/","origin":"https://shop.example.com","referrer":"https://www.google.com/","referrer_name":"Google","referrer_type":"search","revenue":0,"duration":0,"properties":{"__query.utm_source":"news"},"created_at":"2023-03-01 10:00:00.000","country":"SE","city":"","os":"iOS"}
      {"id":"0b5ef5a4-0000-4000-8000-000000000002","name":"screen_view","sdk_name":"web","sdk_version":"1.3.1","device_id":"dev1","profile_id":"dev1","session_id":"%1$s","groups":[],"path":"/","origin":"https://shop.example.com","referrer":"https://www.google.com/","referrer_name":"Google","referrer_type":"search","revenue":0,"duration":0,"properties":{"__query.utm_source":"news"},"created_at":"2023-03-01 10:00:00.100","country":"SE","city":"Malmö","longitude":13.0,"latitude":55.6,"os":"iOS","browser":"Safari"}
      {"id":"0b5ef5a4-0000-4000-8000-000000000003","name":"revenue","sdk_name":"node","device_id":"dev1","profile_id":"ada","session_id":"%1$s","groups":["acme"],"path":"/cart","origin":"https://shop.example.com","revenue":1999,"duration":0,"properties":{"sku":"lamp"},"created_at":"2023-03-01 10:05:00.100","country":"SE"}
      {"id":"0b5ef5a4-0000-4000-8000-000000000004","name":"session_end","sdk_name":"web","device_id":"dev1","profile_id":"ada","session_id":"%1$s","groups":["acme"],"path":"/cart","origin":"https://shop.example.com","revenue":0,"duration":300000,"properties":{"__bounce":"true"},"created_at":"2023-03-01 10:05:01.100","country":"SE"}
      """
          .formatted(SESSION);

  @TempDir private Path folder;
  private TestPostgres.Address database;

  @BeforeEach
  void openDatabase() {
    database = TestPostgres.freshDatabase();
  }

  private record Ended(int code, String out, String err) {}

  private Ended run(Path... files) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] words = new String[files.length + 4];
    words[0] = "import";
    words[1] = "openpanel";
    words[2] = "--project";
    words[3] = "Shop";
    for (int i = 0; i < files.length; i++) {
      words[i + 4] = files[i].toString();
    }
    int code =
        Main.commandLine(Map.of("BACKSPOOL_DATABASE_URL", TestServer.url(database)))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new Ended(code, out.toString(), err.toString());
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private List<String> column(String sql) {
    try (var server = TestServer.start(database, Map.of())) {
      return server.column(sql);
    }
  }

  @Test
  void a_visit_comes_as_it_was() throws IOException {
    Ended imported = run(file("events.ndjson", VISIT));

    assertThat(imported.code()).as(imported.err()).isZero();
    assertThat(imported.out()).contains("4 events");
    UUID session = SessionIds.parse(SESSION);
    try (var server = TestServer.start(database, Map.of())) {
      assertThat(
              server.column(
                  "select concat_ws(' ', name, at at time zone 'UTC', session_id, device_id,"
                      + " profile_id, path, duration_ms, revenue, country, sdk_name) from event"
                      + " order by at"))
          .containsExactly(
              "session_start 2023-03-01 10:00:00 %s dev1 dev1 / SE web".formatted(session),
              "screen_view 2023-03-01 10:00:00.1 %s dev1 dev1 / SE web".formatted(session),
              "revenue 2023-03-01 10:05:00.1 %s dev1 ada /cart 1999 SE node".formatted(session),
              "session_end 2023-03-01 10:05:01.1 %s dev1 ada /cart 300000 SE web"
                  .formatted(session));
      assertThat(
              server.column(
                  "select concat_ws(' ', id, name, source, profile_id, tracked_count,"
                      + " screen_view_count, revenue, entry_path, exit_path, tracked_from at time"
                      + " zone 'UTC', last_event_at at time zone 'UTC', closes_at is null, groups,"
                      + " first_event->>'referrerName', first_event->>'utm_source') from session"))
          .containsExactly(
              session
                  + " "
                  + SESSION
                  + " import ada 2 1 1999 / /cart 2023-03-01 10:00:00.1 2023-03-01 10:05:00.1 t"
                  + " {acme} Google news");
      assertThat(server.column("select id from profile")).containsExactly("ada");
    }
  }

  @Test
  void again_stores_nothing_and_in_any_order_comes_to_the_same() throws IOException {
    Path backwards = file("back.ndjson", String.join("\n", VISIT.lines().toList().reversed()));
    run(backwards);
    Ended again = run(file("events.ndjson", VISIT));

    assertThat(again.out()).contains("4 events, 4 were there");
    assertThat(column("select name from event order by at"))
        .containsExactly("session_start", "screen_view", "revenue", "session_end");
    assertThat(column("select tracked_count || ' ' || entry_path || exit_path from session"))
        .containsExactly("2 //cart");
  }

  @Test
  void rows_one_file_each_come_to_the_same_session() throws IOException {
    List<String> rows = VISIT.lines().toList();
    for (int i : new int[] {3, 2, 0, 1}) {
      assertThat(run(file("row" + i + ".json", rows.get(i))).code()).isZero();
    }

    assertThat(
            column(
                "select concat_ws(' ', tracked_count, tracked_from at time zone 'UTC',"
                    + " started_at at time zone 'UTC', last_event_at at time zone 'UTC',"
                    + " closes_at is null, first_event->>'referrerName') from session"))
        .containsExactly(
            "2 2023-03-01 10:00:00.1 2023-03-01 10:00:00.1 2023-03-01 10:05:00.1 t Google");
    assertThat(column("select name from event")).hasSize(4);
  }

  @Test
  void pages_of_the_export_api_arrays_gzip_and_zstd_are_read() throws IOException {
    String page =
        """
        {"meta":{"count":2,"totalCount":2,"pages":1,"current":1},"data":[
          {"id":"a1","name":"buy","deviceId":"d","profileId":"bo","sessionId":"%s","createdAt":"2024-01-02T03:04:05.678Z","path":"/p","properties":{"n":{"m":1}},"profile":{"id":"bo","firstName":"Bo","email":"bo@example.com","properties":{"plan":"pro"}}},
          {"id":"a2","name":"ping","deviceId":"","profileId":"","sessionId":"","createdAt":"2024-01-02T03:04:05Z"}]}
        {"meta":{"count":0},"data":[]}
        """
            .formatted(UUID.randomUUID());
    Path gzip = folder.resolve("pages.json.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(page.getBytes(StandardCharsets.UTF_8));
    }
    Path zstd = folder.resolve("array.json.zst");
    try (var out = new ZstdOutputStream(Files.newOutputStream(zstd))) {
      out.write(
          ("[" + String.join(",", VISIT.lines().toList()) + "]").getBytes(StandardCharsets.UTF_8));
    }
    Ended imported = run(gzip, zstd);

    assertThat(imported.code()).as(imported.err()).isZero();
    assertThat(imported.out()).contains("2 events").contains("4 events");
    assertThat(
            column(
                "select concat_ws(' ', name, properties, coalesce(session_id::text, 'alone')) from"
                    + " event where name in ('buy', 'ping') order by name desc"))
        .satisfiesExactly(
            ping -> assertThat(ping).isEqualTo("ping {} alone"),
            buy -> assertThat(buy).startsWith("buy {\"n.m\":\"1\"} "));
    assertThat(
            column(
                "select concat_ws(' ', id, first_name, email, properties->>'plan') from profile"
                    + " where id = 'bo'"))
        .containsExactly("bo Bo bo@example.com pro");
  }

  @Test
  void a_session_without_its_ends_gets_them_once_no_more_is_to_come() throws IOException {
    List<String> rows = VISIT.lines().toList();
    run(file("middle.ndjson", rows.get(1) + "\n" + rows.get(2)));
    var clock = new SettableClock(Instant.now());
    try (var server = TestServer.start(database, Map.of(), clock)) {
      assertThat(server.column("select name from event")).hasSize(2);
      clock.set(Instant.now().plus(Duration.ofHours(2)));
      server.server().events().closer().closeDue();
      assertThat(
              server.column(
                  "select concat_ws(' ', name, at at time zone 'UTC', duration_ms) from event"
                      + " where name like 'session%' order by at"))
          .containsExactly(
              "session_start 2023-03-01 10:00:00", "session_end 2023-03-01 10:05:01.1 300000");
    }
  }

  @Test
  void more_rows_than_one_transaction_are_stored_once_each() throws IOException {
    var text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append(
          """
          {"id":"id%d","name":"tick","device_id":"d%d","profile_id":"d%2$d","session_id":"s%2$d","created_at":"2024-05-01 00:00:00","properties":{"n":"%1$d"}}
          """
              .formatted(i, i % 500));
    }
    Path file = file("many.ndjson", text.toString());
    assertThat(run(file).code()).isZero();
    assertThat(run(file).out()).contains("20000 events, 20000 were there");

    assertThat(column("select count(*)::text from event")).containsExactly("20000");
    assertThat(column("select distinct tracked_count::text from session")).containsExactly("40");
  }

  @Test
  void what_cannot_be_read_is_said_with_its_row() throws IOException {
    assertThat(
            run(file("a.json", "{\"name\":\"a\",\"created_at\":\"2024-05-01\"}\n{\"x\":1}")).err())
        .contains("a.json: Row 2 has no name")
        .doesNotContain("\tat ");
    assertThat(run(file("b.json", "{\"name\":\"a\",\"created_at\":\"soon\"}")).err())
        .contains("Row 1 has no created_at");
    assertThat(run(file("c.json", "{\"name\":")).err()).contains("Row 1 cannot be read");
    assertThat(run(folder.resolve("none")).err()).contains("cannot be read");
    assertThat(run().code()).isEqualTo(2);
  }
}

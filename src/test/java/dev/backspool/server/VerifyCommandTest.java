package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.Project;
import dev.backspool.api.VerifyJson.Line;
import dev.backspool.api.VerifyJson.ProgressJson;
import dev.backspool.api.Visit;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.verify.Finding;
import dev.backspool.verify.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code backspool verify}, as an operator types it. */
final class VerifyCommandTest {
  private static TestPostgres.Address database;
  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    database = TestPostgres.freshDatabase();
    server = TestServer.start(database, Map.of());
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private record Ended(int code, String out, String err) {}

  private static Ended run(Map<String, String> environment, String... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Main.commandLine(environment)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new Ended(code, out.toString(), err.toString());
  }

  /** Beside the server, on its database and its archive. */
  private static Ended beside(String... words) {
    return run(
        Map.of(
            "BACKSPOOL_DATABASE_URL",
            TestServer.url(database),
            "BACKSPOOL_DATA_DIR",
            server.folder().toString()),
        words);
  }

  private static void sql(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  @Test
  void tells_what_is_wrong_where_and_what_to_do_beside_the_server_and_through_it()
      throws Exception {
    Visit visit = new Visit(server, project, "told").page(0, "https://shop.example.com/").upload();
    Ended clean = beside("verify");
    assertThat(clean.code()).as(clean.out() + clean.err()).isZero();
    assertThat(clean.out())
        .contains("1 sessions with 1 uploads and 0 events")
        .endsWith("Nothing is wrong.\n");

    sql("update session set event_count = 99");
    Path stray =
        server.folder().resolve("archive/" + project.id() + "/recordings/2026-11-01/00112233.bksp");
    Files.createDirectories(stray.getParent());
    Files.writeString(stray, "stray");
    Files.setLastModifiedTime(stray, FileTime.fromMillis(0));

    var token = Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN);
    for (Ended wrong :
        new Ended[] {
          beside("verify", "--project", "Shop"),
          run(token, "verify", "--project", "Shop", "--url", server.url().toString())
        }) {
      assertThat(wrong.code()).as(wrong.err()).isOne();
      assertThat(wrong.out())
          .contains("inconsistent: upload_count\n  project Shop, session " + visit.id() + "\n")
          .contains("1 upload with 99 events; there are 1 with 2.")
          .contains("leftover: object_orphaned\n")
          .contains("object " + project.id() + "/recordings/2026-11-01/00112233.bksp")
          .contains("inconsistent: 1 upload_count\n")
          .contains("leftover: 1 object_orphaned\n");
    }

    Ended json = beside("verify", "--json");
    assertThat(json.code()).isOne();
    JsonNode report = TestServer.JSON.readTree(json.out());
    assertThat(report.get("findings").size()).isEqualTo(2);
    assertThat(report.at("/findings/0/kind").asString()).isEqualTo("upload_count");
    assertThat(report.at("/findings/0/session").asString()).isEqualTo(visit.id());
    assertThat(report.at("/summary/clean").asBoolean()).isFalse();

    Ended repaired = run(token, "verify", "--repair", "--url", server.url().toString());
    assertThat(repaired.code()).as(repaired.out() + repaired.err()).isZero();
    assertThat(repaired.out())
        .contains("  Repaired.\n")
        .contains("inconsistent: 1 upload_count (1 repaired)")
        .endsWith("All of it is repaired.\n");
    assertThat(stray).doesNotExist();
    assertThat(server.count("select event_count from session")).isEqualTo(2);

    JsonNode nothing = TestServer.JSON.readTree(beside("verify", "--json", "--quick").out());
    assertThat(nothing.get("findings").size()).isZero();
    assertThat(nothing.at("/summary/clean").asBoolean()).isTrue();
  }

  @Test
  void a_wrong_call_is_told_from_a_finding() {
    assertThat(beside("verify", "--fix").code()).isEqualTo(2);
    Ended unknown = beside("verify", "--project", "Nobody's");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("There is no project Nobody's");
  }

  @Test
  void what_keeps_it_from_verifying_is_said_in_a_sentence() {
    Ended tokenless = run(Map.of(), "verify", "--url", server.url().toString());
    assertThat(tokenless.code()).isOne();
    assertThat(tokenless.err()).contains("wants the admin token").doesNotContain("\tat ");

    Ended wrongToken =
        run(Map.of(), "verify", "--url", server.url().toString(), "--token", "bst_wrong");
    assertThat(wrongToken.err()).contains("answered 401");

    Ended nobody = run(Map.of(), "verify", "--url", "http://127.0.0.1:1", "--token", "t");
    assertThat(nobody.code()).isOne();
    assertThat(nobody.err()).contains("No server answers").doesNotContain("\tat ");

    Ended away =
        run(
            Map.of(
                "BACKSPOOL_DATABASE_URL",
                TestServer.url(database),
                "BACKSPOOL_ARCHIVE_URL",
                "file:/proc/no-archive-can-be-here"),
            "verify");
    assertThat(away.code()).isOne();
    assertThat(away.err()).contains("/proc/no-archive-can-be-here").doesNotContain("\tat ");
  }

  @Test
  void how_far_it_is_reads_as_a_line() {
    var progress = new ProgressJson("sessions", 250, 1_000, 1_500_000_000);
    assertThat(VerifyProgress.line(progress, Duration.ofSeconds(5)))
        .isEqualTo("sessions: 250 of 1,000 (25 %), 1.5 GB, 50/s, 0:15 left");
  }

  @Test
  void what_was_found_before_it_broke_off_is_json_all_the_same() {
    var out = new StringWriter();
    var command = Main.commandLine(Map.of()).setOut(new PrintWriter(out));
    var place = new Finding.Place(project.id(), null, null, List.of(), "an object");
    try (var report = new VerifyReport(command, true, false)) {
      report.accept(
          Line.of(new Finding(Kind.OBJECT_ORPHANED, place, "It is there", null, null), "Shop"));
      assertThatThrownBy(() -> report.accept(Line.failure("the archive went away")))
          .isInstanceOf(Sentence.class);
    }
    JsonNode broken = TestServer.JSON.readTree(out.toString());
    assertThat(broken.get("findings").size()).isOne();
    assertThat(broken.get("summary").isNull()).isTrue();
  }
}

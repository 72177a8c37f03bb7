package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.recording.Part;
import dev.backspool.recording.TestArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exporting sessions out of the archive, from the data itself and from a running server. */
@SuppressWarnings("NullAway.Init") // JUnit sets the field
final class ExportTest {
  private static TestArchive archive;
  private static TestServer server;
  private static Project project;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    archive = TestArchive.directory(true);
    server = archive.server();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    archive.close();
  }

  private record Ended(int code, String err, List<String> lines) {}

  private Ended export(String session, String... words) throws IOException {
    Path file = folder.resolve("exported.ndjson");
    var all = new ArrayList<>(List.of("export", session, "--out", file.toString()));
    all.addAll(Arrays.asList(words));
    var err = new StringWriter();
    int code =
        Main.commandLine(server.settings())
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Ended(code, err.toString(), Files.readAllLines(file));
  }

  private List<Ended> bothWays(String session) throws IOException {
    return List.of(export(session), export(session, "--url", server.url().toString()));
  }

  /** Three uploads of one event each, named by their place. */
  private static String session(String name) {
    String id = "";
    for (int i = 0; i < 3; i++) {
      var answer =
          server
              .post("/v1/replay?session_id=%s&batch_id=%s-%d".formatted(name, name, i))
              .bearer(project.sdkKey())
              .body(
                  "[{\"type\":3,\"timestamp\":%d,\"data\":{\"n\":%d}}]"
                      .formatted(System.currentTimeMillis() - 3_000 + i * 1_000L, i))
              .send();
      assertThat(answer.status()).isEqualTo(200);
      id = answer.json().get("session_id").asString();
    }
    return id;
  }

  private static String event(int n) {
    return "\"data\":{\"n\":" + n + "}}";
  }

  @Test
  void an_archived_session_is_exported_as_plain_lines() throws IOException {
    String session = session("plain");
    archive.archive(project.id(), session, frame -> frame.ordinal() < 2);

    for (Ended ended : bothWays(session)) {
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.lines()).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(ended.lines().get(i)).endsWith(event(i));
      }
    }
  }

  @Test
  void what_is_lost_is_named_and_the_rest_is_exported() throws IOException {
    String session = session("lost");
    Part part = archive.archive(project.id(), session, frame -> frame.ordinal() == 1);
    archive.lose(part);

    List<Ended> both = bothWays(session);

    for (Ended ended : both) {
      assertThat(ended.code()).isOne();
      assertThat(ended.err()).startsWith("The export is not complete");
      assertThat(ended.lines()).hasSize(2);
      assertThat(ended.lines().getLast()).endsWith(event(2));
    }
    assertThat(both.getFirst().err())
        .contains(
            "%s to %s: 1 events: The archive holds no ".formatted(part.firstAt(), part.lastAt()));
    assertThat(both.getLast().err())
        .contains("could not read 1 of 3 events")
        .contains("The archive does not have this part of the recording any more.");
  }

  @Test
  void a_damaged_upload_is_named_by_its_time() throws IOException {
    String session = session("damaged");
    archive.flip(archive.archive(project.id(), session, frame -> frame.ordinal() == 0), 60);

    List<Ended> both = bothWays(session);

    for (Ended ended : both) {
      assertThat(ended.code()).isOne();
      assertThat(ended.lines()).hasSize(2);
    }
    assertThat(both.getFirst().err()).contains("1 events of tab main: group 0 ");
    assertThat(both.getLast().err()).contains("could not read 1 of 3 events");
  }

  @Test
  void an_archive_that_is_away_is_said() throws IOException {
    String session = session("away");
    archive.archive(project.id(), session, frame -> frame.ordinal() == 2);
    archive.goAway();
    try {
      for (Ended ended : bothWays(session)) {
        assertThat(ended.code()).isOne();
        assertThat(ended.lines()).hasSize(2);
      }
      assertThat(export(session).err()).contains("is gone or not mounted");
    } finally {
      archive.comeBack();
    }
  }
}

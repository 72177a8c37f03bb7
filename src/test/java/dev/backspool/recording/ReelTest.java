package dev.backspool.recording;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reading while frames move: from PostgreSQL into the archive, and from object to object. */
final class ReelTest {
  private static TestArchive archive;
  private static TestServer server;
  private static Project project;

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

  /** Uploads so many batches of one event and gives the session's id. */
  private static String session(String name, int uploads) {
    String id = "";
    for (int i = 0; i < uploads; i++) {
      var answer =
          server
              .post("/v1/replay?session_id=%s&batch_id=%s-%d&seq=%d".formatted(name, name, i, i))
              .bearer(project.sdkKey())
              .body(
                  "[{\"type\":3,\"timestamp\":%d,\"data\":{\"source\":2,\"id\":%d}}]"
                      .formatted(System.currentTimeMillis(), i))
              .send();
      assertThat(answer.status()).isEqualTo(200);
      id = answer.json().get("session_id").asString();
    }
    return id;
  }

  private static Playback playback() {
    return server.server().playback();
  }

  private static List<Integer> numbers(Reel reel) throws IOException {
    var numbers = new ArrayList<Integer>();
    for (Frame frame : reel.contents().frames()) {
      numbers.add(number(reel.read(frame).orElseThrow()));
    }
    return numbers;
  }

  private static int number(Payload payload) throws IOException {
    var lines = new ByteArrayOutputStream();
    payload.writeLines(lines);
    return TestServer.JSON.readTree(lines.toString(UTF_8)).at("/data/id").asInt();
  }

  @Test
  void frames_that_are_archived_while_they_are_read_are_followed() throws Exception {
    String session = session("followed", 4);
    Reel reel = playback().reel(project.id(), UUID.fromString(session));
    assertThat(number(reel.read(reel.contents().frames().getFirst()).orElseThrow())).isZero();

    archive.archive(project.id(), session);

    assertThat(numbers(reel)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void an_object_that_is_replaced_while_it_is_read_is_followed() throws Exception {
    String session = session("replaced", 3);
    Part part = archive.archive(project.id(), session);
    Reel reel = playback().reel(project.id(), UUID.fromString(session));

    replace(part, "recordings/2026-11-22/merged.bksp");

    assertThat(numbers(reel)).containsExactly(0, 1, 2);
  }

  /** As a merge does: another object takes the place, and the old one goes. */
  private static void replace(Part part, String object) {
    archive.put(new dev.backspool.archive.ObjectKey(part.project(), object), archive.bytes(part));
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update recording_part set object = ? where object = ?", object, part.object()));
    archive.lose(part);
  }

  @Test
  void a_lost_object_is_asked_for_once() throws Exception {
    String session = session("once", 3);
    Part part = archive.archive(project.id(), session);
    byte[] bytes = archive.bytes(part);
    Reel reel = playback().reel(project.id(), UUID.fromString(session));
    archive.lose(part);
    assertThatThrownBy(() -> reel.read(reel.contents().frames().getFirst()))
        .isInstanceOf(PartFiles.Unreadable.class);
    // What was not found once is not looked for again, even where it is there by now.
    archive.put(part.key(), bytes);

    for (Frame frame : reel.contents().frames()) {
      assertThatThrownBy(() -> reel.read(frame))
          .isInstanceOf(PartFiles.Unreadable.class)
          .satisfies(
              failure -> assertThat(Fault.of((IOException) failure)).isEqualTo(Fault.MISSING));
    }
    assertThat(numbers(playback().reel(project.id(), UUID.fromString(session))))
        .containsExactly(0, 1, 2);
  }

  @Test
  void a_frame_that_went_into_an_archive_that_is_away_is_not_called_gone() throws Exception {
    String session = session("unreachable", 2);
    Reel reel = playback().reel(project.id(), UUID.fromString(session));
    archive.archive(project.id(), session);
    archive.goAway();
    try {
      for (Frame frame : reel.contents().frames()) {
        assertThatThrownBy(() -> reel.read(frame))
            .isInstanceOfSatisfying(
                IOException.class,
                failure -> assertThat(Fault.of(failure)).isEqualTo(Fault.UNAVAILABLE));
      }
    } finally {
      archive.comeBack();
    }
  }

  @Test
  void frames_of_a_session_that_is_erased_while_it_is_read_are_gone() throws Exception {
    String session = session("erased", 3);
    Part part = archive.archive(project.id(), session, frame -> frame.ordinal() < 2);
    Reel reel = playback().reel(project.id(), UUID.fromString(session));

    server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute("delete from chunk where session_id = cast(? as uuid)", session);
          return handle.execute("delete from session where id = cast(? as uuid)", session);
        });
    archive.lose(part);

    for (Frame frame : reel.contents().frames()) {
      assertThat(reel.read(frame)).isEmpty();
    }
  }

  @Test
  void readers_never_lose_or_double_a_frame_while_a_session_is_archived_piece_by_piece()
      throws Exception {
    int uploads = 40;
    String session = session("moving", uploads);
    UUID id = UUID.fromString(session);
    var moving = new AtomicBoolean(true);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        readers.add(
            threads.submit(() -> {
              int rounds = 0;
              while (moving.get() || rounds == 0) {
                assertThat(numbers(playback().reel(project.id(), id)))
                    .hasSize(uploads)
                    .doesNotHaveDuplicates();
                Frame any = playback().frames(project.id(), id).get(rounds % uploads);
                assertThat(number(playback().verified(project.id(), id, any.n()).orElseThrow()))
                    .isEqualTo(rounds % uploads);
                rounds++;
              }
              return rounds;
            }));
      }
      for (int from = 0; from < uploads; from += 4) {
        int first = from;
        Part part =
            archive.archive(
                project.id(),
                session,
                frame -> frame.ordinal() >= first && frame.ordinal() < first + 4);
        if (from % 8 == 0) {
          replace(part, "recordings/2026-11-22/piece-" + from + ".bksp");
        }
      }
      moving.set(false);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
    assertThat(server.count("select count(*) from chunk where session_id = '" + session + "'"))
        .isZero();
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The index of a recording, its frames and its stream, over HTTP. */
final class RecordingApiTest {
  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Visit visit(String name) {
    return new Visit(server, project, name);
  }

  private static JsonNode index(Visit visit) {
    var answer = server.get(visit.path() + "/recording").admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static void sql(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  /** Destroys a stored byte, or the row, of one of a session's batches. */
  private static void damage(Visit visit, int batch) {
    sql(
        "update chunk set payload = set_byte(payload, octet_length(payload) - 1, 255 - get_byte(payload, octet_length(payload) - 1)) where batch_id = '%s-%d'"
            .formatted(visit.name, batch));
  }

  private static void lose(Visit visit, int batch) {
    sql("delete from chunk where batch_id = '%s-%d'".formatted(visit.name, batch));
  }

  private static List<JsonNode> lines(String body) {
    return body.lines().map(TestServer.JSON::readTree).toList();
  }

  @Test
  void the_index_tells_tabs_frames_pages_marks_and_activity() {
    Visit visit =
        visit("whole")
            .page(0, "https://shop.example.com/a")
            .click(1_200)
            .input(1_300)
            .input(1_400)
            .upload("&seq=0")
            .page(5_000, "https://shop.example.com/b")
            .error(5_500)
            .click(5_600)
            .upload("&seq=1")
            .tab("t2")
            .page(3_000, "https://shop.example.com/c")
            .upload("&seq=0");

    JsonNode index = index(visit);

    assertThat(index.get("session_id").asString()).isEqualTo(visit.id());
    assertThat(index.get("started_at_ms").asLong()).isEqualTo(visit.start);
    assertThat(index.get("ended_at_ms").asLong()).isEqualTo(visit.start + 5_600);
    assertThat(index.get("duration_ms").asLong()).isEqualTo(5_600);
    assertThat(index.get("live").asBoolean()).isTrue();
    assertThat(index.get("verdict").toString())
        .isEqualTo(
            "{\"state\":\"playable\",\"message\":\"Plays from start to end.\",\"at_ms\":null}");
    assertThat(index.get("tabs").get(0).toString())
        .isEqualTo(
            "{\"id\":\"t1\",\"number\":1,\"started_at_ms\":%d,\"ended_at_ms\":%d,\"shift_ms\":0,\"event_count\":9}"
                .formatted(visit.start, visit.start + 5_600));
    assertThat(index.get("tabs").get(1).get("number").asInt()).isEqualTo(2);
    JsonNode frame = index.get("frames").get(1);
    assertThat(frame.propertyNames())
        .containsExactly(
            "n", "tab", "from_ms", "to_ms", "events", "bytes", "raw_bytes", "checkpoints");
    assertThat(frame.get("from_ms").asLong()).isEqualTo(visit.start + 5_000);
    assertThat(frame.get("checkpoints").get(0).asLong()).isEqualTo(visit.start + 5_000);
    assertThat(index.get("pages").get(1).toString())
        .isEqualTo(
            "{\"tab\":\"t2\",\"at_ms\":%d,\"href\":\"https://shop.example.com/c\"}"
                .formatted(visit.start + 3_000));
    var marks = new ArrayList<String>();
    index
        .get("marks")
        .forEach(mark ->
            marks.add(mark.get("kind").asString() + (mark.get("at_ms").asLong() - visit.start)));
    // Two inputs within a second are one mark.
    assertThat(marks).containsExactly("click1200", "input1300", "error5500", "click5600");
    assertThat(index.get("activity").toString())
        .isEqualTo("{\"slot_ms\":1000,\"counts\":[0,3,0,0,0,1]}");
    assertThat(index.get("gaps").isEmpty()).isTrue();
  }

  @Test
  void times_are_server_time_for_a_client_whose_clock_is_off() {
    long now = System.currentTimeMillis();
    var visit =
        new Visit(server, project, "skewed", now - 400 * 86_400_000L)
            .page(0, "https://shop.example.com/")
            .click(1_000)
            .upload("&sent_at=" + (now - 400 * 86_400_000L + 1_000));

    JsonNode index = index(visit);

    long shift = index.get("tabs").get(0).get("shift_ms").asLong();
    assertThat(index.get("ended_at_ms").asLong()).isBetween(now - 1_000, now + 60_000);
    assertThat(index.get("frames").get(0).get("checkpoints").get(0).asLong())
        .isEqualTo(visit.start + shift);
    assertThat(index.get("marks").get(0).get("at_ms").asLong())
        .isEqualTo(visit.start + 1_000 + shift);
    JsonNode events = lines(frame(visit, index, 0, "identity").body()).getFirst();
    assertThat(events.get("timestamp").asLong()).isEqualTo(visit.start);
  }

  @Test
  void activity_slots_grow_with_the_session() {
    var visit = visit("day").page(-6 * 86_400_000L, "https://shop.example.com/").click(0).upload();

    JsonNode activity = index(visit).get("activity");

    assertThat(activity.get("counts").size()).isBetween(1_000, 2_000);
    assertThat(activity.get("slot_ms").asLong() % 1_000).isZero();
    assertThat(activity.get("slot_ms").asLong() * activity.get("counts").size())
        .isGreaterThan(6 * 86_400_000L);
  }

  @Test
  void a_meta_and_a_snapshot_cut_apart_are_one_checkpoint_at_the_meta() {
    var visit =
        visit("cut")
            .page(0, "https://shop.example.com/")
            .click(100)
            .meta(2_000, "https://shop.example.com/next")
            .upload("&seq=0")
            .snapshot(2_001)
            .click(3_000)
            .upload("&seq=1");

    JsonNode frames = index(visit).get("frames");

    assertThat(frames.get(0).get("checkpoints").toString())
        .isEqualTo("[%d,%d]".formatted(visit.start, visit.start + 2_000));
    assertThat(frames.get(1).get("checkpoints").isEmpty()).isTrue();
  }

  @Test
  void a_row_that_is_gone_is_a_gap() {
    var visit = threeBatches("gone", "", "", "");
    lose(visit, 1);

    JsonNode index = index(visit);

    assertThat(index.get("gaps").size()).isOne();
    assertThat(index.get("gaps").get(0).toString())
        .isEqualTo(
            "{\"tab\":\"t1\",\"from_ms\":%d,\"to_ms\":%d,\"reason\":\"missing\",\"message\":\"1 stored upload of this time cannot be found any more.\"}"
                .formatted(visit.start + 1_000, visit.start + 4_000));
    assertThat(index.get("verdict").get("state").asString()).isEqualTo("gaps");
    assertThat(index.get("verdict").get("at_ms").asLong()).isEqualTo(visit.start + 1_000);
  }

  @Test
  void rows_that_are_gone_at_the_end_or_all_of_them_are_seen() {
    var tail = threeBatches("tail", "", "", "");
    lose(tail, 2);
    assertThat(index(tail).get("gaps").get(0).get("to_ms").asLong()).isEqualTo(tail.start + 5_000);

    var all = threeBatches("all", "", "", "");
    lose(all, 0);
    lose(all, 1);
    lose(all, 2);
    JsonNode index = index(all);
    assertThat(index.get("verdict").get("state").asString()).isEqualTo("empty");
    assertThat(index.get("frames").isEmpty()).isTrue();
    assertThat(index.get("gaps").size()).isOne();
  }

  @Test
  void an_upload_that_never_came_is_a_gap() {
    var visit = threeBatches("hole", "&seq=0", "&seq=1", "&seq=4");

    JsonNode gaps = index(visit).get("gaps");

    assertThat(gaps.size()).isOne();
    assertThat(gaps.get(0).get("message").asString())
        .isEqualTo("2 uploads of the recorder did not arrive.");
    assertThat(gaps.get(0).get("from_ms").asLong()).isEqualTo(visit.start + 3_000);
    assertThat(gaps.get(0).get("to_ms").asLong()).isEqualTo(visit.start + 4_000);
  }

  private static Visit threeBatches(String name, String first, String second, String third) {
    return visit(name)
        .page(0, "https://shop.example.com/")
        .click(1_000)
        .upload(first)
        .click(2_000)
        .click(3_000)
        .upload(second)
        .click(4_000)
        .click(5_000)
        .upload(third);
  }

  @Test
  void what_comes_before_the_first_snapshot_cannot_be_shown() {
    var visit =
        visit("late")
            .click(0)
            .click(100)
            .click(200)
            .upload()
            .page(5_000, "https://shop.example.com/")
            .upload();

    JsonNode index = index(visit);

    assertThat(index.get("gaps").get(0).get("reason").asString()).isEqualTo("no_full_snapshot");
    assertThat(index.get("gaps").get(0).get("from_ms").asLong()).isEqualTo(visit.start);
    assertThat(index.get("gaps").get(0).get("to_ms").asLong()).isEqualTo(visit.start + 5_000);
    assertThat(index.get("verdict").get("state").asString()).isEqualTo("gaps");
  }

  @Test
  void a_page_that_was_still_loading_is_no_gap() {
    var visit =
        visit("loading")
            .event(0, 0, java.util.Map.of())
            .upload()
            .event(6_000, 1, java.util.Map.of())
            .page(6_001, "https://shop.example.com/")
            .upload();

    assertThat(index(visit).get("verdict").get("state").asString()).isEqualTo("playable");
  }

  @Test
  void without_any_snapshot_there_is_nothing_to_show() {
    var visit = visit("blind").click(0).click(9_000).upload();

    JsonNode verdict = index(visit).get("verdict");

    assertThat(verdict.get("state").asString()).isEqualTo("no_full_snapshot");
    assertThat(verdict.get("at_ms").asLong()).isEqualTo(visit.start);
  }

  private static TestServer.Answer frame(Visit visit, JsonNode index, int i, String coding) {
    return server.get(framePath(visit, index, i)).admin().header("Accept-Encoding", coding).send();
  }

  private static String framePath(Visit visit, JsonNode index, int i) {
    return visit.path() + "/recording/frames/" + index.get("frames").get(i).get("n").asLong();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zstd",
        "gzip",
        "identity",
        "gzip, deflate, br, zstd",
        "gzip;q=1, zstd;q=0.5",
        "*;q=0.1",
        "br"
      })
  void a_frame_comes_in_the_coding_that_is_liked_most(String accepted) throws IOException {
    var visit = threeBatches("coded" + accepted.hashCode(), "", "", "");
    var answer = frame(visit, index(visit), 0, accepted);
    byte[] body = answer.response().body();

    String coding =
        switch (accepted) {
          case "zstd", "gzip, deflate, br, zstd", "*;q=0.1" -> "zstd";
          case "gzip", "gzip;q=1, zstd;q=0.5" -> "gzip";
          default -> "";
        };
    assertThat(answer.header("Content-Encoding")).isEqualTo(coding);
    assertThat(answer.header("Vary")).isEqualTo("Accept-Encoding");
    assertThat(answer.header("Content-Type")).startsWith("application/x-ndjson");
    byte[] plain =
        switch (coding) {
          case "zstd" -> new ZstdInputStream(new ByteArrayInputStream(body)).readAllBytes();
          case "gzip" -> new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
          default -> body;
        };
    assertThat(lines(new String(plain, StandardCharsets.UTF_8))).hasSize(3);
  }

  @Test
  void a_frame_may_be_kept_for_good() {
    var visit = threeBatches("kept", "", "", "");
    JsonNode index = index(visit);
    var first = frame(visit, index, 0, "zstd");

    assertThat(first.header("Cache-Control")).isEqualTo("private, max-age=31536000, immutable");
    var again =
        server
            .get(framePath(visit, index, 0))
            .admin()
            .header("Accept-Encoding", "zstd")
            .header("If-None-Match", "\"other\", " + first.header("ETag"))
            .send();
    assertThat(again.status()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(frame(visit, index, 0, "gzip").header("ETag")).isNotEqualTo(first.header("ETag"));
  }

  @Test
  void a_damaged_frame_is_told_from_a_missing_one() {
    var visit = threeBatches("broken", "", "", "");
    JsonNode index = index(visit);
    damage(visit, 1);
    lose(visit, 2);

    for (String coding : List.of("zstd", "identity")) {
      var damaged = frame(visit, index, 1, coding);
      assertThat(damaged.status()).isEqualTo(410);
      assertThat(damaged.json().get("code").asString()).isEqualTo("frame_damaged");
      assertThat(damaged.header("Cache-Control")).isEqualTo("no-store");
      assertThat(damaged.header("Content-Encoding")).isEmpty();
    }
    var missing = frame(visit, index, 2, "zstd");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.json().get("code").asString()).isEqualTo("frame_missing");
    assertThat(server.get(visit.path() + "/recording/frames/x").admin().send().status())
        .isEqualTo(404);
  }

  @Test
  void the_stream_holds_every_event_tab_by_tab() {
    var visit =
        visit("stream")
            .page(0, "https://shop.example.com/")
            .upload("&seq=0")
            .tab("t2")
            .page(1_000, "https://shop.example.com/2")
            .upload("&seq=0")
            .tab("t1")
            .click(2_000)
            .upload("&seq=1");

    var answer = server.get(visit.path() + "/recording/events").admin().send();

    List<Long> times =
        lines(answer.body()).stream()
            .map(event -> event.get("timestamp").asLong() - visit.start)
            .toList();
    assertThat(times).containsExactly(0L, 1L, 2_000L, 1_000L, 1_001L);
    assertThat(answer.header("Backspool-Events")).isEqualTo("5");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "gzip"})
  void the_stream_is_one_compressed_document(String coding) throws IOException {
    var visit = threeBatches("stream-" + coding, "", "", "");

    var answer =
        server
            .get(visit.path() + "/recording/events")
            .admin()
            .header("Accept-Encoding", coding)
            .send();

    assertThat(answer.header("Content-Encoding")).isEqualTo(coding);
    var body = new ByteArrayInputStream(answer.response().body());
    byte[] plain =
        (coding.equals("zstd") ? new ZstdInputStream(body) : new GZIPInputStream(body))
            .readAllBytes();
    assertThat(lines(new String(plain, StandardCharsets.UTF_8))).hasSize(7);
  }

  @Test
  void the_stream_leaves_a_damaged_frame_out_and_says_how_many_lines_there_should_be() {
    var visit = threeBatches("holes", "", "", "");
    damage(visit, 1);

    var answer = server.get(visit.path() + "/recording/events").admin().send();

    assertThat(lines(answer.body())).hasSize(5);
    assertThat(answer.header("Backspool-Events")).isEqualTo("7");
  }

  @Test
  void a_session_is_dumped_as_one_document_by_either_id() {
    var visit = threeBatches("dump", "", "", "");
    damage(visit, 1);
    String sdks = "/api/sessions/" + project.id() + "/dump";
    String ours = "/api/sessions/" + project.id() + "/" + visit.id();

    JsonNode document = server.get(sdks).admin().send().json();

    assertThat(server.get(ours).admin().send().json()).isEqualTo(document);
    JsonNode session = document.get("session");
    assertThat(session.get("id").asString()).isEqualTo(visit.id());
    assertThat(session.get("session_id").asString()).isEqualTo("dump");
    assertThat(session.get("duration").asLong()).isEqualTo(5_000);
    assertThat(session.get("event_count").asInt()).isEqualTo(7);
    assertThat(session.get("device_info").get("browser").asString()).isEqualTo("Chrome 126");
    JsonNode snapshots = document.get("snapshots");
    assertThat(snapshots.size()).isEqualTo(3);
    assertThat(snapshots.get(0).get("is_initial_snapshot").asBoolean()).isTrue();
    assertThat(snapshots.get(0).get("snapshot_count").asInt()).isEqualTo(3);
    assertThat(snapshots.get(0).get("snapshot_data").get(0).get("type").asInt()).isEqualTo(4);
    assertThat(snapshots.get(1).get("damaged").asBoolean()).isTrue();
    assertThat(snapshots.get(1).get("snapshot_data").isEmpty()).isTrue();
    assertThat(snapshots.get(2).get("is_initial_snapshot").asBoolean()).isFalse();
  }
}

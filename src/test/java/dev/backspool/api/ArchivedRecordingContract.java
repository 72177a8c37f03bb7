package dev.backspool.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Part;
import dev.backspool.recording.TestArchive;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a recording looks like over HTTP once it lies in the archive, whole or not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ArchivedRecordingContract {
  private static final List<String> CODINGS = List.of("identity", "gzip", "zstd");

  TestArchive archive;
  TestServer server;
  Project project;

  abstract TestArchive open();

  @BeforeAll
  void start() {
    archive = open();
    server = archive.server();
    project = server.project();
  }

  @AfterAll
  void stop() {
    archive.close();
  }

  private Visit visit(String name) {
    return new Visit(server, project, name);
  }

  /** Two tabs, five uploads, fifteen events, the last of them 6 s after the first. */
  private Visit fiveUploads(String name) {
    return visit(name)
        .page(0, "https://shop.example.com/a")
        .click(800)
        .upload("&seq=0")
        .click(1_500)
        .input(2_000)
        .upload("&seq=1")
        .page(3_000, "https://shop.example.com/b")
        .error(3_500)
        .click(3_600)
        .upload("&seq=2")
        .tab("t2")
        .page(4_000, "https://shop.example.com/c")
        .click(4_500)
        .click(4_600)
        .upload("&seq=0")
        .tab("t1")
        .click(5_000)
        .click(6_000)
        .upload("&seq=3");
  }

  private static Predicate<Frame> uploads(Visit visit, Integer... which) {
    Set<Integer> wanted = Set.of(which);
    return frame ->
        wanted.contains(Integer.valueOf(frame.batchId().substring(visit.name.length() + 1)));
  }

  private JsonNode index(Visit visit) {
    var answer = server.get(visit.path() + "/recording").admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private TestServer.Answer frame(Visit visit, JsonNode index, int i, String coding) {
    return server
        .get(visit.path() + "/recording/frames/" + index.get("frames").get(i).get("n").asLong())
        .admin()
        .header("Accept-Encoding", coding)
        .send();
  }

  private TestServer.Answer stream(Visit visit) {
    return server.get(visit.path() + "/recording/events").admin().send();
  }

  /** Everything that reads a recording, as text that can be compared. */
  private List<String> everyView(Visit visit) {
    JsonNode index = index(visit);
    var views = new ArrayList<String>(List.of(index.toPrettyString()));
    for (int i = 0; i < index.get("frames").size(); i++) {
      for (String coding : CODINGS) {
        var frame = frame(visit, index, i, coding);
        assertThat(frame.status()).isEqualTo(200);
        views.add(coding + " " + frame.header("ETag"));
      }
      views.add(frame(visit, index, i, "identity").body());
    }
    views.add(stream(visit).body());
    views.add(stream(visit).header("Backspool-Events"));
    views.add(
        server
            .get("/api/sessions/" + project.id() + "/" + visit.id())
            .admin()
            .send()
            .json()
            .toPrettyString());
    var listed = (ObjectNode) server.get(visit.path()).admin().send().json();
    int active = listed.remove("activity").valueStream().mapToInt(JsonNode::asInt).sum();
    views.add(listed.toPrettyString());
    views.add("active " + active);
    return views;
  }

  private static List<Long> times(TestServer.Answer stream, Visit visit) {
    return stream
        .body()
        .lines()
        .map(line -> TestServer.JSON.readTree(line).get("timestamp").asLong() - visit.start)
        .toList();
  }

  private JsonNode onlyGap(JsonNode index) {
    assertThat(index.get("gaps").size()).as(index.get("gaps").toPrettyString()).isOne();
    return index.get("gaps").get(0);
  }

  @Test
  void an_archived_recording_looks_as_it_did_live() {
    Visit visit = fiveUploads("whole");
    List<String> live = everyView(visit);

    archive.archive(project.id(), visit.id());

    assertThat(server.count("select count(*) from chunk where session_id = '" + visit.id() + "'"))
        .isZero();
    assertThat(everyView(visit)).isEqualTo(live);
  }

  @Test
  void parts_and_live_chunks_play_as_one() {
    Visit visit = fiveUploads("mixed");
    List<String> live = everyView(visit);

    archive.archive(project.id(), visit.id(), uploads(visit, 1, 3));
    assertThat(everyView(visit)).isEqualTo(live);

    archive.archive(project.id(), visit.id(), uploads(visit, 0, 4));
    assertThat(everyView(visit)).isEqualTo(live);
  }

  @Test
  void uploads_that_come_after_archiving_go_where_they_belong() {
    Visit visit = fiveUploads("late");
    archive.archive(project.id(), visit.id());

    visit.click(7_000).upload("&seq=4").click(5_500).upload("&seq=5");

    assertThat(times(stream(visit), visit))
        .containsExactly(
            0L, 1L, 800L, 1_500L, 2_000L, 3_000L, 3_001L, 3_500L, 3_600L, 5_000L, 6_000L, 7_000L,
            5_500L, 4_000L, 4_001L, 4_500L, 4_600L);
    assertThat(index(visit).get("gaps").isEmpty()).isTrue();
  }

  @Test
  void what_a_cache_kept_before_archiving_is_still_good() {
    Visit visit = fiveUploads("cached");
    JsonNode index = index(visit);
    List<String> tags =
        CODINGS.stream().map(coding -> frame(visit, index, 0, coding).header("ETag")).toList();

    archive.archive(project.id(), visit.id());

    for (int i = 0; i < CODINGS.size(); i++) {
      var again =
          server
              .get(visit.path() + "/recording/frames/" + index.get("frames").get(0).get("n"))
              .admin()
              .header("Accept-Encoding", CODINGS.get(i))
              .header("If-None-Match", tags.get(i))
              .send();
      assertThat(again.status()).isEqualTo(304);
    }
    // Coded bytes may differ where the lines do not: only those of identity are promised.
    assertThat(tags.get(0)).startsWith("\"");
    assertThat(tags.get(1)).startsWith("W/\"");
    assertThat(tags.get(2)).startsWith("W/\"");
  }

  @Test
  void a_frame_that_lost_its_repeats_has_another_tag() {
    Visit visit = visit("repeats").page(0, "https://shop.example.com/").click(500).upload();
    visit.page(0, "https://shop.example.com/").click(500).click(900).upload();
    JsonNode live = index(visit);
    String tag = frame(visit, live, 1, "identity").header("ETag");

    archive.archive(project.id(), visit.id());

    var archived = frame(visit, index(visit), 1, "identity");
    assertThat(archived.body().lines()).hasSize(1);
    assertThat(archived.header("ETag")).isNotEqualTo(tag);
    assertThat(times(stream(visit), visit)).containsExactly(0L, 1L, 500L, 900L);
  }

  @Test
  void a_lost_object_is_a_gap_and_the_rest_plays() throws IOException {
    Visit visit = fiveUploads("lost");
    JsonNode whole = index(visit);
    Part part = archive.archive(project.id(), visit.id(), uploads(visit, 1));
    archive.lose(part);

    JsonNode index = index(visit);

    assertThat(index.get("frames").size()).isEqualTo(4);
    assertThat(onlyGap(index).toString())
        .isEqualTo(
            "{\"tab\":\"t1\",\"from_ms\":%d,\"to_ms\":%d,\"reason\":\"missing\",\"message\":\"The archive does not have this part of the recording any more.\"}"
                .formatted(visit.start + 1_500, visit.start + 2_000));
    assertThat(index.get("verdict").get("state").asString()).isEqualTo("gaps");
    assertThat(index.get("verdict").get("at_ms").asLong()).isEqualTo(visit.start + 1_500);
    var gone = frame(visit, whole, 1, "zstd");
    assertThat(gone.status()).isEqualTo(410);
    assertThat(gone.json().get("code").asString()).isEqualTo("frame_missing");
    assertThat(frame(visit, whole, 0, "zstd").status()).isEqualTo(200);
    assertThat(times(stream(visit), visit)).doesNotContain(1_500L, 2_000L).hasSize(13);
    assertThat(stream(visit).header("Backspool-Events")).isEqualTo("15");
    assertThat(raw(visit.path() + "/recording/events"))
        .endsWith("Backspool-Events-Left-Out: 2\r\n\r\n");
    JsonNode dump =
        server.get("/api/sessions/" + project.id() + "/" + visit.id()).admin().send().json();
    assertThat(dump.get("snapshots").size()).isEqualTo(4);
    assertThat(dump.at("/gaps/0/reason").asString()).isEqualTo("missing");
    assertThat(dump.at("/gaps/0/event_count").asInt()).isEqualTo(2);
  }

  /** The answer as it comes over the wire: its trailers are at the end. */
  private String raw(String path) throws IOException {
    try (var socket = new Socket(server.url().getHost(), server.url().getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET %s HTTP/1.1\r\nHost: test\r\nTE: trailers\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n"
                  .formatted(path, TestServer.ADMIN_TOKEN)
                  .getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void a_stream_that_the_database_left_tells_what_is_not_in_it() throws IOException {
    Visit visit = fiveUploads("left");
    var database = server.server().postgres();
    // As a server that stops while the third upload is read.
    database.own(handle ->
        handle.execute(
            """
            create function stop_at(batch text) returns boolean language plpgsql as $$
            begin
              if batch = 'left-2' and current_query() like '%select payload%' then
                raise exception 'told to stop' using errcode = '57P01';
              end if;
              return true;
            end $$
            """));
    database.own(handle ->
        handle.execute(
            """
            create policy stop on chunk as restrictive for select to backspool_reader
            using (stop_at(batch_id))
            """));
    try {
      String answer = raw(visit.path() + "/recording/events");
      assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
      assertThat(answer.lines().filter(line -> line.startsWith("{"))).hasSize(5);
      assertThat(answer).contains("Backspool-Events: 15").contains("Events-Left-Out: 10\r\n");
    } finally {
      database.own(handle -> handle.execute("drop policy stop on chunk"));
      database.own(handle -> handle.execute("drop function stop_at"));
    }
  }

  @Test
  void rows_that_are_lost_are_told_beside_a_lost_object() {
    Visit visit = fiveUploads("both");
    archive.lose(archive.archive(project.id(), visit.id(), uploads(visit, 1)));
    server
        .server()
        .postgres()
        .own(handle -> handle.execute("delete from chunk where batch_id = 'both-4'"));

    JsonNode gaps = index(visit).get("gaps");

    assertThat(gaps.size()).as(gaps.toPrettyString()).isEqualTo(2);
    assertThat(gaps.get(0).get("message").asString()).startsWith("The archive does not have");
    assertThat(gaps.get(1).get("message").asString())
        .isEqualTo("1 stored upload of this time cannot be found any more.");
  }

  @Test
  void a_late_part_that_is_lost_is_marked_at_its_time() {
    Visit visit = fiveUploads("late-lost");
    archive.archive(project.id(), visit.id());
    visit.click(2_500).click(2_600).upload();
    Part late = archive.archive(project.id(), visit.id());
    archive.lose(late);

    JsonNode gap = onlyGap(index(visit));

    assertThat(gap.get("from_ms").asLong()).isEqualTo(visit.start + 2_500);
    assertThat(gap.get("to_ms").asLong()).isEqualTo(visit.start + 2_600);
  }

  @Test
  void a_recording_whose_only_object_is_lost_says_so() {
    Visit visit = fiveUploads("all-lost");
    archive.lose(archive.archive(project.id(), visit.id()));

    JsonNode verdict = index(visit).get("verdict");

    assertThat(verdict.get("state").asString()).isEqualTo("empty");
    assertThat(verdict.get("message").asString())
        .isEqualTo(
            "Nothing of this recording is left. The archive does not have this part of the"
                + " recording any more.");
    assertThat(stream(visit).body()).isEmpty();
    assertThat(stream(visit).header("Backspool-Events")).isEqualTo("15");
  }

  @Test
  void a_lost_part_with_the_only_snapshot_is_why_nothing_is_shown() {
    Visit visit =
        visit("beheaded")
            .page(0, "https://shop.example.com/")
            .upload()
            .click(20_000)
            .click(21_000)
            .click(22_000)
            .upload();
    archive.lose(archive.archive(project.id(), visit.id(), uploads(visit, 0)));

    JsonNode index = index(visit);

    assertThat(index.get("verdict").get("state").asString()).isEqualTo("no_full_snapshot");
    assertThat(index.get("verdict").get("message").asString()).contains("cannot be read");
    assertThat(index.get("gaps").get(1).get("message").asString())
        .isEqualTo(
            "This cannot be shown: the full snapshot of its page is in a part that cannot be read.");
  }

  @Test
  void an_object_that_was_cut_short_is_damaged() {
    Visit visit = fiveUploads("cut");
    JsonNode whole = index(visit);
    archive.truncate(archive.archive(project.id(), visit.id(), uploads(visit, 0, 1)));

    assertThat(onlyGap(index(visit)).get("reason").asString()).isEqualTo("damaged");
    var frame = frame(visit, whole, 0, "zstd");
    assertThat(frame.status()).isEqualTo(410);
    assertThat(frame.json().get("code").asString()).isEqualTo("frame_damaged");
    assertThat(frame(visit, whole, 2, "zstd").status()).isEqualTo(200);
  }

  @Test
  void a_flipped_bit_costs_its_own_frames_and_no_other_part() {
    Visit visit = fiveUploads("bit");
    JsonNode whole = index(visit);
    Part part = archive.archive(project.id(), visit.id(), uploads(visit, 1, 3));
    archive.archive(project.id(), visit.id(), uploads(visit, 0, 4));
    archive.flip(part, 60); // in its first group

    assertThat(index(visit).get("frames")).isEqualTo(whole.get("frames"));
    assertThat(frame(visit, whole, 1, "identity").status()).isEqualTo(410);
    assertThat(frame(visit, whole, 1, "identity").json().get("code").asString())
        .isEqualTo("frame_damaged");
    assertThat(frame(visit, whole, 0, "identity").status()).isEqualTo(200);
    assertThat(frame(visit, whole, 2, "identity").status()).isEqualTo(200);
    assertThat(times(stream(visit), visit))
        .containsExactly(0L, 1L, 800L, 3_000L, 3_001L, 3_500L, 3_600L, 5_000L, 6_000L);
    JsonNode dump =
        server.get("/api/sessions/" + project.id() + "/" + visit.id()).admin().send().json();
    assertThat(dump.at("/snapshots/1/damaged").asBoolean()).isTrue();
    assertThat(dump.at("/snapshots/1/reason").asString()).isEqualTo("damaged");
    assertThat(dump.at("/snapshots/0/reason").isNull()).isTrue();
  }

  @Test
  void while_the_archive_is_away_the_rest_plays_and_is_whole_again_afterwards() {
    Visit visit = fiveUploads("away");
    List<String> live = everyView(visit);
    JsonNode whole = index(visit);
    archive.archive(project.id(), visit.id(), uploads(visit, 0, 1));
    Visit opened = fiveUploads("away-opened");
    archive.archive(project.id(), opened.id());
    JsonNode openedIndex = index(opened);

    archive.goAway();
    try {
      JsonNode index = index(visit);
      assertThat(onlyGap(index).get("reason").asString()).isEqualTo("unavailable");
      assertThat(index.get("verdict").get("state").asString()).isEqualTo("gaps");
      assertThat(frame(visit, whole, 2, "zstd").status()).isEqualTo(200);
      // Also of a recording whose index is still known.
      assertThat(openedIndex.get("frames").size()).isEqualTo(5);
      for (var away :
          List.of(frame(visit, whole, 0, "zstd"), frame(opened, openedIndex, 0, "zstd"))) {
        assertThat(away.status()).isEqualTo(503);
        assertThat(away.json().get("code").asString()).isEqualTo("archive_unavailable");
        assertThat(away.header("Retry-After")).isEqualTo("5");
        assertThat(away.header("Cache-Control")).isEqualTo("no-store");
      }
      assertThat(index(opened).get("verdict").get("state").asString()).isEqualTo("unavailable");
      assertThat(times(stream(visit), visit)).hasSize(10);
      assertThat(server.get(visit.path()).admin().send().status()).isEqualTo(200);
    } finally {
      archive.comeBack();
    }
    assertThat(everyView(visit)).isEqualTo(live);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "identity"})
  void a_frame_that_never_was_is_not_found(String coding) {
    Visit visit = fiveUploads("never-" + coding);
    archive.archive(project.id(), visit.id());

    var answer =
        server
            .get(visit.path() + "/recording/frames/999999999")
            .admin()
            .header("Accept-Encoding", coding)
            .send();

    assertThat(answer.status()).isEqualTo(404);
  }

  @Test
  void the_list_keeps_the_activity_of_archived_sessions() {
    Visit visit =
        visit("busy")
            .page(0, "https://shop.example.com/")
            .click(100)
            .click(200)
            .upload()
            .click(31_000)
            .upload();
    archive.archive(project.id(), visit.id(), uploads(visit, 0));
    archive.archive(project.id(), visit.id(), uploads(visit, 1));

    JsonNode activity = server.get(visit.path()).admin().send().json().get("activity");

    assertThat(activity.get(0).asInt()).isEqualTo(2);
    assertThat(activity.get(31).asInt()).isEqualTo(1);
    assertThat(activity.valueStream().mapToInt(JsonNode::asInt).sum()).isEqualTo(3);
  }

  @Test
  void a_live_session_goes_on_while_the_first_of_it_is_archived() throws IOException {
    Project other = server.project();
    Visit visit = new Visit(server, other, "going-on").page(0, "https://a.example/").upload();
    try (var follower = new EventStream(server, other, "sessions/live", null)) {
      archive.archive(other.id(), visit.id());
      visit.click(1_000).upload();

      JsonNode told = follower.next("session");

      // Nothing was told of the archiving itself.
      assertThat(told.get("id").asString()).isEqualTo(visit.id());
      assertThat(told.get("event_count").asInt()).isEqualTo(3);
      assertThat(told.get("live").asBoolean()).isTrue();
      assertThat(index(visit).get("frames").size()).isEqualTo(2);
      assertThat(index(visit).get("live").asBoolean()).isTrue();
    }
  }

  @Test
  void a_deleted_project_takes_its_objects_along() {
    Project other = server.project();
    Visit visit = new Visit(server, other, "deleted").page(0, "https://a.example/").upload();
    Part part = archive.archive(other.id(), visit.id());

    assertThat(server.call("DELETE", "/api/projects/" + other.id()).admin().send().status())
        .isEqualTo(204);

    assertThat(
            server.column(
                "select object from doomed_object where project_id = '" + other.id() + "'"))
        .containsExactly(part.object());
    assertThat(
            server.count(
                "select count(*) from recording_part where project_id = '" + other.id() + "'"))
        .isZero();
  }

  /** Of another project, the same path is not there. */
  @Test
  void another_project_sees_nothing_of_it() {
    Visit visit = fiveUploads("foreign");
    JsonNode whole = index(visit);
    archive.archive(project.id(), visit.id());
    UUID other = server.project().id();
    String foreign = visit.path().replace(project.id().toString(), other.toString());

    assertThat(server.get(foreign + "/recording").admin().send().status()).isEqualTo(404);
    assertThat(
            server
                .get(foreign + "/recording/frames/" + whole.at("/frames/0/n").asLong())
                .admin()
                .send()
                .status())
        .isEqualTo(404);
  }
}

package dev.backspool.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backspool.Project;
import dev.backspool.Visitor;
import dev.backspool.recording.Frame;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.Recordings;
import dev.backspool.rrweb.Slice;
import dev.backspool.rrweb.Splitter;
import dev.backspool.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Whole recordings through the door of uploads, into a real database. */
final class ImporterTest {
  private static TestServer server;
  private static Importer importer;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    importer = new Importer(server.server().ingest());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Importer.Imported read(Project project, String name, byte[] json)
      throws IOException, Importer.NotImported {
    return importer.importRecording(
        project, name, new ByteArrayInputStream(json), Visitor.UNKNOWN, Importer.Progress.NONE);
  }

  @Test
  void a_recording_comes_back_equal_and_in_order() throws Exception {
    Project project = server.project();
    byte[] json = Recordings.sample("grid");

    Importer.Imported imported = read(project, "grid", json);

    assertThat(imported.events()).isEqualTo(688);
    var expected = new ArrayList<JsonNode>();
    TestServer.JSON.readTree(json).forEach(expected::add);
    assertThat(events(project, imported.session())).isEqualTo(expected);
  }

  private static List<JsonNode> events(Project project, UUID session) throws IOException {
    var playback = server.server().playback();
    var events = new ArrayList<JsonNode>();
    for (Frame frame : playback.frames(project.id(), session)) {
      byte[] payload = playback.verified(project.id(), session, frame.n()).orElseThrow().zstd();
      try (var lines = new PayloadReader(new ByteArrayInputStream(payload), 1 << 26)) {
        for (Slice line = lines.next(); line != null; line = lines.next()) {
          events.add(TestServer.JSON.readTree(line.text()));
        }
      }
    }
    return events;
  }

  @Test
  void a_second_import_stores_nothing_twice() throws Exception {
    Project project = server.project();
    byte[] json = Recordings.sample("swagger");

    Importer.Imported first = read(project, "visit", json);
    Importer.Imported second = read(project, "visit", json);

    assertThat(first.deduped()).isZero();
    assertThat(second.deduped()).isEqualTo(first.blocks()).isEqualTo(second.blocks());
    assertThat(second.session()).isEqualTo(first.session());
    assertThat(
            server.count(
                "select sum(event_count) from chunk where project_id = '%s'"
                    .formatted(project.id())))
        .isEqualTo(64);
  }

  @Test
  void an_import_keeps_times_as_old_as_they_are() throws Exception {
    Project project = server.project();
    read(project, "old", "[{\"type\":4,\"data\":{},\"timestamp\":1000000000000}]".getBytes(UTF_8));

    assertThat(times(project)).containsExactly("1000000000.000|1000000000.000|0");
  }

  @Test
  void a_shift_moves_the_times_in_the_list_and_leaves_the_events() throws Exception {
    Project project = server.project();
    importer.importRecording(
        project,
        "moved",
        new ByteArrayInputStream(
            "[{\"type\":4,\"data\":{},\"timestamp\":1000000000000}]".getBytes(UTF_8)),
        Visitor.UNKNOWN,
        500_000L,
        Importer.Progress.NONE);

    assertThat(times(project)).containsExactly("1000000500.000|1000000500.000|500000");
  }

  private static List<String> times(Project project) {
    return server.column(
        """
        select round(extract(epoch from started_at), 3) || '|'
          || round(extract(epoch from last_event_at), 3) || '|' || shift_ms
        from session join tab on tab.session_id = session.id
        where session.project_id = '%s'
        """
            .formatted(project.id()));
  }

  @Test
  void what_is_no_recording_is_refused_with_a_sentence() {
    Project project = server.project();

    assertThatExceptionOfType(Importer.NotImported.class)
        .isThrownBy(() -> read(project, "none", "{\"name\":\"package\"}".getBytes(UTF_8)))
        .withMessageContaining("type");
    assertThatExceptionOfType(Importer.NotImported.class)
        .isThrownBy(() -> read(project, "none", "[]".getBytes(UTF_8)))
        .withMessage("The recording holds no events");
  }

  @ParameterizedTest
  @EnumSource(Sample.class)
  void a_sample_ends_when_it_says(Sample sample) throws Exception {
    long last = 0;
    try (var splitter =
        new Splitter(sample.open(), new Limits(50_000, 1_000, 64 << 20), Manner.STRICT)) {
      for (var block = splitter.next(); block != null; block = splitter.next()) {
        last = Math.max(last, java.util.Objects.requireNonNull(block.times()).last());
      }
    }
    assertThat(Instant.ofEpochMilli(last)).isEqualTo(sample.lastEvent());
  }

  @Test
  void samples_look_as_if_they_ended_minutes_ago() throws Exception {
    Project project = server.project();
    int imported = new Samples(importer).importInto(project);

    assertThat(imported).isEqualTo(4);
    List<Instant> ends =
        server
            .column(
                "select to_char(last_event_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from session where project_id = '%s'"
                    .formatted(project.id()))
            .stream()
            .map(Instant::parse)
            .toList();
    assertThat(ends)
        .hasSize(4)
        .allSatisfy(end ->
            assertThat(end).isBetween(Instant.now().minus(Duration.ofHours(2)), Instant.now()));
  }
}

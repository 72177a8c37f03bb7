package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Visitor;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.ingest.Importer;
import dev.backspool.recording.TestArchive;
import dev.backspool.rrweb.Recordings;
import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Recordings in a bucket of a real S3 server. */
final class ArchivedInBucketTest extends ArchivedRecordingContract {
  @Override
  TestArchive open() {
    return TestArchive.bucket(true);
  }

  @Test
  void a_stream_asks_the_bucket_once_for_each_group() throws Exception {
    String session =
        new Importer(server.server().ingest())
            .importRecording(
                project,
                "long",
                new ByteArrayInputStream(Recordings.sample("admin-long")),
                Visitor.UNKNOWN,
                Importer.Progress.NONE)
            .session()
            .toString();
    archive.archive(project.id(), session);
    int before = archive.proxy().heads().size();

    var stream =
        server
            .get("/api/projects/" + project.id() + "/sessions/" + session + "/recording/events")
            .admin()
            .header("Accept-Encoding", "zstd")
            .send();

    assertThat(stream.header("Backspool-Events")).isEqualTo("4055");
    // Its end with the index, and two groups.
    assertThat(archive.proxy().heads().subList(before, archive.proxy().heads().size()))
        .hasSize(3)
        .allMatch(head -> head.startsWith("get ") && head.contains("range: bytes="));
  }

  @Test
  void a_bucket_that_fails_is_away_and_nothing_is_called_missing() {
    var visit = new Visit(server, project, "failing").page(0, "https://a.example/").upload();
    archive.archive(project.id(), visit.id());

    archive.proxy().fault(exchange -> exchange.answer(500, "InternalError"));
    try {
      JsonNode index = server.get(visit.path() + "/recording").admin().send().json();
      assertThat(index.at("/verdict/state").asString()).isEqualTo("unavailable");
      assertThat(index.at("/gaps/0/reason").asString()).isEqualTo("unavailable");
      assertThat(server.get(visit.path() + "/recording/frames/1").admin().send().status())
          .isEqualTo(503);
    } finally {
      archive.proxy().fault(FaultyProxy.NONE);
    }
    assertThat(
            server
                .get(visit.path() + "/recording")
                .admin()
                .send()
                .json()
                .at("/verdict/state")
                .asString())
        .isEqualTo("playable");
  }

  @Test
  void a_bucket_that_hangs_is_waited_for_once_and_not_for_each_part() {
    var visit = new Visit(server, project, "hanging").page(0, "https://a.example/");
    for (int i = 0; i < 4; i++) {
      visit.click(i * 100L).upload("&seq=" + i);
      archive.archive(project.id(), visit.id());
    }
    int before = archive.proxy().heads().size();
    archive
        .proxy()
        .fault(exchange -> {
          Thread.sleep(2_100);
          exchange.answer(403, "AccessDenied");
        });
    try {
      JsonNode index = server.get(visit.path() + "/recording").admin().send().json();
      assertThat(index.at("/verdict/state").asString()).isEqualTo("unavailable");
      assertThat(archive.proxy().heads()).hasSize(before + 1);
      assertThat(server.get(visit.path() + "/recording/frames/1").admin().send().status())
          .isEqualTo(503);
      assertThat(archive.proxy().heads()).hasSize(before + 2);
    } finally {
      archive.proxy().fault(FaultyProxy.NONE);
    }
  }

  @Test
  void a_bucket_that_breaks_off_in_the_middle_is_asked_for_the_rest() {
    var visit = new Visit(server, project, "broken-off").page(0, "https://a.example/").upload();
    archive.archive(project.id(), visit.id());
    int[] cut = new int[1];

    archive
        .proxy()
        .fault(exchange -> {
          if (cut[0]++ == 0) {
            exchange.cutAfter(100);
          } else {
            exchange.pass();
          }
        });
    try {
      assertThat(server.get(visit.path() + "/recording/events").admin().send().body().lines())
          .hasSize(2);
      assertThat(cut[0]).isGreaterThan(1);
    } finally {
      archive.proxy().fault(FaultyProxy.NONE);
    }
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.recording.TestArchive;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Recordings in files that are encrypted, and what becomes of them without their keys. */
final class ArchivedEncryptedTest extends ArchivedRecordingContract {
  @Override
  TestArchive open() {
    return TestArchive.directory(true);
  }

  @Test
  void a_recording_whose_key_is_another_projects_is_lost() {
    var visit = new Visit(server, project, "other-key").page(0, "https://a.example/").upload();
    archive.archive(project.id(), visit.id());
    var foreign = server.project();
    var theirs = new Visit(server, foreign, "theirs").page(0, "https://a.example/").upload();
    archive.archive(foreign.id(), theirs.id());

    sql(
        "update recording_part set data_key = (select data_key from recording_part where session_id = '%s') where session_id = '%s'"
            .formatted(theirs.id(), visit.id()));

    lost(visit);
  }

  @Test
  void a_recording_whose_project_has_no_key_any_more_is_lost() {
    var keyless = server.project();
    var visit = new Visit(server, keyless, "keyless").page(0, "https://a.example/").upload();
    archive.archive(keyless.id(), visit.id());

    sql("delete from project_key where project_id = '%s'".formatted(keyless.id()));

    lost(visit);
  }

  private void sql(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  private void lost(Visit visit) {
    JsonNode index = server.get(visit.path() + "/recording").admin().send().json();
    assertThat(index.at("/gaps/0/reason").asString()).isEqualTo("damaged");
    assertThat(index.at("/gaps/0/message").asString())
        .isEqualTo(
            "The key of this part of the recording is lost, so nobody can read it any more.");
    var frame = server.get(visit.path() + "/recording/frames/1").admin().send();
    assertThat(frame.status()).isEqualTo(410);
    assertThat(frame.json().get("code").asString()).isEqualTo("frame_damaged");
  }
}

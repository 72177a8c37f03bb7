package dev.backspool.recording.file;

import static dev.backspool.recording.file.Uploads.event;
import static dev.backspool.recording.file.Uploads.file;
import static dev.backspool.recording.file.Uploads.open;
import static dev.backspool.recording.file.Uploads.text;
import static dev.backspool.recording.file.Uploads.upload;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.recording.Frame;
import dev.backspool.recording.file.RecordingWriter.Layout;
import dev.backspool.recording.file.Uploads.Upload;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatsTest {
  private static final String A = event(1_000, "a");
  private static final String B = event(2_000, "b");
  private static final String C = event(3_000, "c");
  private static final String D = event(4_000, "d");

  private static String kept(String... uploads) throws Exception {
    var all = new java.util.ArrayList<Upload>();
    for (String lines : uploads) {
      all.add(upload(all.size(), "tab", lines));
    }
    return text(open(file(all, null, Layout.USUAL).bytes(), null));
  }

  @Test
  void an_upload_sent_again_is_kept_once_and_its_frame_stays_without_events() throws Exception {
    List<Upload> uploads =
        List.of(upload(0, "tab", A + B), upload(1, "tab", A + B), upload(2, "tab", C));
    var file = file(uploads, null, Layout.USUAL);
    ArchivedRecording recording = open(file.bytes(), null);
    assertThat(text(recording)).isEqualTo(A + B + C);
    assertThat(file.written().repeated()).isEqualTo(2);
    assertThat(file.written().events()).isEqualTo(3);
    Frame empty = recording.frames().get(1);
    assertThat(empty.events()).isZero();
    assertThat(empty.rawBytes()).isZero();
    assertThat(empty.ordinal()).isEqualTo(1);
    assertThat(empty.batchId()).isEqualTo("batch-1");
    assertThat(empty.outline().marks()).isEmpty();
    assertThat(recording.lines(1)).hasValue(new byte[0]);
    assertThat(recording.payload(1).orElseThrow()).hasSize((int) empty.bytes());
    assertThat(recording.check()).isEmpty();
  }

  @Test
  void an_upload_sent_again_three_times_is_kept_once() throws Exception {
    assertThat(kept(A + B, A + B, A + B, A + B)).isEqualTo(A + B);
  }

  @Test
  void an_upload_sent_again_in_pieces_is_kept_once() throws Exception {
    assertThat(kept(A + B + C, A, B + C)).isEqualTo(A + B + C);
  }

  @Test
  void an_upload_sent_again_with_what_came_since_adds_only_that() throws Exception {
    List<Upload> uploads = List.of(upload(0, "tab", A + B), upload(1, "tab", A + B + C + D));
    ArchivedRecording recording = open(file(uploads, null, Layout.USUAL).bytes(), null);
    assertThat(text(recording)).isEqualTo(A + B + C + D);
    Frame rest = recording.frames().get(1);
    assertThat(rest.events()).isEqualTo(2);
    assertThat(rest.userEvents()).isEqualTo(2);
    assertThat(rest.firstAt()).isEqualTo(Instant.ofEpochMilli(3_000));
    assertThat(rest.lastAt()).isEqualTo(Instant.ofEpochMilli(4_000));
    assertThat(rest.outline().marks()).hasSize(2);
  }

  @Test
  void events_that_are_only_alike_are_kept() throws Exception {
    assertThat(kept(A + A + B)).as("twice in one upload").isEqualTo(A + A + B);
    assertThat(kept(A + B, B + C)).as("one at the seam of two").isEqualTo(A + B + B + C);
    assertThat(kept(A + C, A + B + C)).as("not a run of lines").isEqualTo(A + C + A + B + C);
    assertThat(kept(A + B, C, A + B)).as("not side by side").isEqualTo(A + B + C + A + B);
    assertThat(kept(event(1_000, "x"), event(1_001, "x")))
        .as("at another time")
        .isEqualTo(event(1_000, "x") + event(1_001, "x"));
    assertThat(kept("\"no event\"\n", "\"no event\"\n")).isEqualTo("\"no event\"\n".repeat(2));
  }

  @Test
  void another_tab_may_send_the_same() throws Exception {
    List<Upload> uploads = List.of(upload(0, "left", A + B), upload(1, "right", A + B));
    assertThat(text(open(file(uploads, null, Layout.USUAL).bytes(), null)))
        .isEqualTo(A + B + A + B);
  }
}

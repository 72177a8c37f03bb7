package dev.backspool.recording.file;

import static dev.backspool.recording.file.Uploads.KEY;
import static dev.backspool.recording.file.Uploads.SMALL_GROUPS;
import static dev.backspool.recording.file.Uploads.event;
import static dev.backspool.recording.file.Uploads.file;
import static dev.backspool.recording.file.Uploads.frames;
import static dev.backspool.recording.file.Uploads.open;
import static dev.backspool.recording.file.Uploads.text;
import static dev.backspool.recording.file.Uploads.upload;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.recording.Frame;
import dev.backspool.recording.file.RecordingWriter.Layout;
import dev.backspool.recording.file.Uploads.File;
import dev.backspool.recording.file.Uploads.Upload;
import dev.backspool.rrweb.DamagedPayload;
import dev.backspool.rrweb.PayloadReader;
import dev.backspool.rrweb.Recordings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundTripTest {
  private static final Path ZSTD = Path.of("/usr/bin/zstd");

  @TempDir Path folder;

  private static MessageDigest sha256() throws Exception {
    return MessageDigest.getInstance("SHA-256");
  }

  private static byte[] lines(List<Upload> uploads) throws Exception {
    MessageDigest digest = sha256();
    for (Upload upload : uploads) {
      digest.update(upload.lines());
    }
    return digest.digest();
  }

  private static byte[] digest(InputStream in) throws Exception {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      digest.update(buffer, 0, read);
    }
    return digest.digest();
  }

  @ParameterizedTest
  @ValueSource(strings = {"swagger", "grid", "admin-short", "admin-long"})
  void a_recording_comes_back_frame_by_frame(String sample) throws Exception {
    List<Upload> uploads = Uploads.sample(sample);
    File file = file(uploads, null, Layout.USUAL);
    ArchivedRecording recording = open(file.bytes(), null);
    assertThat(recording.frames()).isEqualTo(frames(uploads));
    try (FrameCursor cursor = recording.cursor()) {
      for (Upload upload : uploads) {
        var next = cursor.next().orElseThrow();
        assertThat(next.frame()).isEqualTo(upload.frame());
        assertThat(Arrays.equals(next.lines(), upload.lines())).isTrue();
      }
      assertThat(cursor.next()).isEmpty();
    }
    assertThat(recording.check()).isEmpty();
    assertThat(file.written().events())
        .isEqualTo(uploads.stream().mapToLong(upload -> upload.frame().events()).sum());
    assertThat(file.written().repeated()).isZero();
    assertThat(file.written().bytes()).isEqualTo(file.bytes().length);
    assertThat(file.written().sha256())
        .isEqualTo(HexFormat.of().formatHex(sha256().digest(file.bytes())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grid", "admin-long"})
  void zstd_alone_gives_all_lines(String sample) throws Exception {
    List<Upload> uploads = Uploads.sample(sample);
    byte[] file = file(uploads, null, Layout.USUAL).bytes();
    try (var stream = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(file))) {
      assertThat(digest(stream)).isEqualTo(lines(uploads));
    }
  }

  @Test
  void the_zstd_command_gives_all_lines() throws Exception {
    assumeThat(ZSTD).exists();
    List<Upload> uploads = Uploads.sample("admin-long");
    Path path = folder.resolve("recording");
    Files.write(path, file(uploads, null, Layout.USUAL).bytes());
    Process zstd = new ProcessBuilder(ZSTD.toString(), "-dc", path.toString()).start();
    assertThat(digest(zstd.getInputStream())).isEqualTo(lines(uploads));
    assertThat(zstd.waitFor()).isZero();
  }

  @Test
  void every_stream_of_the_suite_comes_back_in_tabs_of_its_own() throws Exception {
    var uploads = new ArrayList<Upload>();
    for (Path path : Recordings.suite()) {
      uploads.addAll(
          Uploads.recording(
              Files.readAllBytes(path), path.getFileName().toString(), uploads.size()));
    }
    ArchivedRecording recording = open(file(uploads, KEY, SMALL_GROUPS).bytes(), KEY);
    assertThat(recording.frames()).isEqualTo(frames(uploads));
    for (Upload upload : uploads) {
      assertThat(recording.lines(upload.frame().n())).hasValue(upload.lines());
    }
  }

  @Test
  void frames_stay_in_the_order_given_though_tabs_take_turns() throws Exception {
    var uploads = new ArrayList<Upload>();
    for (int n = 0; n < 40; n++) {
      uploads.add(upload(1_000 - n, n % 2 == 0 ? "left" : "right", event(7_000 + n, "x" + n)));
    }
    ArchivedRecording recording =
        open(file(uploads, null, new Layout(3, 300, 1 << 20)).bytes(), null);
    assertThat(recording.frames()).isEqualTo(frames(uploads));
    for (Upload upload : uploads) {
      assertThat(recording.lines(upload.frame().n())).hasValue(upload.lines());
    }
  }

  @Test
  void nothing_and_one_event_are_recordings_too() throws Exception {
    ArchivedRecording nothing = open(file(List.of(), null, Layout.USUAL).bytes(), null);
    assertThat(nothing.frames()).isEmpty();
    assertThat(nothing.check()).isEmpty();
    assertThat(nothing.lines(0)).isEmpty();

    Upload one = upload(5, "tab", event(1_700_000_000_000L, "a"));
    ArchivedRecording recording = open(file(List.of(one), null, Layout.USUAL).bytes(), null);
    assertThat(recording.frames()).containsExactly(one.frame());
    assertThat(recording.lines(5)).hasValue(one.lines());
    assertThat(recording.payload(5)).hasValue(one.payload());
    assertThat(recording.lines(6)).isEmpty();
  }

  @Test
  void an_event_larger_than_a_group_is_a_group_of_its_own() throws Exception {
    var noise = new StringBuilder();
    new SplittableRandom(1).ints(20 << 20, 'a', 'z' + 1).forEach(c -> noise.append((char) c));
    List<Upload> uploads =
        List.of(
            upload(1, "tab", event(1_000, "before")),
            upload(2, "tab", event(2_000, noise.toString())),
            upload(3, "tab", event(3_000, "after")));
    File file = file(uploads, null, SMALL_GROUPS);
    assertThat(file.written().groups()).isEqualTo(3);
    ArchivedRecording recording = open(file.bytes(), null);
    assertThat(Arrays.equals(recording.lines(2).orElseThrow(), uploads.get(1).lines())).isTrue();
    assertThat(recording.lines(3)).hasValue(uploads.get(2).lines());
    assertThat(recording.check()).isEmpty();
  }

  @Test
  void the_same_frames_make_the_same_file() throws Exception {
    List<Upload> uploads = Uploads.sample("grid");
    assertThat(file(uploads, null, Layout.USUAL).written())
        .isEqualTo(file(uploads, null, Layout.USUAL).written());
  }

  @Test
  void a_damaged_payload_is_refused_and_the_next_is_written() throws Exception {
    Upload good = upload(2, "tab", event(2_000, "good"));
    Upload bad = upload(1, "tab", event(1_000, "bad"));
    bad.payload()[bad.payload().length - 1] ^= 1;
    var out = new java.io.ByteArrayOutputStream();
    try (var writer = new RecordingWriter(out, null, 100)) {
      assertThatThrownBy(() -> writer.add(bad.frame(), bad.payload()))
          .isInstanceOf(DamagedPayload.class);
      writer.add(good.frame(), good.payload());
      assertThat(writer.finish().events()).isEqualTo(1);
    }
    assertThat(text(open(out.toByteArray(), null))).isEqualTo(event(2_000, "good"));
  }

  @Test
  void without_the_key_nothing_can_be_read() throws Exception {
    List<Upload> uploads = Uploads.sample("grid");
    byte[] file = file(uploads, KEY, SMALL_GROUPS).bytes();
    assertThat(text(open(file, KEY)))
        .isEqualTo(text(open(file(uploads, null, SMALL_GROUPS).bytes(), null)));

    assertThatThrownBy(() -> open(file, null))
        .isInstanceOf(DamagedRecording.class)
        .hasMessageContaining("no key");
    assertThatThrownBy(() -> open(file, Uploads.key(2)))
        .isInstanceOf(DamagedRecording.class)
        .hasMessageContaining("another key");
    try (var stream = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(file))) {
      assertThat(stream.read()).as("zstd passes over every part").isNegative();
    }
    // Words too long to stand in random bytes by chance.
    assertThat(new String(file, UTF_8)).doesNotContain("batch-", "timestamp", "groups");
  }

  @Test
  void a_file_that_is_not_encrypted_does_not_pass_for_one_that_is() throws Exception {
    byte[] file = file(List.of(upload(1, "tab", event(1_000, "a"))), null, SMALL_GROUPS).bytes();
    assertThatThrownBy(() -> open(file, KEY))
        .isInstanceOf(DamagedRecording.class)
        .hasMessageContaining("not encrypted");
  }

  @Test
  void the_same_key_never_encrypts_twice_alike() throws Exception {
    List<Upload> uploads = List.of(upload(1, "tab", event(1_000, "a")));
    byte[] first = file(uploads, KEY, SMALL_GROUPS).bytes();
    byte[] second = file(uploads, KEY, SMALL_GROUPS).bytes();
    int groupAt = Format.HEADER_BYTES + Format.SKIPPABLE_HEAD;
    assertThat(Arrays.copyOfRange(first, groupAt, groupAt + 32))
        .isNotEqualTo(Arrays.copyOfRange(second, groupAt, groupAt + 32));
    assertThatThrownBy(() ->
            file(uploads, new javax.crypto.spec.SecretKeySpec(new byte[16], "AES"), SMALL_GROUPS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_frame_keeps_the_size_of_its_payload() throws IOException, Exception {
    List<Upload> uploads = Uploads.sample("swagger");
    ArchivedRecording recording = open(file(uploads, null, Layout.USUAL).bytes(), null);
    for (Frame frame : recording.frames()) {
      byte[] payload = recording.payload(frame.n()).orElseThrow();
      assertThat(payload).hasSize((int) frame.bytes());
      assertThat(PayloadReader.lines(payload, (int) frame.rawBytes()))
          .isEqualTo(recording.lines(frame.n()).orElseThrow());
    }
  }
}

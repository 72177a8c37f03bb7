package dev.backspool.recording.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.recording.Frame;
import dev.backspool.rrweb.Mark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Files of each version that was ever released are read for ever. They were written once, by the
 * program of that time, and are never written again.
 */
class OldVersionTest {
  private static final Path FOLDER = Path.of("src/test/resources/recording");

  private static void reads(String name, @Nullable SecretKey key) throws Exception {
    ArchivedRecording recording = Uploads.open(Files.readAllBytes(FOLDER.resolve(name)), key);
    assertThat(recording.check()).isEmpty();
    assertThat(Uploads.text(recording)).isEqualTo(Files.readString(FOLDER.resolve("v1.ndjson")));
    List<Frame> frames = recording.frames();
    assertThat(frames).extracting(Frame::tab).containsExactly("left", "left", "right", "right");
    Frame last = frames.getLast();
    assertThat(last.n()).isEqualTo(3);
    assertThat(last.batchId()).isEqualTo("batch-3");
    assertThat(last.seq()).isNull();
    assertThat(frames.get(1).seq()).isEqualTo(1);
    assertThat(last.receivedAt()).isEqualTo(Instant.parse("2026-01-02T03:04:09.123456Z"));
    assertThat(last.outline().marks())
        .containsExactly(
            new Mark(Instant.parse("2026-01-02T03:04:09Z").toEpochMilli(), Mark.Kind.CLICK));
    assertThat(frames.getFirst().outline().checkpoints())
        .containsExactly(Instant.parse("2026-01-02T03:04:05Z").toEpochMilli());
    assertThat(new String(recording.lines(3).orElseThrow(), UTF_8)).contains("\"timestamp\":");
  }

  @Test
  void a_file_of_version_1_is_read() throws Exception {
    reads("v1-plain.bksp", null);
  }

  @Test
  void an_encrypted_file_of_version_1_is_read() throws Exception {
    reads("v1-encrypted.bksp", Uploads.key(1));
  }

  @Test
  void a_file_of_a_version_to_come_is_refused_by_its_number() throws Exception {
    byte[] file = Files.readAllBytes(FOLDER.resolve("v1-plain.bksp"));
    int versionAt = file.length - 4 - 4 - Format.FILE_ID_BYTES - 4;
    assertThat(file[versionAt]).isEqualTo((byte) 1);
    file[versionAt] = 2;
    int crc =
        Format.crc(
            file, file.length - Format.TRAILER_BYTES, Format.TRAILER_BYTES - 2 * Integer.BYTES);
    java.nio.ByteBuffer.wrap(file)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(file.length - 2 * Integer.BYTES, crc);
    assertThatThrownBy(() -> Uploads.open(file, null))
        .isInstanceOf(DamagedRecording.class)
        .hasMessageContaining("version 2");
  }
}

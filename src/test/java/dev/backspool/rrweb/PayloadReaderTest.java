package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PayloadReaderTest {
  private static final int MAX = 1 << 24;

  private static byte[] payload() throws EventsRefused {
    return Upload.strict(Recordings.sample("swagger")).payload();
  }

  private static List<String> stream(byte[] frames, long maxBytes) throws IOException {
    List<String> lines = new ArrayList<>();
    try (PayloadReader reader = new PayloadReader(new ByteArrayInputStream(frames), maxBytes)) {
      for (Slice line = reader.next(); line != null; line = reader.next()) {
        lines.add(line.text());
      }
    }
    return lines;
  }

  @Test
  void payload_tells_its_size_and_ends_with_a_checksum() throws Exception {
    byte[] payload = payload();
    byte[] lines = PayloadReader.lines(payload, MAX);
    assertThat(Zstd.getFrameContentSize(payload)).isEqualTo(lines.length);
    // RFC 8878, 3.1.1.1: bit 2 of the frame header descriptor is the checksum flag.
    assertThat(payload[4] & 0x04).isNotZero();
  }

  @Test
  void reads_frames_end_to_end_and_lines_longer_than_its_buffer() throws Exception {
    byte[] payload = payload();
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.writeBytes(payload);
    twice.writeBytes(payload);
    List<String> once = new String(PayloadReader.lines(payload, MAX), UTF_8).lines().toList();
    List<String> lines = stream(twice.toByteArray(), MAX);
    assertThat(lines).hasSize(128);
    assertThat(lines.subList(64, 128)).isEqualTo(once).isEqualTo(lines.subList(0, 64));
    assertThat(once).anyMatch(line -> line.length() > 100_000);
  }

  @Test
  void tells_every_cut_as_damage() throws Exception {
    byte[] payload = payload();
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 150; i++) {
      byte[] cut = Arrays.copyOf(payload, 1 + random.nextInt(payload.length - 1));
      assertThatThrownBy(() -> PayloadReader.lines(cut, MAX))
          .as("seed %d", seed)
          .isInstanceOf(DamagedPayload.class);
      assertThatThrownBy(() -> stream(cut, MAX))
          .as("seed %d", seed)
          .isInstanceOf(DamagedPayload.class);
    }
  }

  /** A zstd frame has bits that its decoder passes over: without them the lines are the same. */
  @Test
  void after_a_changed_bit_reads_what_was_written_or_tells_of_damage() throws Exception {
    byte[] payload = payload();
    byte[] written = PayloadReader.lines(payload, MAX);
    List<String> events = stream(payload, MAX);
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    int told = 0;
    for (int i = 0; i < 150; i++) {
      byte[] changed = payload.clone();
      // Bits 3 and 4 of the descriptor are reserved or unused and change nothing.
      int at = 5 + random.nextInt(payload.length - 5);
      changed[at] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(PayloadReader.lines(changed, MAX)).as("seed %d", seed).isEqualTo(written);
        assertThat(stream(changed, MAX)).as("seed %d", seed).isEqualTo(events);
      } catch (DamagedPayload damage) {
        told++;
      }
    }
    assertThat(told).as("seed %d", seed).isGreaterThan(140);
  }

  @Test
  void refuses_more_than_asked_for() throws Exception {
    byte[] payload = payload();
    int size = PayloadReader.lines(payload, MAX).length;
    assertThat(PayloadReader.lines(payload, size)).hasSize(size);
    assertThat(stream(payload, size)).hasSize(64);
    assertThatThrownBy(() -> PayloadReader.lines(payload, size - 1))
        .isInstanceOf(DamagedPayload.class);
    assertThatThrownBy(() -> stream(payload, size - 1)).isInstanceOf(DamagedPayload.class);
    assertThatThrownBy(() -> PayloadReader.lines("[]".getBytes(UTF_8), MAX))
        .isInstanceOf(DamagedPayload.class);
  }

  @Test
  void many_threads_compress_at_once_and_alike() throws Exception {
    byte[] json = Recordings.sample("swagger");
    byte[] expected = Upload.strict(json).payload();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<byte[]>> uploads = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        uploads.add(() -> Upload.strict(json).payload());
      }
      for (Future<byte[]> payload : threads.invokeAll(uploads)) {
        assertThat(payload.get()).isEqualTo(expected);
      }
    }
  }
}

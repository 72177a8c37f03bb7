package dev.backspool.recording.file;

import static dev.backspool.recording.file.Uploads.KEY;
import static dev.backspool.recording.file.Uploads.SMALL_GROUPS;
import static dev.backspool.recording.file.Uploads.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.recording.file.Uploads.Upload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeekTest {
  private static List<Upload> uploads = List.of();

  @TempDir Path folder;

  @BeforeAll
  static void readSample() throws Exception {
    uploads = Uploads.sample("admin-short");
  }

  /** Counts how often it is read. */
  private record Counting(RangeSource source, AtomicInteger reads) implements RangeSource {
    static Counting of(byte[] bytes) {
      return new Counting(RangeSource.of(bytes), new AtomicInteger());
    }

    @Override
    public byte[] read(long from, int length) throws IOException {
      reads.incrementAndGet();
      return source.read(from, length);
    }

    @Override
    public long size() throws IOException {
      return source.size();
    }
  }

  private static void same(byte[] lines, Upload upload) throws IOException {
    assertThat(Arrays.equals(lines, upload.lines())).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 20, 1 << 26})
  void any_frame_is_what_reading_through_gives(long ahead) throws Exception {
    Path path = folder.resolve("recording");
    Files.write(path, file(uploads, null, SMALL_GROUPS).bytes());
    var recording = ArchivedRecording.open(RangeSource.of(path), null, new ReadAhead(ahead));
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 100; i++) {
      Upload upload = uploads.get(random.nextInt(uploads.size()));
      same(recording.lines(upload.frame().n()).orElseThrow(), upload);
    }
  }

  @Test
  void any_run_of_frames_is_what_reading_through_gives() throws Exception {
    var recording =
        ArchivedRecording.open(
            RangeSource.of(file(uploads, KEY, SMALL_GROUPS).bytes()), KEY, new ReadAhead(0));
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 30; i++) {
      int first = random.nextInt(uploads.size());
      int last = random.nextInt(first, uploads.size());
      List<byte[]> run =
          recording.lines(uploads.get(first).frame().n(), uploads.get(last).frame().n());
      assertThat(run).as("seed %d", seed).hasSize(last - first + 1);
      for (int at = first; at <= last; at++) {
        same(run.get(at - first), uploads.get(at));
      }
    }
    assertThatThrownBy(() -> recording.lines(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> recording.lines(0, uploads.size()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void opening_a_short_recording_is_one_read_and_reading_through_one_for_each_group()
      throws Exception {
    var file = file(uploads, null, SMALL_GROUPS);
    assertThat(file.written().groups()).isGreaterThan(5);
    Counting source = Counting.of(file.bytes());
    var recording = ArchivedRecording.open(source, null, new ReadAhead(0));
    assertThat(source.reads()).hasValue(1);
    try (FrameCursor cursor = recording.cursor()) {
      while (cursor.next().isPresent()) {}
    }
    assertThat(source.reads()).hasValue(1 + file.written().groups());
  }

  @Test
  void frames_asked_for_one_after_the_other_are_read_once_for_each_group() throws Exception {
    var file = file(uploads, null, SMALL_GROUPS);
    Counting source = Counting.of(file.bytes());
    var recording = ArchivedRecording.open(source, null, new ReadAhead(64 << 20));
    for (Upload upload : uploads) {
      same(recording.lines(upload.frame().n()).orElseThrow(), upload);
    }
    assertThat(source.reads()).hasValue(1 + file.written().groups());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 20, 1 << 26})
  void a_reader_reads_each_group_once_however_little_is_kept_ahead(long ahead) throws Exception {
    var file = file(uploads, KEY, SMALL_GROUPS);
    Counting source = Counting.of(file.bytes());
    FrameReader reader = ArchivedRecording.open(source, KEY, new ReadAhead(ahead)).reader();
    for (Upload upload : uploads) {
      same(reader.lines(upload.frame().n()).orElseThrow(), upload);
    }
    assertThat(source.reads()).hasValue(1 + file.written().groups());
    assertThat(reader.lines(uploads.size())).isEmpty();
    var random = new SplittableRandom(System.nanoTime());
    for (int i = 0; i < 50; i++) {
      Upload any = uploads.get(random.nextInt(uploads.size()));
      same(reader.lines(any.frame().n()).orElseThrow(), any);
    }
  }

  @Test
  void many_readers_at_once_each_get_theirs() throws Exception {
    var recording =
        ArchivedRecording.open(
            RangeSource.of(file(uploads, null, SMALL_GROUPS).bytes()),
            null,
            new ReadAhead(4 << 20));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = new ArrayList<Callable<Boolean>>();
      for (int i = 0; i < 200; i++) {
        Upload upload = uploads.get(i % uploads.size());
        asked.add(
            () -> Arrays.equals(recording.lines(upload.frame().n()).orElseThrow(), upload.lines()));
      }
      for (Future<Boolean> right : threads.invokeAll(asked)) {
        assertThat(right.get()).isTrue();
      }
    }
  }
}

package dev.backspool.recording.file;

import static dev.backspool.recording.file.Uploads.KEY;
import static dev.backspool.recording.file.Uploads.event;
import static dev.backspool.recording.file.Uploads.file;
import static dev.backspool.recording.file.Uploads.open;
import static dev.backspool.recording.file.Uploads.upload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.recording.Frame;
import dev.backspool.recording.file.RecordingWriter.Layout;
import dev.backspool.recording.file.Uploads.Upload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DamageTest {
  /** Three frames in each of four groups. */
  private static final int FRAMES_IN_GROUP = 3;

  private static final int GROUPS = 4;

  private static List<Upload> uploads() throws Exception {
    var uploads = new ArrayList<Upload>();
    for (int n = 0; n < FRAMES_IN_GROUP * GROUPS; n++) {
      uploads.add(
          upload(
              n, "tab", event(1_000 + n, "a%d".formatted(n).repeat(40)) + event(1_001 + n, "b")));
    }
    return uploads;
  }

  private static byte[] fourGroups(@Nullable SecretKey key) throws Exception {
    List<Upload> uploads = uploads();
    long most =
        uploads.subList(uploads.size() - FRAMES_IN_GROUP, uploads.size()).stream()
            .mapToLong(upload -> upload.frame().rawBytes())
            .sum();
    var file = file(uploads, key, new Layout(3, most, 1 << 20));
    assertThat(file.written().groups()).isEqualTo(GROUPS);
    return file.bytes();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void every_changed_byte_is_found_and_never_read_as_an_event(boolean encrypted) throws Exception {
    SecretKey key = encrypted ? KEY : null;
    List<Upload> uploads = uploads();
    byte[] file = fourGroups(key);
    for (int at = 0; at < file.length; at++) {
      byte[] damaged = file.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      ArchivedRecording recording;
      try {
        recording = open(damaged, key);
      } catch (DamagedRecording e) {
        assertThat(at)
            .as("only the index and the trailer keep a file from being opened")
            .isGreaterThanOrEqualTo((int) indexAt(file));
        continue;
      }
      List<Loss> losses = recording.check();
      assertThat(losses).as("byte %d", at).isNotEmpty();
      var lost = new HashSet<Long>();
      losses.forEach(loss -> loss.frames().forEach(frame -> lost.add(frame.n())));
      assertThat(lost.size()).isLessThanOrEqualTo(FRAMES_IN_GROUP);
      readable(recording, uploads, lost);
    }
  }

  /** Every frame but the lost is read, and a lost one is refused with its group's name. */
  private static void readable(ArchivedRecording recording, List<Upload> uploads, Set<Long> lost)
      throws IOException {
    for (Upload upload : uploads) {
      long n = upload.frame().n();
      try {
        assertThat(recording.lines(n)).hasValue(upload.lines());
      } catch (DamagedRecording e) {
        assertThat(lost).contains(n);
        assertThat(e.group()).isEqualTo(OptionalInt.of((int) n / FRAMES_IN_GROUP));
      }
    }
  }

  private static long indexAt(byte[] file) throws IOException {
    return Format.Trailer.of(file, file.length).indexAt();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_file_cut_anywhere_is_not_opened(boolean encrypted) throws Exception {
    SecretKey key = encrypted ? KEY : null;
    byte[] file = fourGroups(key);
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> open(cut, key)).isInstanceOf(DamagedRecording.class);
    }
  }

  @Test
  void bytes_appended_or_another_file_are_not_a_recording() throws Exception {
    byte[] file = fourGroups(null);
    assertThatThrownBy(() -> open(Arrays.copyOf(file, file.length + 1), null))
        .isInstanceOf(DamagedRecording.class);
    assertThatThrownBy(() -> open(new byte[1_000], null)).isInstanceOf(DamagedRecording.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_damaged_group_is_a_gap_and_the_rest_is_read(boolean encrypted) throws Exception {
    SecretKey key = encrypted ? KEY : null;
    byte[] file = fourGroups(key);
    ArchivedRecording whole = open(file, key);
    int from = Format.HEADER_BYTES + whole.groupBytes(0);
    Arrays.fill(file, from, from + whole.groupBytes(1), (byte) 0);
    ArchivedRecording recording = open(file, key);

    var read = new ArrayList<Long>();
    try (FrameCursor cursor = recording.cursor()) {
      for (int i = 0; i < FRAMES_IN_GROUP; i++) {
        read.add(cursor.next().orElseThrow().frame().n());
      }
      assertThatThrownBy(cursor::next)
          .isInstanceOfSatisfying(DamagedRecording.class, e -> assertThat(e.group()).hasValue(1));
      for (var next = cursor.next(); next.isPresent(); next = cursor.next()) {
        read.add(next.get().frame().n());
      }
    }
    assertThat(read).containsExactly(0L, 1L, 2L, 6L, 7L, 8L, 9L, 10L, 11L);
    List<Loss> losses = recording.check();
    assertThat(losses).hasSize(1);
    assertThat(losses.getFirst().frames()).extracting(Frame::n).containsExactly(3L, 4L, 5L);
    assertThat(losses.getFirst().why().group()).hasValue(1);
  }

  @Test
  void what_stands_before_the_damage_in_its_group_is_read() throws Exception {
    List<Upload> uploads = Uploads.sample("grid");
    byte[] file = file(uploads, null, Layout.USUAL).bytes();
    file[(int) indexAt(file) - 100] ^= 1;
    ArchivedRecording recording =
        ArchivedRecording.open(RangeSource.of(file), null, new ReadAhead(64 << 20));
    assertThat(recording.lines(0)).hasValue(uploads.getFirst().lines());
    assertThatThrownBy(() -> recording.lines(uploads.size() - 1))
        .isInstanceOf(DamagedRecording.class);
    assertThat(recording.check().getFirst().frames()).hasSizeLessThan(uploads.size() / 2);
  }

  @Test
  void groups_that_changed_places_are_found_out() throws Exception {
    byte[] file = fourGroups(KEY);
    ArchivedRecording whole = open(file, KEY);
    int length = whole.groupBytes(2);
    assertThat(whole.groupBytes(3)).isEqualTo(length);
    int second = Format.HEADER_BYTES + whole.groupBytes(0) + whole.groupBytes(1);
    byte[] swapped = file.clone();
    System.arraycopy(file, second, swapped, second + length, length);
    System.arraycopy(file, second + length, swapped, second, length);
    ArchivedRecording recording = open(swapped, KEY);
    assertThatThrownBy(() -> recording.lines(6)).isInstanceOf(DamagedRecording.class);
    assertThatThrownBy(() -> recording.lines(9)).isInstanceOf(DamagedRecording.class);
    assertThat(recording.lines(0)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_reader_passes_over_a_damaged_group_and_reads_it_once(boolean encrypted) throws Exception {
    SecretKey key = encrypted ? KEY : null;
    List<Upload> uploads = uploads();
    byte[] file = fourGroups(key);
    file[Format.HEADER_BYTES + 30] ^= 1; // in the first group
    var reads = new AtomicInteger();
    RangeSource whole = RangeSource.of(file);
    RangeSource counting =
        new RangeSource() {
          @Override
          public byte[] read(long from, int length) throws IOException {
            reads.incrementAndGet();
            return whole.read(from, length);
          }

          @Override
          public long size() throws IOException {
            return whole.size();
          }
        };
    FrameReader reader = ArchivedRecording.open(counting, key, new ReadAhead(1 << 20)).reader();
    for (int n = 0; n < uploads.size(); n++) {
      int frame = n;
      if (n < FRAMES_IN_GROUP) {
        assertThatThrownBy(() -> reader.lines(frame)).isInstanceOf(DamagedRecording.class);
      } else {
        assertThat(reader.lines(n)).hasValue(uploads.get(n).lines());
      }
    }
    assertThat(reads).hasValue(1 + GROUPS);
  }
}

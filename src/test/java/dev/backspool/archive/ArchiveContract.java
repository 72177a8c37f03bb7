package dev.backspool.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every archive promises, whatever it is made of. */
abstract class ArchiveContract {
  static final UUID PROJECT = UUID.fromString("0198c0de-0000-7000-8000-000000000001");
  static final UUID OTHER = UUID.fromString("0198c0de-0000-7000-8000-000000000002");
  static final ObjectKey KEY = new ObjectKey(PROJECT, "2026-11-21/session/9f86d081.rec");
  static final byte[] BYTES = "0123456789".getBytes(UTF_8);

  private static final long LARGE = 100L << 20;
  private static final long MOST_ALLOCATED = 32L << 20;

  /** A new one with nothing in it; the same for all calls in one test. */
  abstract Archive archive() throws Exception;

  /** Puts objects of one byte where the archive finds them, faster than by asking it. */
  abstract void seed(List<ObjectKey> keys) throws Exception;

  /** Puts something where the archive keeps objects that is none of its objects. */
  abstract void leaveStrangers() throws Exception;

  /** Leaves what a process leaves that dies while it puts {@link #KEY}. */
  abstract void dieDuringPut() throws Exception;

  /** Takes the archive away with all that is in it. */
  abstract void takeAway() throws Exception;

  abstract void bringBack() throws Exception;

  @Test
  void what_was_put_is_read_whole_and_in_parts() throws Exception {
    assertThat(archive().put(KEY, BYTES)).isTrue();

    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(archive().get(KEY, 0, 10)).isEqualTo(BYTES);
    assertThat(archive().get(KEY, 0, 1)).asString(UTF_8).isEqualTo("0");
    assertThat(archive().get(KEY, 9, 1)).asString(UTF_8).isEqualTo("9");
    assertThat(archive().get(KEY, 3, 4)).asString(UTF_8).isEqualTo("3456");
    assertThat(archive().get(KEY, 5, 0)).isEmpty();
    assertThat(archive().get(KEY, 10, 0)).isEmpty();
  }

  @Test
  void a_part_that_reaches_over_the_end_tells_of_damage() throws Exception {
    archive().put(KEY, BYTES);

    assertThatThrownBy(() -> archive().get(KEY, 9, 2)).isInstanceOf(DamagedObject.class);
    assertThatThrownBy(() -> archive().get(KEY, 10, 1)).isInstanceOf(DamagedObject.class);
    assertThatThrownBy(() -> archive().get(KEY, 11, 0)).isInstanceOf(DamagedObject.class);
    assertThatThrownBy(() -> archive().get(KEY, 1L << 40, 1)).isInstanceOf(DamagedObject.class);
    assertThatThrownBy(() -> archive().get(KEY, -1, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void an_object_may_be_empty() throws Exception {
    assertThat(archive().put(KEY, new byte[0])).isTrue();
    assertThat(archive().put(KEY, new byte[0])).isFalse();

    assertThat(whole(KEY)).isEmpty();
    assertThat(archive().get(KEY, 0, 0)).isEmpty();
    assertThat(archive().find(KEY)).hasValueSatisfying(found -> assertThat(found.size()).isZero());
    assertThatThrownBy(() -> archive().get(KEY, 0, 1)).isInstanceOf(DamagedObject.class);
  }

  @Test
  void a_second_put_stores_nothing() throws Exception {
    archive().put(KEY, BYTES);
    Instant stored = archive().find(KEY).orElseThrow().modified();

    assertThat(archive().put(KEY, "9876543210".getBytes(UTF_8))).isFalse();

    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(archive().find(KEY).orElseThrow().modified()).isEqualTo(stored);
  }

  @Test
  void an_object_that_was_cut_short_is_replaced() throws Exception {
    archive().put(KEY, new byte[] {48, 49, 50});

    assertThat(archive().put(KEY, BYTES)).isTrue();

    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(archive().put(KEY, BYTES)).isFalse();
  }

  @Test
  void tells_size_and_time() throws Exception {
    archive().put(KEY, BYTES);

    StoredObject found = archive().find(KEY).orElseThrow();

    assertThat(found.key()).isEqualTo(KEY);
    assertThat(found.size()).isEqualTo(10);
    assertThat(found.modified()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
  }

  @Test
  void what_is_not_there_is_missing() throws Exception {
    assertThat(archive().find(KEY)).isEmpty();
    assertThatThrownBy(() -> archive().get(KEY, 0, 1)).isInstanceOf(MissingObject.class);
    assertThatThrownBy(() -> archive().get(KEY, 0, 0)).isInstanceOf(MissingObject.class);
    assertThatThrownBy(() -> whole(KEY))
        .isInstanceOf(MissingObject.class)
        .hasMessageContaining(KEY.toString());
    assertThatThrownBy(() -> archive().moveToColdTier(KEY)).isInstanceOf(MissingObject.class);
    assertThat(keys("")).isEmpty();
    archive().check();
  }

  @Test
  void a_large_file_goes_through_in_little_memory(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("large");
    byte[] digest = writeLarge(file);
    archive().put(new ObjectKey(PROJECT, "warm.up"), BYTES);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();

    assertThat(archive().put(KEY, file)).isTrue();
    assertThat(archive().put(KEY, file)).isFalse();
    var read = MessageDigest.getInstance("SHA-256");
    long size = archive().get(KEY, new DigestOutputStream(OutputStream.nullOutputStream(), read));

    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_ALLOCATED);
    assertThat(size).isEqualTo(LARGE);
    assertThat(read.digest()).isEqualTo(digest);
    assertThat(archive().get(KEY, LARGE - 1, 1)).isEqualTo(lastByte(file));
    assertThat(file).exists();
  }

  private static byte[] writeLarge(Path file) throws Exception {
    var random = new Random(1);
    var digest = MessageDigest.getInstance("SHA-256");
    byte[] block = new byte[1 << 20];
    try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
      for (long written = 0; written < LARGE; written += block.length) {
        random.nextBytes(block);
        out.write(block);
      }
    }
    return digest.digest();
  }

  private static byte[] lastByte(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      in.skipNBytes(LARGE - 1);
      return in.readAllBytes();
    }
  }

  @Test
  void a_file_that_cannot_be_read_is_no_fault_of_the_archive(@TempDir Path folder)
      throws Exception {
    Archive archive = archive();

    assertThatThrownBy(() -> archive.put(KEY, folder.resolve("none")))
        .isInstanceOf(IOException.class);
    assertThat(archive.find(KEY)).isEmpty();
  }

  @Test
  void a_reader_that_takes_no_more_is_no_fault_of_the_archive() throws Exception {
    archive().put(KEY, BYTES);
    var full = new NoSuchFileException("full");

    assertThatThrownBy(() ->
            archive()
                .get(
                    KEY,
                    new OutputStream() {
                      @Override
                      public void write(int b) throws IOException {
                        throw full;
                      }
                    }))
        .isSameAs(full);
  }

  @Test
  void lists_by_prefix_in_the_order_of_keys() throws Exception {
    List<ObjectKey> keys =
        List.of(
            new ObjectKey(PROJECT, "2026-11-20/b.rec"),
            new ObjectKey(PROJECT, "2026-11-21-x/a.rec"),
            new ObjectKey(PROJECT, "2026-11-21.rec"),
            new ObjectKey(PROJECT, "2026-11-21/a.rec"),
            new ObjectKey(PROJECT, "2026-11-21/b/a.rec"),
            new ObjectKey(PROJECT, "2026-11-210/a.rec"),
            new ObjectKey(OTHER, "2026-11-21/a.rec"));
    for (ObjectKey key : keys.reversed()) {
      archive().put(key, BYTES);
    }
    leaveStrangers();

    assertThat(keys("")).containsExactlyElementsOf(keys);
    assertThat(keys(PROJECT + "/")).containsExactlyElementsOf(keys.subList(0, 6));
    assertThat(keys(PROJECT + "/2026-11-21/")).containsExactlyElementsOf(keys.subList(3, 5));
    assertThat(keys(PROJECT + "/2026-11-21")).containsExactlyElementsOf(keys.subList(1, 6));
    assertThat(keys(PROJECT + "/2026-11-20/b.rec")).containsExactly(keys.getFirst());
    assertThat(keys(PROJECT + "/2027")).isEmpty();
    assertThat(archive().list("").next())
        .allSatisfy(object -> {
          assertThat(object.size()).isEqualTo(10);
          assertThat(object.modified()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
        });
  }

  @Test
  void lists_ten_thousand_page_by_page() throws Exception {
    archive();
    List<ObjectKey> keys =
        IntStream.range(0, 10_000)
            .mapToObj(i -> new ObjectKey(PROJECT, "%02d/%05d.rec".formatted(i / 500, i)))
            .toList();
    seed(keys);
    Listing listing = archive().list("");

    var listed = new ArrayList<ObjectKey>();
    for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
      assertThat(page).hasSizeLessThanOrEqualTo(1_000);
      page.forEach(object -> listed.add(object.key()));
    }

    assertThat(listed).isEqualTo(keys);
    assertThat(listing.next()).isEmpty();
  }

  @Test
  void many_may_store_one_object_at_once() throws Exception {
    Archive archive = archive();
    byte[] bytes = new byte[1 << 20];
    new Random(2).nextBytes(bytes);
    Callable<Boolean> put = () -> archive.put(KEY, bytes);

    List<Boolean> answers = atOnce(Collections.nCopies(16, put));

    assertThat(answers).contains(true);
    assertThat(whole(KEY)).isEqualTo(bytes);
    assertThat(keys("")).containsExactly(KEY);
    assertThat(archive.put(KEY, bytes)).isFalse();
  }

  @Test
  void a_neighbour_may_be_deleted_at_any_moment() throws Exception {
    Archive archive = archive();
    var tasks = new ArrayList<Callable<Boolean>>();
    for (int thread = 0; thread < 4; thread++) {
      var key = new ObjectKey(PROJECT, "one/folder/" + thread + ".rec");
      tasks.add(() -> {
        for (int i = 0; i < 25; i++) {
          assertThat(archive.put(key, BYTES)).isTrue();
          assertThat(archive.delete(List.of(key))).isEmpty();
        }
        return archive.put(key, BYTES);
      });
    }

    assertThat(atOnce(tasks)).containsOnly(true);
    assertThat(keys("")).hasSize(4);
  }

  @Test
  void deletes_and_tells_what_was_not_there() throws Exception {
    var never = new ObjectKey(PROJECT, "never.rec");
    var stays = new ObjectKey(PROJECT, "2026-11-21/stays.rec");
    archive().put(KEY, BYTES);
    archive().put(stays, BYTES);

    assertThat(archive().delete(List.of(KEY, never, KEY))).containsOnly(never);

    assertThat(keys("")).containsExactly(stays);
    assertThat(archive().find(KEY)).isEmpty();
    assertThat(archive().delete(List.of(KEY, never))).containsOnly(KEY, never);
    assertThat(archive().delete(List.of())).isEmpty();
    assertThat(archive().put(KEY, BYTES)).isTrue();
  }

  @Test
  void deletes_more_than_one_request_holds() throws Exception {
    archive();
    List<ObjectKey> keys =
        IntStream.range(0, 1_200)
            .mapToObj(i -> new ObjectKey(PROJECT, "many/%04d.rec".formatted(i)))
            .toList();
    seed(keys);
    var never = new ObjectKey(PROJECT, "many/never.rec");
    var all = new ArrayList<>(keys);
    all.add(7, never);

    assertThat(archive().delete(all)).containsOnly(never);
    assertThat(keys("")).isEmpty();
  }

  @Test
  void a_put_that_died_is_not_seen_and_can_be_cleared_away() throws Exception {
    archive().check();
    dieDuringPut();

    assertThat(archive().find(KEY)).isEmpty();
    assertThat(keys("")).isEmpty();
    assertThat(archive().removeLeftovers(Duration.ofDays(1))).isZero();
    assertThat(archive().put(KEY, BYTES)).isTrue();
    // A server may tell the time of its beginning a second late.
    assertThat(archive().removeLeftovers(Duration.ofSeconds(-2))).isEqualTo(1);
    assertThat(archive().removeLeftovers(Duration.ofSeconds(-2))).isZero();
    assertThat(whole(KEY)).isEqualTo(BYTES);
  }

  @Test
  void an_archive_that_is_away_is_not_one_without_objects() throws Exception {
    Archive archive = archive();
    archive.put(KEY, BYTES);
    takeAway();

    assertThatThrownBy(archive::check).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.put(KEY, BYTES)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.get(KEY, 0, 1)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> whole(KEY)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.find(KEY)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.list("").next()).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.delete(List.of(KEY))).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.moveToColdTier(KEY)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> archive.removeLeftovers(Duration.ZERO))
        .isInstanceOf(ArchiveUnavailable.class);

    bringBack();

    archive.check();
    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(archive.put(KEY, BYTES)).isFalse();
  }

  final byte[] whole(ObjectKey key) throws Exception {
    var out = new ByteArrayOutputStream();
    assertThat(archive().get(key, out)).isEqualTo(out.size());
    return out.toByteArray();
  }

  final List<ObjectKey> keys(String prefix) throws Exception {
    var keys = new ArrayList<ObjectKey>();
    Listing listing = archive().list(prefix);
    for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
      page.forEach(object -> keys.add(object.key()));
    }
    return keys;
  }

  private static <T> List<T> atOnce(List<Callable<T>> tasks) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
      var answers = new ArrayList<T>();
      for (Future<T> answer : threads.invokeAll(tasks)) {
        answers.add(answer.get());
      }
      return answers;
    }
  }
}

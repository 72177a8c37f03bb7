package dev.backspool.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;

/** An archive in a bucket of a real S3 server, and what becomes of it when the server fails. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class S3ArchiveTest extends ArchiveContract {
  /** For failures that are meant to last; the waits are short, so that the test is. */
  private static final Patience LITTLE =
      new Patience(
          Duration.ofSeconds(2),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          3,
          Duration.ofMillis(20),
          100 << 20);

  /** Far more than all attempts take: what passes it hangs. */
  private static final Duration FOREVER = Duration.ofSeconds(60);

  private static final AtomicInteger BUCKETS = new AtomicInteger();

  @TempDir static Path folder;
  static S3Server server;

  private String bucket;
  private S3Archive archive;
  private FaultyProxy proxy;
  private S3Archive behindProxy;

  @BeforeAll
  static void startServer() throws Exception {
    server = S3Server.start(folder);
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void makeBucket() throws Exception {
    bucket = "replays-" + BUCKETS.incrementAndGet();
    Files.createDirectory(server.folder(bucket));
    archive = new S3Archive(at(server.url()), S3Server.KEYS, Patience.STANDARD);
    proxy = new FaultyProxy(server.port());
    behindProxy = new S3Archive(at(proxy.url()), S3Server.KEYS, LITTLE);
  }

  @AfterEach
  void close() throws Exception {
    archive.close();
    behindProxy.close();
    proxy.close();
  }

  private ArchiveUrl.Bucket at(URI endpoint) {
    return (ArchiveUrl.Bucket)
        ArchiveUrl.parse(
            "s3://%s/some/prefix?endpoint=%s&cold_storage_class=STANDARD_IA"
                .formatted(bucket, endpoint));
  }

  @Override
  Archive archive() {
    return archive;
  }

  @Override
  void seed(List<ObjectKey> keys) throws Exception {
    for (ObjectKey key : keys) {
      Path file = file(key);
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[1]);
    }
  }

  /** Where the server keeps an object. */
  private Path file(ObjectKey key) {
    return server.folder(bucket).resolve("some/prefix").resolve(key.toString());
  }

  @Override
  void leaveStrangers() throws Exception {
    Path prefix = server.folder(bucket).resolve("some/prefix");
    Files.writeString(prefix.resolve("note.txt"), "no project");
    Files.createDirectories(prefix.resolve("backup"));
    Files.writeString(prefix.resolve("backup/a.rec"), "no project");
    Files.writeString(server.folder(bucket).resolve("some/a.rec"), "not below the prefix");
  }

  @Override
  void dieDuringPut() {
    String path = archive.path(KEY);
    String upload =
        archive
            .client()
            .createMultipartUpload(request -> request.bucket(bucket).key(path))
            .uploadId();
    archive
        .client()
        .uploadPart(
            request -> request.bucket(bucket).key(path).uploadId(upload).partNumber(1),
            RequestBody.fromBytes(BYTES));
  }

  @Override
  void takeAway() throws Exception {
    Files.move(server.folder(bucket), folder.resolve("away"));
  }

  @Override
  void bringBack() throws Exception {
    Files.move(folder.resolve("away"), server.folder(bucket));
  }

  @Test
  void wrong_credentials_are_told_and_not_tried_for_long() throws Exception {
    try (var stranger = new S3Archive(at(proxy.url()), new S3Keys("backspool", "guess"), LITTLE)) {
      assertThatThrownBy(() -> stranger.put(KEY, BYTES))
          .isInstanceOf(ArchiveUnavailable.class)
          .hasMessageContaining("403");
      assertThatThrownBy(() -> stranger.find(KEY)).isInstanceOf(ArchiveUnavailable.class);
    }
    assertThat(proxy.heads()).hasSize(2);
    assertThat(archive.find(KEY)).isEmpty();
  }

  @Test
  void a_bucket_that_refuses_is_away_and_holds_nothing_less() throws Exception {
    archive.put(KEY, BYTES);
    proxy.fault(exchange -> exchange.answer(403, "AccessDenied"));

    everythingIsUnavailable(behindProxy);

    proxy.fault(FaultyProxy.NONE);
    assertThat(behindProxy.get(KEY, 0, 10)).isEqualTo(BYTES);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503})
  void a_server_that_keeps_failing_is_away(int status) throws Exception {
    archive.put(KEY, BYTES);
    proxy.fault(exchange -> exchange.answer(status, "InternalError"));

    everythingIsUnavailable(behindProxy);

    proxy.fault(FaultyProxy.NONE);
    assertThat(behindProxy.get(KEY, 0, 10)).isEqualTo(BYTES);
  }

  @Test
  void a_server_that_is_silent_is_not_waited_for_for_ever() throws Exception {
    archive.put(KEY, BYTES);
    proxy.fault(FaultyProxy.Exchange::ignore);

    var hasty =
        new Patience(
            LITTLE.connect(),
            Duration.ofMillis(200),
            LITTLE.attempt(),
            2,
            LITTLE.pause(),
            LITTLE.leastRate());
    try (var behind = new S3Archive(at(proxy.url()), S3Server.KEYS, hasty)) {
      everythingIsUnavailable(behind);
    }
  }

  @Test
  void a_server_that_is_slow_is_waited_for() throws Exception {
    proxy.fault(exchange -> {
      Thread.sleep(400);
      exchange.pass();
    });

    assertThat(behindProxy.put(KEY, BYTES)).isTrue();
    assertThat(behindProxy.get(KEY, 0, 10)).isEqualTo(BYTES);
    assertThat(proxy.heads()).hasSize(2);
  }

  @Test
  void a_server_that_takes_no_more_bytes_is_not_waited_for_for_ever() {
    proxy.fault(FaultyProxy.Exchange::ignore);
    // More than the buffers of the connection hold.
    byte[] large = new byte[32 << 20];

    isUnavailable(() -> behindProxy.put(KEY, large));
  }

  @Test
  void a_server_that_refuses_connections_may_come_back() throws Exception {
    archive.put(KEY, BYTES);
    proxy.goAway();

    everythingIsUnavailable(behindProxy);

    proxy.comeBack();
    assertThat(behindProxy.get(KEY, 0, 10)).isEqualTo(BYTES);
    assertThat(behindProxy.put(new ObjectKey(PROJECT, "later.rec"), BYTES)).isTrue();
  }

  private void everythingIsUnavailable(Archive archive) {
    var other = new ObjectKey(PROJECT, "other.rec");
    isUnavailable(archive::check);
    isUnavailable(() -> archive.put(other, BYTES));
    isUnavailable(() -> archive.get(KEY, 0, 10));
    isUnavailable(() -> archive.get(KEY, OutputStream.nullOutputStream()));
    isUnavailable(() -> archive.find(KEY));
    isUnavailable(() -> archive.list("").next());
    isUnavailable(() -> archive.delete(List.of(KEY, other)));
    isUnavailable(() -> archive.moveToColdTier(KEY));
    isUnavailable(() -> archive.removeLeftovers(Duration.ZERO));
  }

  private static void isUnavailable(Executable call) {
    assertTimeoutPreemptively(
        FOREVER, () -> assertThatThrownBy(call::execute).isInstanceOf(ArchiveUnavailable.class));
  }

  @Test
  void one_failure_is_not_seen() throws Exception {
    var failures = new AtomicInteger();
    proxy.fault(exchange -> {
      if (failures.getAndIncrement() % 2 == 0) {
        exchange.answer(500, "InternalError");
      } else {
        exchange.pass();
      }
    });

    assertThat(behindProxy.put(KEY, BYTES)).isTrue();
    assertThat(behindProxy.get(KEY, 0, 10)).isEqualTo(BYTES);
    assertThat(behindProxy.find(KEY)).isPresent();
    assertThat(behindProxy.list("").next()).hasSize(1);
    assertThat(behindProxy.delete(List.of(KEY))).isEmpty();
  }

  @Test
  void a_put_whose_answer_is_lost_is_stored_once() throws Exception {
    var lost = new AtomicInteger();
    proxy.fault(exchange -> {
      if (lost.getAndIncrement() == 0) {
        exchange.swallowAnswer();
      } else {
        exchange.pass();
      }
    });

    behindProxy.put(KEY, BYTES);

    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(keys("")).containsExactly(KEY);
  }

  @Test
  void a_listing_goes_on_after_a_failure() throws Exception {
    seed(List.of(KEY));
    Listing listing = behindProxy.list("");
    proxy.fault(exchange -> exchange.answer(403, "AccessDenied"));
    isUnavailable(listing::next);

    proxy.fault(FaultyProxy.NONE);

    assertThat(listing.next()).hasSize(1);
    assertThat(listing.next()).isEmpty();
  }

  @Test
  void a_body_that_breaks_is_read_on_from_there() throws Exception {
    byte[] bytes = random(1 << 20);
    archive.put(KEY, bytes);
    var breaks = new AtomicInteger();
    FaultyProxy.Fault twice =
        exchange -> {
          if (breaks.getAndIncrement() % 3 < 2) {
            exchange.cutAfter(300_000);
          } else {
            exchange.pass();
          }
        };
    proxy.fault(twice);
    var out = new ByteArrayOutputStream();

    assertThat(behindProxy.get(KEY, out)).isEqualTo(1 << 20);
    assertThat(out.toByteArray()).isEqualTo(bytes);
    assertThat(proxy.heads().get(1)).contains("range: bytes=300000-1048575");
    assertThat(behindProxy.get(KEY, 1_000, 1_000_000))
        .isEqualTo(Arrays.copyOfRange(bytes, 1_000, 1_001_000));
  }

  @Test
  void a_body_that_always_breaks_is_never_taken_for_a_whole_one() throws Exception {
    archive.put(KEY, random(1 << 20));
    proxy.fault(exchange -> exchange.cutAfter(10));

    isUnavailable(() -> behindProxy.get(KEY, OutputStream.nullOutputStream()));
    isUnavailable(() -> behindProxy.get(KEY, 0, 1 << 20));
  }

  @Test
  void a_body_that_creeps_is_not_waited_for_for_ever() throws Exception {
    archive.put(KEY, random(100_000));
    proxy.fault(exchange -> exchange.creep(50));

    isUnavailable(() -> behindProxy.get(KEY, 0, 100_000));
  }

  @Test
  void an_object_that_lost_its_end_tells_of_damage() throws Exception {
    archive.put(KEY, BYTES);
    Files.write(file(KEY), new byte[] {48, 49, 50});

    assertThatThrownBy(() -> archive.get(KEY, 0, 10)).isInstanceOf(DamagedObject.class);
    assertThat(archive.put(KEY, BYTES)).isTrue();
    assertThat(whole(KEY)).isEqualTo(BYTES);
  }

  @Test
  void a_server_without_conditions_is_asked_before_each_put() throws Exception {
    proxy.fault(exchange -> {
      if (exchange.has("if-none-match")) {
        exchange.answer(501, "NotImplemented");
      } else {
        exchange.pass();
      }
    });

    assertThat(behindProxy.put(KEY, BYTES)).isTrue();
    assertThat(behindProxy.put(KEY, BYTES)).isFalse();
    assertThat(whole(KEY)).isEqualTo(BYTES);
    assertThat(proxy.heads()).filteredOn(head -> head.contains("if-none-match")).hasSize(1);
  }

  @Test
  void a_put_is_decided_by_the_server() throws Exception {
    behindProxy.put(KEY, BYTES);

    assertThat(proxy.heads())
        .singleElement()
        .asString()
        .startsWith("put /" + bucket + "/some/prefix/" + KEY)
        .contains("if-none-match: *");
  }

  @Test
  void encryption_and_storage_class_are_asked_of_the_server() {
    var sealed =
        (ArchiveUrl.Bucket)
            ArchiveUrl.parse(
                "s3://%s?endpoint=%s&sse=aws:kms&kms_key=mine&storage_class=STANDARD_IA"
                    .formatted(bucket, proxy.url()));

    try (var archive = new S3Archive(sealed, S3Server.KEYS, LITTLE)) {
      // This server cannot encrypt, and does not store in the clear what was to be encrypted.
      assertThatThrownBy(() -> archive.put(KEY, BYTES))
          .isInstanceOf(ArchiveUnavailable.class)
          .hasMessageContaining("encryption");
    }

    assertThat(proxy.heads().getFirst())
        .contains("x-amz-server-side-encryption: aws:kms")
        .contains("x-amz-server-side-encryption-aws-kms-key-id: mine")
        .contains("x-amz-storage-class: standard_ia");
  }

  @Test
  void a_large_object_goes_in_parts_and_leaves_none_behind_when_it_fails() throws Exception {
    byte[] large = random((int) S3Upload.MOST_AT_ONCE + 1);
    var parts = new AtomicInteger();
    proxy.fault(exchange -> {
      if (exchange.has("partnumber=3")) {
        exchange.answer(403, "AccessDenied");
      } else {
        parts.incrementAndGet();
        exchange.pass();
      }
    });
    try (var patient = new S3Archive(at(proxy.url()), S3Server.KEYS, Patience.STANDARD)) {
      isUnavailable(() -> patient.put(KEY, large));
      assertThat(archive.find(KEY)).isEmpty();
      assertThat(archive.removeLeftovers(Duration.ofSeconds(-2))).isZero();

      proxy.fault(FaultyProxy.NONE);
      assertThat(patient.put(KEY, large)).isTrue();
    }
    assertThat(proxy.heads()).anyMatch(head -> head.contains("partnumber=5"));
    assertThat(whole(KEY)).isEqualTo(large);
  }

  @Test
  void moves_to_the_cold_tier_and_stays_readable() throws Exception {
    archive.put(KEY, BYTES);

    assertThat(behindProxy.moveToColdTier(KEY)).isTrue();

    assertThat(proxy.heads().getLast())
        .startsWith("put")
        .contains("x-amz-copy-source: " + bucket + "/some/prefix/" + KEY)
        .contains("x-amz-storage-class: standard_ia");
    assertThat(whole(KEY)).isEqualTo(BYTES);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}

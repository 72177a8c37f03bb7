package dev.backspool.archiver;

import dev.backspool.archive.S3Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class BucketArchivingTest extends ArchivingContract {
  private static final AtomicInteger BUCKETS = new AtomicInteger();

  @TempDir static Path folder;
  private static S3Server bucket;

  @BeforeAll
  static void startServer() throws Exception {
    bucket = S3Server.start(folder);
  }

  @AfterAll
  static void stopServer() {
    bucket.close();
  }

  @Override
  Map<String, String> archive() throws Exception {
    String name = "recordings-" + BUCKETS.incrementAndGet();
    Files.createDirectory(bucket.folder(name));
    return Map.of(
        "BACKSPOOL_ARCHIVE_URL",
        "s3://" + name + "/all?endpoint=" + bucket.url(),
        "BACKSPOOL_S3_ACCESS_KEY",
        S3Server.KEYS.accessKey(),
        "BACKSPOOL_S3_SECRET_KEY",
        S3Server.KEYS.secretKey());
  }
}

package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.archive.Listing;
import dev.backspool.archive.S3Server;
import dev.backspool.archive.StoredObject;
import dev.backspool.server.TestServer.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Days of events in a bucket. */
@SuppressWarnings("NullAway.Init") // JUnit sets the field
final class BucketEventsTest {
  @TempDir private Path folder;

  private static long objects(ArchiveUrl url) throws Exception {
    try (Archive archive = Archive.open(url, S3Server.KEYS)) {
      long objects = 0;
      Listing listing = archive.list("");
      for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
        objects += page.stream().filter(each -> each.key().name().endsWith(".bkev")).count();
      }
      return objects;
    }
  }

  @Test
  void days_lie_in_a_bucket_stay_while_it_refuses_and_are_written_anew_there() throws Exception {
    Files.createDirectories(folder.resolve("s3"));
    try (S3Server bucket = S3Server.start(folder.resolve("s3"));
        var proxy = new FaultyProxy(bucket.url().getPort())) {
      Files.createDirectories(bucket.folder("events"));
      String url = "s3://events/all?endpoint=" + proxy.url();
      Map<String, String> settings =
          Map.of(
              "BACKSPOOL_ARCHIVE_URL",
              url,
              "BACKSPOOL_S3_ACCESS_KEY",
              S3Server.KEYS.accessKey(),
              "BACKSPOOL_S3_SECRET_KEY",
              S3Server.KEYS.secretKey());
      try (var past = new Past(folder, settings)) {
        past.tracked(past.project, "ada-1", "phone", "ada", 4);
        past.tracked(past.project, "bob-1", "laptop", "bob", 3);
        past.days(12);
        past.settle();
        proxy.fault(exchange -> exchange.answer(403, "AccessDenied"));
        past.run();
        assertThat(past.rows("event")).isEqualTo(11);
        assertThat(past.left()).singleElement().asString().contains("The archive does not answer");

        proxy.fault(FaultyProxy.NONE);
        past.clock.advance(Duration.ofMinutes(61));
        past.server.server().retention().look();
        assertThat(past.rows("event")).isZero();
        assertThat(past.archivedRows()).isEqualTo(11);
        assertThat(objects(ArchiveUrl.parse(url))).isOne();
        assertThat(past.held()).isEqualTo(11);

        Answer erased = past.server.call("DELETE", past.path() + "/profiles/ada").admin().send();
        assertThat(erased.status()).as(erased.body()).isEqualTo(200);
        assertThat(past.archivedTexts()).hasSize(5).noneMatch(line -> line.contains("ada"));
        past.server.server().archiver().doomed().deleteDue();
        assertThat(objects(ArchiveUrl.parse(url))).isOne();
        past.server.server().sync().sinks().resync(past.sink().id(), null, null);
        assertThat(past.held()).isEqualTo(5);
      }
    }
  }
}

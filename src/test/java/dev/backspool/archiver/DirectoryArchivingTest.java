package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryArchivingTest extends ArchivingContract {
  @Override
  Map<String, String> archive() {
    return Map.of();
  }

  @Test
  void an_archive_that_is_not_mounted_at_a_start_is_away_and_not_made_anew(@TempDir Path folder)
      throws Exception {
    TestPostgres.Address database = TestPostgres.freshDatabase();
    Path archive = folder.resolve("archive");
    var settings = Map.of("BACKSPOOL_ARCHIVE_URL", "file:" + archive);
    String path;
    try (Studio studio = Studio.start(database, settings)) {
      path = studio.shortVisit("kept").path();
      studio.shortVisit("gone");
      studio.archive();
    }
    Files.move(archive, folder.resolve("unmounted"));
    Files.createDirectory(archive);

    try (Studio studio = Studio.start(database, settings)) {
      String frame =
          studio
              .server
              .column("select id || '/recording/frames/1' from session where name = 'kept'")
              .getFirst();
      String sessions = path.substring(0, path.lastIndexOf('/') + 1);
      assertThat(studio.server.get(sessions + frame).admin().send().status()).isEqualTo(503);
      studio.sql("delete from session where name = 'gone'");
      assertThat(studio.delete(Duration.ofMinutes(1))).isZero();
      studio.visit("late").page(0, "https://shop.example.com/").upload();
      assertThat(studio.archive().recorded()).isZero();
      assertThat(archive).isEmptyDirectory();

      Files.delete(archive);
      Files.move(folder.resolve("unmounted"), archive);
      studio.clock.advance(Duration.ofHours(1));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();
      // The erased one's, and what was planned in vain.
      assertThat(studio.archiver().doomed().deleteDue()).isEqualTo(2);
      assertThat(studio.server.get(sessions + frame).admin().send().status()).isEqualTo(200);
    }
  }
}

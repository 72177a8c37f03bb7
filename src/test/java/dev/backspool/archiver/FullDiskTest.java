package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.backspool.api.Visit;
import dev.backspool.archiver.Studio.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that fill up, as small file systems in memory; needs the right to mount them. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class FullDiskTest {
  @TempDir Path folder;
  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk.toString())) {
      abort("FULL DISKS ARE NOT TESTED: no file system can be mounted here");
    }
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", disk.toString());
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Path fill() throws Exception {
    Path filler = disk.resolve("filler");
    try (var out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(new byte[4_096]);
      }
    } catch (IOException full) {
      return filler;
    }
  }

  @Test
  void recordings_wait_while_the_archive_is_full() throws Exception {
    try (Studio studio =
        Studio.start(Map.of("BACKSPOOL_ARCHIVE_URL", "file:" + disk.resolve("archive")))) {
      var visits = new ArrayList<Visit>();
      for (int i = 0; i < 5; i++) {
        visits.add(studio.shortVisit("first" + i));
      }
      assertThat(studio.archive().recorded()).isEqualTo(5);
      Path filler = fill();
      for (int i = 0; i < 5; i++) {
        visits.add(studio.shortVisit("second" + i));
      }
      List<Reading> before = visits.stream().map(studio::read).toList();

      var round = studio.archive();
      assertThat(round.recorded()).isZero();
      assertThat(round.failed()).isPositive();
      assertThat(studio.server.column("select archive_error from session"))
          .anySatisfy(error -> assertThat(error).contains("No space left"));
      assertThat(studio.server.count("select count(*) from session where hot_chunks = 3"))
          .isEqualTo(5);
      assertThat(visits.stream().map(studio::read)).isEqualTo(before);

      Files.delete(filler);
      studio.clock.advance(Duration.ofMinutes(11));
      studio.archiver().archiveDue();
      studio.clock.advance(Duration.ofMinutes(11));
      studio.archiver().archiveDue();
      studio.delete(Duration.ofHours(2));
      assertThat(studio.chunks()).isZero();
      assertThat(visits.stream().map(studio::read)).isEqualTo(before);
      studio.assertWhole();
    }
  }

  @Test
  void a_large_recording_waits_while_there_is_no_room_to_make_its_file() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.createSymbolicLink(data.resolve("tmp"), disk);
    Map<String, String> settings =
        Map.of(
            "BACKSPOOL_DATA_DIR",
            data.toString(),
            "BACKSPOOL_ARCHIVE_URL",
            "file:" + data.resolve("archive"));
    try (Studio studio = Studio.start(settings)) {
      String large = studio.sample("admin-long");
      Visit small = studio.shortVisit("small");
      Path filler = fill();
      var before = studio.read(large);

      assertThat(studio.archive()).isEqualTo(new Archiver.Round(2, 1, 1));

      assertThat(studio.session("small", "part_count")).isEqualTo("1");
      assertThat(studio.session("admin-long", "archive_error")).contains("No space left");
      assertThat(studio.archiver().counts().failures(Trouble.DISK)).isOne();
      assertThat(studio.read(large)).isEqualTo(before);
      try (var left = Files.list(disk)) {
        assertThat(left).containsExactly(filler);
      }

      run("mount", "-o", "remount,size=64m", disk.toString());
      studio.clock.advance(Duration.ofMinutes(1));
      assertThat(studio.archiver().archiveDue().recorded()).isOne();
      assertThat(studio.read(large)).isEqualTo(before);
      assertThat(studio.read(small).frames()).hasSize(3);
      studio.assertWhole();
    }
  }
}

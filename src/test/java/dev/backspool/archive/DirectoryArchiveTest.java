package dev.backspool.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive in a directory. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class DirectoryArchiveTest extends ArchiveContract {
  @TempDir private Path folder;
  private DirectoryArchive archive;

  @BeforeEach
  void open() {
    archive = new DirectoryArchive(root(), false);
  }

  @Override
  DirectoryArchive archive() {
    return archive;
  }

  private Path root() {
    return folder.resolve("archive");
  }

  @Override
  void seed(List<ObjectKey> keys) throws Exception {
    archive.check();
    for (ObjectKey key : keys) {
      Path file = root().resolve(key.toString());
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[1]);
    }
  }

  @Override
  void leaveStrangers() throws IOException {
    Files.createDirectory(root().resolve("lost+found"));
    Files.writeString(root().resolve("lost+found/a.rec"), "a");
    Files.writeString(root().resolve("note"), "no folder");
    Files.createDirectories(root().resolve(PROJECT + "/folder.d/x"));
  }

  @Override
  void dieDuringPut() throws IOException {
    Files.write(root().resolve(DirectoryArchive.INCOMING + "/dead.part"), new byte[] {1, 2});
  }

  @Override
  void takeAway() throws IOException {
    Files.move(root(), folder.resolve("away"));
    // What is left when a file system is not mounted.
    Files.createDirectory(root());
  }

  @Override
  void bringBack() throws IOException {
    Files.delete(root());
    Files.move(folder.resolve("away"), root());
  }

  @Test
  void is_not_made_before_it_is_used() {
    assertThat(root()).doesNotExist();
  }

  @Test
  void an_object_is_a_file_of_its_name() throws Exception {
    archive().put(KEY, BYTES);

    assertThat(root().resolve(KEY.toString())).hasBinaryContent(BYTES);
    assertThat(root().resolve(DirectoryArchive.INCOMING)).isEmptyDirectory();
  }

  @Test
  void leaves_no_empty_folders_behind() throws Exception {
    archive().put(KEY, BYTES);
    archive().delete(List.of(KEY));

    assertThat(root().resolve(PROJECT.toString())).doesNotExist();
    assertThat(root().resolve(DirectoryArchive.MARK)).exists();
  }

  @Test
  void a_put_that_is_under_way_is_no_leftover() throws Exception {
    archive().check();
    Path old = Files.createFile(root().resolve(DirectoryArchive.INCOMING + "/old.part"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Path young = Files.createFile(root().resolve(DirectoryArchive.INCOMING + "/young.part"));

    assertThat(archive().removeLeftovers(Duration.ofHours(1))).isEqualTo(1);

    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void a_directory_that_holds_something_is_never_made() throws Exception {
    Files.createDirectory(root());
    var known = new DirectoryArchive(root(), true);

    assertThatThrownBy(known::check).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> known.put(KEY, BYTES)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> known.find(KEY)).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> known.delete(List.of(KEY))).isInstanceOf(ArchiveUnavailable.class);
    assertThatThrownBy(() -> known.list("").next()).isInstanceOf(ArchiveUnavailable.class);
    assertThat(root()).isEmptyDirectory();

    // What it held is lost, says its owner.
    Files.createFile(root().resolve(DirectoryArchive.MARK));
    known.check();
    assertThat(known.put(KEY, BYTES)).isTrue();
  }

  @Test
  void a_directory_that_cannot_be_made_is_away() throws Exception {
    Files.writeString(root(), "a file stands here");

    assertThatThrownBy(() -> archive().put(KEY, BYTES))
        .isInstanceOf(ArchiveUnavailable.class)
        .hasMessageContaining(root().toString());
    Files.delete(root());
    assertThat(archive().put(KEY, BYTES)).isTrue();
  }

  @Test
  void a_full_disk_stores_nothing_and_loses_nothing() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()),
        "only root can mount a small disk");
    try {
      var small = new DirectoryArchive(disk.resolve("archive"), false);
      var large = new ObjectKey(PROJECT, "large.rec");
      small.put(KEY, BYTES);

      assertThatThrownBy(() -> small.put(large, new byte[2 << 20]))
          .isInstanceOf(ArchiveUnavailable.class)
          .hasMessageContaining("No space left");

      assertThat(small.find(large)).isEmpty();
      assertThat(small.get(KEY, 0, 10)).isEqualTo(BYTES);
      try (Stream<Path> left =
          Files.list(disk.resolve("archive").resolve(DirectoryArchive.INCOMING))) {
        assertThat(left).isEmpty();
      }
      assertThat(small.put(large, new byte[512 << 10])).isTrue();
    } finally {
      run("umount", disk.toString());
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }
}

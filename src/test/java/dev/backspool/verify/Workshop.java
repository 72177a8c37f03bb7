package dev.backspool.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.api.Visit;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archiver.Studio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A server whose archiver works when it is told to, and a project in which things are broken. */
final class Workshop implements AutoCloseable {
  final Studio studio;
  Project project;

  private Workshop(Studio studio) {
    this.studio = studio;
    this.project = studio.project;
  }

  static Workshop open() {
    return open(Map.of());
  }

  static Workshop open(Map<String, String> settings) {
    return new Workshop(Studio.start(settings));
  }

  /** What is broken from now on is broken in a project of its own. */
  void another() {
    project = studio.server.project();
  }

  /** A visit of two tabs in three uploads, in PostgreSQL. */
  Visit live(String name) {
    return new Visit(studio.server, project, name)
        .page(0, "https://shop.example.com/" + name)
        .click(1_000)
        .upload("&seq=0")
        .click(2_000)
        .input(3_000)
        .upload("&seq=1")
        .tab("t2")
        .page(2_500, "https://shop.example.com/two")
        .upload("&seq=0");
  }

  /** The same, in the archive. */
  Visit archived(String name) throws InterruptedException {
    Visit visit = live(name);
    studio.archive();
    assertThat(text("select count(*) from chunk where project_id = '%s'".formatted(project.id())))
        .isEqualTo("0");
    return visit;
  }

  Verified verify() throws Exception {
    return Verified.of(studio.server, new Options(project.id(), false, false));
  }

  Verified quickly() throws Exception {
    return Verified.of(studio.server, new Options(project.id(), false, true));
  }

  Verified repair() throws Exception {
    return Verified.of(studio.server, new Options(project.id(), true, false));
  }

  void assertClean() throws Exception {
    Verified verified = verify();
    assertThat(verified.findings()).isEmpty();
    assertThat(verified.summary().clean()).isTrue();
  }

  /** The name of the one object of a session. */
  String object(Visit visit) {
    return text("select object from recording_part where session_id = '%s'".formatted(visit.id()));
  }

  /** Where an object of the project lies. */
  Path file(String object) {
    return studio.server.folder().resolve("archive").resolve(project.id() + "/" + object);
  }

  /** Puts a file into the archive that nothing names, as if it came some days ago. */
  Path stray(String object, byte[] content) throws IOException {
    Path file = file(object);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
    return file;
  }

  /** Changes one byte of a file. */
  static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 0x10;
    Files.write(file, bytes);
  }

  void sql(String sql) {
    studio.sql(sql);
  }

  String text(String sql) {
    List<String> values = studio.server.column(sql);
    assertThat(values).as(sql).hasSize(1);
    return values.getFirst();
  }

  /** Names of a session's frames, in the order they came. */
  List<Long> frames(Visit visit) {
    return studio
        .server
        .server()
        .playback()
        .frames(project.id(), UUID.fromString(visit.id()))
        .stream()
        .map(dev.backspool.recording.Frame::n)
        .sorted()
        .toList();
  }

  List<String> objectsOfProject() throws ArchiveUnavailable {
    return studio.objects().stream()
        .filter(stored -> stored.key().project().equals(project.id()))
        .map(stored -> stored.key().name())
        .toList();
  }

  @Override
  public void close() {
    studio.close();
  }
}

package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of recordings, whatever kind of archive they go to. */
abstract class ArchivingContract {
  /** Settings of a new, empty archive. */
  abstract Map<String, String> archive() throws Exception;

  private Studio start() throws Exception {
    return Studio.start(archive());
  }

  private Studio start(String name, String value) throws Exception {
    var settings = new HashMap<>(archive());
    settings.put(name, value);
    return Studio.start(settings);
  }

  @Test
  void a_recording_reads_the_same_when_it_is_archived() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("same");
      String sample = studio.sample("grid");
      var before = studio.read(visit);
      var sampleBefore = studio.read(sample);

      assertThat(studio.archive().recorded()).isEqualTo(2);

      assertThat(studio.chunks()).isZero();
      assertThat(studio.server.count("select count(*) from recording_part")).isEqualTo(2);
      assertThat(
              studio.server.column("select distinct hot_chunks || ' ' || hot_bytes from session"))
          .containsExactly("0 0");
      assertThat(studio.session("same", "hot_since is null and archive_after is null"))
          .isEqualTo("true");
      assertThat(studio.session("same", "part_count")).isEqualTo("1");
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.read(sample)).isEqualTo(sampleBefore);
      studio.assertNothingLeftOver();
    }
  }

  @Test
  void late_uploads_make_a_second_part_and_then_one_of_both() throws Exception {
    try (Studio studio = start()) {
      Visit visit = studio.shortVisit("late");
      studio.archive();
      visit
          .tab("t1")
          .click(4_000)
          .upload("&seq=2")
          .tab("t0")
          .page(500, "https://shop.example.com/early")
          .upload("&seq=0");
      var before = studio.read(visit);
      assertThat(before.frames()).hasSize(5);

      assertThat(studio.archive().recorded()).isOne();
      assertThat(studio.session("late", "part_count")).isEqualTo("2");
      assertThat(studio.chunks()).isZero();
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.objects()).hasSize(2);

      studio.clock.advance(Duration.ofMinutes(11));
      assertThat(studio.archiver().mergeDue().recorded()).isOne();
      assertThat(studio.session("late", "part_count")).isEqualTo("1");
      assertThat(studio.read(visit)).isEqualTo(before);
      assertThat(studio.archiver().doomed().deleteDue()).as("a playback may run").isZero();
      assertThat(studio.objects()).hasSize(3);

      assertThat(studio.delete(Duration.ofMinutes(11))).isEqualTo(2);
      studio.assertNothingLeftOver();
      assertThat(studio.read(visit)).isEqualTo(before);
    }
  }

  @Test
  void what_is_not_encrypted_is_the_same_each_time() throws Exception {
    try (Studio studio = start("BACKSPOOL_ARCHIVE_ENCRYPTION", "off")) {
      studio.shortVisit("plain");
      studio.archive();
      assertThat(studio.server.column("select data_key from recording_part")).containsOnlyNulls();
      String object = studio.named().getFirst();
      String content = object.substring(object.lastIndexOf('/') + 1);
      assertThat(content).matches("[0-9a-f]{40}\\.bksp");
    }
  }
}

package dev.backspool.archiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archive.StoredObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that no row names: whatever happened, they go; and no others do. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class OrphanSweepTest {
  @TempDir Path folder;
  private Studio studio;
  private Archive main;
  private Archive cold;

  @BeforeEach
  void start() {
    Path mainFolder = folder.resolve("main");
    Path coldFolder = folder.resolve("cold");
    studio =
        Studio.start(
            Map.of(
                "BACKSPOOL_ARCHIVE_URL",
                "file:" + mainFolder,
                "BACKSPOOL_COLD_ARCHIVE_URL",
                "file:" + coldFolder));
    main = Archive.open(new ArchiveUrl.Directory(mainFolder), null);
    cold = Archive.open(new ArchiveUrl.Directory(coldFolder), null);
  }

  @AfterEach
  void stop() {
    studio.close();
    main.close();
    cold.close();
  }

  private ObjectKey put(Archive archive, UUID project) throws Exception {
    var key = new ObjectKey(project, "recordings/2026-01-01/" + UUID.randomUUID() + ".bksp");
    archive.put(key, "an object".getBytes(UTF_8));
    return key;
  }

  private OrphanSweep.Swept sweep() throws Exception {
    return studio.archiver().orphans().sweep(OrphanSweep.AGE, () -> {});
  }

  @Test
  void what_no_row_names_is_deleted_once_it_is_old() throws Exception {
    studio.shortVisit("named");
    studio.archive();
    ObjectKey orphan = put(main, studio.project.id());
    ObjectKey coldOrphan = put(cold, studio.project.id());

    studio.clock.set(Instant.now());
    assertThat(sweep()).isEqualTo(new OrphanSweep.Swept(3, 0));
    studio.clock.advance(Duration.ofHours(25));
    assertThat(sweep()).isEqualTo(new OrphanSweep.Swept(3, 2));
    assertThat(sweep().orphans()).as("they are doomed").isZero();
    assertThat(studio.archiver().doomed().deleteDue()).isEqualTo(2);

    assertThat(main.find(orphan)).isEmpty();
    assertThat(cold.find(coldOrphan)).isEmpty();
    studio.assertNothingLeftOver();
    assertThat(studio.objects()).hasSize(1);
  }

  @Test
  void what_is_planned_or_of_another_installation_stays() throws Exception {
    ObjectKey strange = put(main, UUID.randomUUID());
    ObjectKey planned = put(main, studio.project.id());
    studio.sql(
        "insert into doomed_object (project_id, object, reason, not_before, cold)"
            + " values ('%s', '%s', 'planned', now() + interval '9 days', false)"
                .formatted(planned.project(), planned.name()));
    studio.clock.advance(Duration.ofDays(2));

    assertThat(sweep()).isEqualTo(new OrphanSweep.Swept(2, 0));
    studio.archiver().doomed().deleteDue();

    assertThat(main.find(strange)).isPresent();
    assertThat(main.find(planned)).isPresent();
  }

  @Test
  void it_is_done_once_a_day_by_one_node() throws Exception {
    ObjectKey orphan = put(main, studio.project.id());
    studio.clock.advance(Duration.ofDays(2));
    studio.archiver().orphans().sweepWhenDue();
    assertThat(studio.archiver().doomed().deleteDue()).isOne();
    assertThat(main.find(orphan)).isEmpty();

    put(main, studio.project.id());
    studio.archiver().orphans().sweepWhenDue();
    assertThat(studio.archiver().doomed().deleteDue()).isZero();
    studio.sql("update job set finished_at = finished_at - interval '1 day'");
    studio.archiver().orphans().sweepWhenDue();
    assertThat(studio.archiver().doomed().deleteDue()).isOne();
  }

  @Test
  void what_a_put_left_half_done_is_removed() throws Exception {
    put(main, studio.project.id());
    Path part = folder.resolve("main/.incoming/half.part");
    Files.write(part, new byte[10]);
    sweep();
    assertThat(part).exists();
    Files.setLastModifiedTime(part, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    sweep();
    assertThat(part).doesNotExist();
  }

  @Test
  void what_a_recording_names_is_never_deleted() throws Exception {
    var visit = studio.shortVisit("safe");
    studio.archive();
    var before = studio.read(visit);
    // As if somebody had written a wrong row.
    studio.sql(
        "insert into doomed_object (project_id, object, reason, not_before, cold)"
            + " select project_id, object, 'removed', now() - interval '1 day', false"
            + " from recording_part");

    assertThat(studio.archiver().doomed().deleteDue()).isZero();

    assertThat(studio.read(visit)).isEqualTo(before);
    studio.assertNothingLeftOver();
  }

  @Test
  void what_a_recording_names_in_another_tier_goes_for_no_reason_but_the_move() throws Exception {
    studio.shortVisit("safe");
    studio.archive();
    ObjectKey key = studio.objects().getFirst().key();
    cold.put(key, "were both tiers one place".getBytes(UTF_8));
    studio.clock.advance(Duration.ofDays(2));

    assertThat(sweep().orphans()).isOne();
    assertThat(studio.archiver().doomed().deleteDue()).isZero();

    assertThat(cold.find(key)).isPresent();
    studio.assertNothingLeftOver();
  }

  @Test
  void objects_go_from_the_tier_that_they_are_in() throws Exception {
    studio.shortVisit("hot");
    studio.archive();
    ObjectKey key = studio.objects().getFirst().key();
    cold.put(key, main.get(key, 0, (int) studio.objects().getFirst().size()));
    // As the move to the cold tier does: its row first, then the copy that is left.
    studio.sql("update recording_part set cold = true");
    studio.sql(
        "insert into doomed_object (project_id, object, reason, not_before, cold)"
            + " select project_id, object, 'moved', now(), false from recording_part");
    assertThat(studio.delete(Duration.ofMinutes(1))).isOne();
    assertThat(main.find(key)).isEmpty();
    assertThat(cold.find(key)).isPresent();

    studio.sql("delete from session");
    assertThat(studio.delete(Duration.ofMinutes(1))).isOne();
    assertThat(cold.find(key)).isEmpty();
    assertThat(List.of(studio.objects())).containsExactly(List.of());
  }

  /** The database may be yesterday's copy: a newer one may name them. */
  @Test
  void where_many_have_no_row_none_is_deleted() throws Exception {
    studio.shortVisit("named");
    studio.archive();
    for (int i = 0; i < OrphanSweep.FEW + 1; i++) {
      put(main, studio.project.id());
    }
    ObjectKey coldOrphan = put(cold, studio.project.id());
    studio.clock.set(Instant.now().plus(Duration.ofHours(25)));

    assertThat(sweep()).isEqualTo(new OrphanSweep.Swept(OrphanSweep.FEW + 3, 1));
    assertThat(studio.archiver().doomed().deleteDue()).as("the one of the cold tier").isOne();
    assertThat(cold.find(coldOrphan)).isEmpty();
    assertThat(studio.objects()).hasSize(OrphanSweep.FEW + 2);

    List<String> named = studio.named();
    main.delete(
        studio.objects().stream()
            .map(StoredObject::key)
            .filter(key -> !named.contains(key.toString()))
            .limit(1)
            .toList());
    assertThat(sweep().orphans()).isEqualTo(OrphanSweep.FEW);
    assertThat(studio.archiver().doomed().deleteDue()).isEqualTo(OrphanSweep.FEW);
    studio.assertNothingLeftOver();
  }
}

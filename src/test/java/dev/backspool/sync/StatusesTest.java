package dev.backspool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.State;
import dev.backspool.sync.Workshop.Copy;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What it costs to tell how it stands, where much is behind. */
final class StatusesTest {
  private static final int ROWS = 400_000;
  private static final Duration MOST = Duration.ofMillis(200);

  private final Workshop shop = new Workshop();

  @AfterEach
  void close() {
    shop.close();
  }

  private static OfSink sink(SyncStatus status, UUID id) {
    return status.sinks().stream().filter(each -> each.id().equals(id)).findFirst().orElseThrow();
  }

  private static OfMapping mapping(OfSink sink, Mapping mapping) {
    return sink.mappings().stream()
        .filter(each -> each.mapping().equals(mapping.id()))
        .findFirst()
        .orElseThrow();
  }

  /** Looks some times, and at how long it takes. */
  private static SyncStatus quickly(Supplier<SyncStatus> look) {
    var took = new long[9];
    SyncStatus last = look.get();
    for (int i = 0; i < took.length; i++) {
      long begun = System.nanoTime();
      last = look.get();
      took[i] = System.nanoTime() - begun;
    }
    Arrays.sort(took);
    System.err.printf(
        "the status in the scope %s took %d ms%n",
        last.project() == null ? "installation" : "project", took[took.length / 2] / 1_000_000);
    assertThat(Duration.ofNanos(took[took.length / 2])).isLessThan(MOST);
    return last;
  }

  @Test
  void hundreds_of_thousands_of_keys_that_are_behind_are_told_without_reading_them() {
    Sync node = shop.node(2);
    Copy near = shop.copy(node);
    Copy far = shop.copy(node, TestPostgres.freshDatabase(), shop.project);
    near.shows("select name from backspool.projects", "Shop");
    shop.settles(node, near.id, shop.project);
    shop.settles(node, far.id, shop.project);
    node.pause("tail", true);
    node.pause("load", true);
    // A transaction that was open at the snapshots, which nobody is to look for among all keys.
    shop.source.write(handle ->
        handle.execute(
            """
            update sync_cursor set snapshot = (
              pg_current_xact_id()::text || ':' || (pg_current_xact_id()::text::bigint + 1) || ':'
                || pg_current_xact_id())::pg_snapshot
            """));
    // A sink that never got anywhere.
    UUID never =
        node.sinks().add(null, "postgres", "Nowhere", "postgresql://u:p@127.0.0.1:1/d", false);
    shop.source.own(handle ->
        handle.execute(
            """
            insert into sync_key (project_id, source, key, seq, xid, is_gone, changed_at)
            select ?, 3 + n %% 4, int8send(n), nextval('sync_seq'), pg_current_xact_id(), n %% 50 = 0,
              now() - interval '1 minute'
            from generate_series(1, %d) as n
            """
                .formatted(ROWS),
            shop.project));
    shop.source.vacuum("sync_key");

    for (boolean isAll : new boolean[] {false, true}) {
      SyncStatus status =
          quickly(() -> isAll ? node.statuses().all() : node.statuses().of(shop.project));
      OfMapping profiles = mapping(sink(status, near.id), Mappings.PROFILES);
      assertThat(profiles.isExact()).isFalse();
      assertThat(profiles.behind()).isBetween(ROWS / 4L / 2, ROWS / 4L * 2);
      assertThat(profiles.oldest()).isNotNull();
      assertThat(sink(status, far.id).behind().rows()).isBetween(ROWS / 2L, ROWS * 2L);
      OfMapping unseen = mapping(sink(status, never), Mappings.PROJECTS);
      assertThat(unseen.state()).isEqualTo(State.NEW);
      assertThat(unseen.behind()).isEqualTo(1);
      assertThat(status.stages().get(2).behind().isExact()).isFalse();
    }
  }

  @Test
  void many_projects_are_told_by_one_look() {
    Sync node = shop.node(4);
    var projects = new Projects(shop.source);
    for (int i = 0; i < 150; i++) {
      projects.create("Shop " + i, "web");
    }
    Copy copy = shop.copy(node);
    Workshop.eventually(() -> {
      OfSink sink = sink(node.statuses().all(), copy.id);
      assertThat(sink.all().state()).isEqualTo(State.LIVE);
      assertThat(sink.behind().rows()).isZero();
    });
    node.sinks().pause(copy.id, true);
    Workshop.pause(300);
    shop.run("update project set name = name || '!' where name like 'Shop 1%'");
    SyncStatus status = quickly(() -> node.statuses().all());
    OfSink sink = sink(status, copy.id);
    assertThat(sink.projectsBehind()).isEqualTo(61);
    // With a project the three keys that it has to write are noted.
    assertThat(sink.behind().rows()).isEqualTo(4 * 61);
    assertThat(sink.projects()).hasSize(100);
    assertThat(sink.projects().getFirst().all().behind()).isEqualTo(4);
  }
}

package dev.backspool.sync.clickhouse;

import static dev.backspool.sync.clickhouse.Rows.FACTS;
import static dev.backspool.sync.clickhouse.Rows.THINGS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The statements that make the tables of a cluster, read by ClickHouse's own parser; the engine of
 * the tests is of no cluster.
 */
final class ClusterTest {
  private final Tables tables =
      new Tables(ClickHouseUrl.parse("clickhouse:http://localhost/data?cluster=main"));

  private static String formatted(String sql) {
    return TestClickHouse.shared()
        .ask("select formatQuerySingleLine(%s) format TSVRaw".formatted(Sql.text(sql)));
  }

  @Test
  void tables_are_replicated_on_the_cluster() {
    assertThat(formatted(tables.createDatabase()))
        .isEqualTo("CREATE DATABASE IF NOT EXISTS data ON CLUSTER main");
    assertThat(formatted(tables.createTable(THINGS)))
        .startsWith("CREATE TABLE IF NOT EXISTS data.sync_things ON CLUSTER main (")
        .contains("ENGINE = ReplicatedReplacingMergeTree(sync_version, sync_deleted)")
        .contains("ORDER BY (project_id, id)");
    assertThat(formatted(tables.createTable(FACTS)))
        .contains("PARTITION BY intDiv(id, 20000000)")
        .contains("INDEX received_at_range received_at TYPE minmax");
    assertThat(formatted(tables.createView(THINGS)))
        .startsWith("CREATE OR REPLACE VIEW data.things ON CLUSTER main")
        .endsWith("FROM data.sync_things FINAL WHERE sync_deleted = 0");
    assertThat(formatted(tables.addColumn(THINGS, "nick")))
        .isEqualTo(
            "ALTER TABLE data.sync_things ON CLUSTER main (ADD COLUMN IF NOT EXISTS `nick` Nullable(String))");
    assertThat(formatted(tables.dropColumn(THINGS, "country")))
        .isEqualTo(
            "ALTER TABLE data.sync_things ON CLUSTER main (DROP INDEX IF EXISTS country_range), (DROP COLUMN IF EXISTS country)");
    assertThat(formatted(tables.dropTable(THINGS)))
        .isEqualTo("DROP TABLE data.sync_things ON CLUSTER main SYNC");
    assertThat(formatted(tables.createFloor()))
        .startsWith("CREATE TABLE IF NOT EXISTS data.sync_floor ON CLUSTER main (")
        .contains("ENGINE = ReplicatedReplacingMergeTree(floor)");
  }

  @Test
  void a_single_server_has_none_of_it() {
    var single = new Tables(ClickHouseUrl.parse("clickhouse:http://localhost/data"));
    assertThat(formatted(single.createTable(THINGS)))
        .startsWith("CREATE TABLE IF NOT EXISTS data.sync_things (")
        .contains("ENGINE = ReplacingMergeTree(sync_version, sync_deleted)")
        .doesNotContain("CLUSTER");
  }
}

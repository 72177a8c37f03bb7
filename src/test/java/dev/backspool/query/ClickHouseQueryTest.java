package dev.backspool.query;

import static dev.backspool.query.QueryShop.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.query.sql.Statement;
import dev.backspool.sync.clickhouse.TestClickHouse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Queries on a ClickHouse. */
final class ClickHouseQueryTest extends QueryContract {
  @Override
  Map<String, String> settings() {
    return Map.of(
        "BACKSPOOL_ANALYTICS_URL", TestClickHouse.shared().address(TestClickHouse.freshName()));
  }

  @Override
  Stream<String> refusedHere() {
    return Stream.of(
        "select string_agg(name, ',' order by name) from events",
        "select groupArray(name order by name) from events",
        "select toTypeName(1)",
        "select materialize(1)",
        "select arrayFilter(x -> x, [1])");
  }

  @Test
  void the_store_has_functions_of_its_own() {
    assertThat(
            shop.rows(
                "select quantile(0.5)(revenue) as half, uniqExact(path) as paths, groupUniqArray(name) as names, domain('https://a.example/x') as d from events where name = 'purchase'"))
        .containsExactly("113.5|5|[\"purchase\"]|a.example");
    assertThat(
            shop.rows(
                "select windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(at)), name = 'purchase', name = 'screen_view') >= 1 as entered from events"))
        .hasSize(1);
  }

  private String ask(String sql) {
    Store store = shop.server.server().queries().store().orElseThrow();
    var rows = new Rows(100, 100_000);
    store
        .ask(
            new Statement(sql, List.of()),
            shop.ours.id(),
            UUID.randomUUID().toString(),
            Duration.ofSeconds(30))
        .read(rows);
    return new String(rows.json(), StandardCharsets.UTF_8);
  }

  /** The second barrier alone: statements that the first would never write. */
  @Test
  void the_store_reads_rows_of_the_project_alone_whatever_it_is_asked() {
    for (String table : List.of("events", "sync_events", "profiles", "sync_projects")) {
      assertThat(
              ask(
                  "select toString(project_id) as project, count() as n from %s group by project"
                      .formatted(table)))
          .as(table)
          .contains(shop.ours.id().toString())
          .doesNotContain(shop.theirs.id().toString());
    }
  }

  @Test
  void a_query_has_its_share_of_memory_and_disk() {
    assertThat(
            ask(
                "select name, value from system.settings where name in ('max_memory_usage', 'max_temporary_data_on_disk_size_for_query', 'readonly') order by name"))
        .isEqualTo(
            "[{\"name\":\"max_memory_usage\",\"value\":\"1000000000\"},{\"name\":\"max_temporary_data_on_disk_size_for_query\",\"value\":\"8000000000\"},{\"name\":\"readonly\",\"value\":\"1\"}]");
  }

  @Test
  void what_the_store_says_is_put_into_our_words() {
    for (String sql :
        List.of(
            "select name, revenue from events group by name",
            "select sum(name) as n from events",
            "select lower(1, 2) as n",
            "select intDiv(1, revenue - revenue) as n from events")) {
      var answer = shop.ask(sql);
      assertThat(answer.status()).as(sql).isEqualTo(400);
      assertThat(answer.json().get("code").asString()).isEqualTo("query_failed");
      assertThat(answer.body())
          .doesNotContain("sync_")
          .doesNotContain("DB::")
          .doesNotContain(SECRET);
    }
  }
}

package dev.backspool.query;

import static dev.backspool.query.QueryShop.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries on the DuckDB file of the process. */
final class DuckDbQueryTest extends QueryContract {
  @TempDir static Path folder = Path.of("");

  @Override
  Map<String, String> settings() {
    return Map.of("BACKSPOOL_ANALYTICS_URL", "duckdb:" + folder.resolve("analytics.duckdb"));
  }

  @Override
  Stream<String> refusedHere() {
    return Stream.of(
        "select quantile(0.5)(revenue) from events",
        "select toInt64('1')",
        "select uniq(id) from events");
  }

  @Test
  void what_is_correlated_or_ordered_within_is_fenced_too() {
    for (String sql :
        List.of(
            "select count(*) as n from profiles p where exists (select 1 from events e where cast(e.profile_id as integer) = cast(p.id as integer))",
            "select p.id, (select max(cast(e.profile_id as integer)) from events e where e.profile_id = p.id) as n from profiles p",
            "select string_agg(e.name, ',' order by cast(e.profile_id as integer)) as n from events e",
            "select count(*) as n from events e where list_contains([1, 2], cast(e.profile_id as integer))",
            "select date_trunc('day', e.at) as d, median(cast(e.profile_id as integer)) as n from events e group by 1",
            "select count(*) as n from events e where regexp_matches(e.name, e.path) or cast(e.device_id as integer) >= 0",
            "select arg_max(e.name, cast(e.device_id as integer)) as n from events e")) {
      var answer = shop.ask(sql);
      assertThat(answer.status()).as(sql + answer.body()).isEqualTo(200);
      assertThat(answer.body()).doesNotContain(SECRET);
    }
  }

  @Test
  void what_the_store_finds_before_it_looks_at_rows_may_be_told() {
    var answer = shop.ask("select name, revenue from events group by name");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).contains("revenue").contains("GROUP BY");
  }

  @Test
  void without_a_columnar_store_there_is_nothing_to_query() {
    try (TestServer server = TestServer.start()) {
      String path = "/api/projects/" + server.project().id() + "/query";
      var answer = server.post(path).admin().json(Map.of("query", "select 1")).send();
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.json().get("code").asString()).isEqualTo("no_columnar_store");
      assertThat(server.get(path + "/schema").admin().send().status()).isEqualTo(404);
    }
  }
}

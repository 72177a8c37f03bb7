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

  private static String casts(int number) {
    return "select "
        + "cast([".repeat(number)
        + "name"
        + "] as text)".repeat(number)
        + " as t from events";
  }

  @Test
  void a_text_does_not_grow_by_what_only_this_store_has() {
    String names = "name" + ", name".repeat(99);
    for (String sql :
        List.of(
            "select concat_ws('%s', %s) as t from events".formatted("-".repeat(500), names),
            "select array_to_string(string_split(name, ''), '%s') as t from events"
                .formatted("-".repeat(1_000)),
            "select array_to_string([%s], '%s') as t from events"
                .formatted("''" + ", ''".repeat(99), "-".repeat(1_000)),
            "select strftime(at, '%s') as t from events".formatted("%c".repeat(4_000)),
            "select regexp_replace('', '$', {a:String}) as t",
            casts(12),
            "select json_extract(array_to_string(json_extract(properties, ['$', '$']), ''), ['$', '$']) as t from events",
            "select json_extract(cast(json_extract(properties, '$..*') as text), '$..*') as t from events",
            "select string_agg((select max(name) from events), ',') as t from events",
            "select max(name, 1000000) as t from events",
            "select arg_max(name, revenue, 1000000) as t from events",
            "select string_agg(name, ',') over (order by id) as t from events",
            "select list(name) over (order by id) as t from events")) {
      var answer = shop.ask(sql, Map.of("a", "x".repeat(101_000)));
      assertThat(answer.status()).as(sql).isEqualTo(400);
      assertThat(answer.json().get("code").asString()).as(sql).isEqualTo("query_refused");
    }
    assertThat(
            shop.rows(
                "select array_to_string(list(distinct path order by path), ', ') as l, strftime(min(at), '%Y') > '2000' as y, regexp_replace('a1b2', '[0-9]', '-', 'g') as r, concat_ws('/', 'a', 'b') as c, json_extract_string(any_value(properties), '$.n') is null as j, cast([1] as text) as t, arg_max(name, revenue) is null as a from events"))
        .containsExactly("/0, /1, /2, /3, /4|true|a-b-|a/b|false|[1]|false");
  }

  @Test
  void what_is_gathered_of_many_rows_has_an_end() {
    String from = " from events a, events b, events c";
    for (String sql :
        List.of(
            "select string_agg(a.name, ',') as t" + from,
            "select length(string_agg(a.name, ',')) as t" + from,
            "select len(list(a.id)) as t" + from,
            "with t as (select array_agg(a.name) as t%s) select count(t) as n from t"
                .formatted(from))) {
      var answer = shop.ask(sql);
      assertThat(answer.status()).as(sql + answer.body()).isEqualTo(400);
      assertThat(answer.json().get("code").asString()).isEqualTo("query_failed");
      assertThat(answer.json().get("detail").asString()).contains("many rows that is too long");
    }
    assertThat(
            shop.rows(
                "select string_agg(distinct path, '' order by path) as t, len(list(id)) as n from events group by name order by n"))
        .hasSize(2);
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

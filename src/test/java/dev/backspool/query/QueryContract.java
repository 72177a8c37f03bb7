package dev.backspool.query;

import static dev.backspool.query.QueryShop.SECRET;
import static dev.backspool.query.QueryShop.eventually;
import static dev.backspool.query.QueryShop.rows;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What holds of queries on every store. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class QueryContract {
  /** Twenty sources side by side: more rows than anybody lives to see. */
  private static final String ENDLESS = endless();

  QueryShop shop;

  /** The server's settings, with the store. */
  abstract Map<String, String> settings() throws Exception;

  /** What this store in particular must not be asked. */
  Stream<String> refusedHere() {
    return Stream.of();
  }

  @BeforeAll
  void start() throws Exception {
    shop = new QueryShop(settings());
  }

  @AfterAll
  void stop() {
    if (shop != null) {
      shop.close();
    }
  }

  private static String endless() {
    var from = new ArrayList<String>();
    var sum = new ArrayList<String>();
    for (int i = 0; i < 20; i++) {
      from.add("events as e" + i);
      sum.add("e" + i + ".revenue");
    }
    return "select max((%s) %% 97) as n from %s"
        .formatted(String.join(" + ", sum), String.join(", ", from));
  }

  private static TestServer.Answer refused(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).doesNotContain(SECRET);
    return answer;
  }

  private static String code(TestServer.Answer answer) {
    return answer.json().path("code").asString("");
  }

  // What can be asked

  @Test
  void a_query_finds_rows_and_tells_its_columns() {
    var answer =
        shop.ask(
            "select name, count(*) as n, min(revenue) least from events where revenue >= {least:Int64} group by name order by name",
            Map.of("least", 103));
    assertThat(rows(answer)).containsExactly("purchase|9|103", "screen_view|18|104");
    assertThat(answer.json().at("/columns/0/name").asString()).isEqualTo("name");
    assertThat(answer.json().at("/columns/1/type").asString()).isNotEmpty();
    assertThat(answer.json().at("/stats/rows").asInt()).isEqualTo(2);
    assertThat(answer.json().at("/query_id").asString()).hasSize(36);
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
  }

  @Test
  void every_view_has_the_columns_of_the_schema_and_our_rows_alone() {
    JsonNode schema =
        shop.server.get("/api/projects/" + shop.ours.id() + "/query/schema").admin().send().json();
    assertThat(schema.get("views").size()).isEqualTo(8);
    for (JsonNode view : schema.get("views")) {
      var named = new ArrayList<String>();
      view.get("columns").forEach(column -> named.add(column.get("name").asString()));
      var answer = shop.ask("select * from " + view.get("name").asString());
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      var columns = new ArrayList<String>();
      answer.json().get("columns").forEach(column -> columns.add(column.get("name").asString()));
      assertThat(columns).isEqualTo(named).doesNotContain("project_id");
      assertThat(answer.body()).doesNotContain(SECRET).doesNotContain(shop.theirs.id().toString());
    }
    assertThat(shop.rows("select name, id from projects"))
        .containsExactly("Our shop|" + shop.ours.id());
    assertThat(schema.get("functions").toString()).contains("\"count\"").contains("\"lower\"");
    assertThat(schema.at("/limits/rows").asInt()).isEqualTo(10_000);
  }

  @Test
  void values_come_as_json_has_them() {
    var answer =
        shop.ask(
            "select revenue, revenue / 8 as part, name, id, groups, properties, at, session_id, revenue > 5 as much, 9007199254740993 as huge, cast(1.5 as decimal(10,2)) as d, date '2026-01-31' as day, timestamp '2026-01-31 10:20:30.5' as time from events where revenue = 104");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    JsonNode row = answer.json().get("result").get(0);
    assertThat(row.get("revenue").asLong()).isEqualTo(104);
    assertThat(row.get("part").asDouble()).isEqualTo(13.0);
    assertThat(row.get("groups").toString()).isEqualTo("[\"1\"]");
    assertThat(row.get("properties").asString()).isEqualTo("{\"n\": \"4\"}");
    assertThat(row.get("at").asString())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z");
    assertThat(row.get("session_id").isNull()).isTrue();
    assertThat(row.get("much").isBoolean()).isTrue();
    assertThat(row.get("huge").asString()).isEqualTo("9007199254740993");
    assertThat(row.get("huge").isString()).isTrue();
    assertThat(row.get("d").asDouble()).isEqualTo(1.5);
    assertThat(row.get("day").asString()).isEqualTo("2026-01-31");
    assertThat(row.get("time").asString()).startsWith("2026-01-31T10:20:30.5");
  }

  @Test
  void the_language_has_what_analysts_use() {
    assertThat(
            shop.rows(
                """
                with paid as (
                  select profile_id, sum(revenue) as paid
                  from events
                  where name = 'purchase' /* not the views */
                  group by profile_id
                )
                select p.email, paid.paid, rank() over (order by paid.paid desc) as place
                from profiles as p
                join paid on paid.profile_id = p.id
                order by place
                limit 2 offset 1; -- the second and the third
                """))
        .containsExactly("21|233|2", "18|227|3");
    assertThat(
            shop.rows(
                "select distinct case when revenue % 2 = 0 then 'even' else 'odd' end as kind from events order by 1"))
        .containsExactly("even", "odd");
    assertThat(
            shop.rows(
                "select count(*) from events where name not like 'p%' and (path in ('/1', '/2') or path between '/3' and '/4') and not (revenue is null)"))
        .containsExactly("16");
    assertThat(
            shop.rows(
                "select properties ->> 'n' as n, upper(name) || '!' as loud from events where (properties ->> 'n')::int = 7"))
        .containsExactly("7|SCREEN_VIEW!");
    assertThat(shop.rows("select properties ->> 'none' as n from events limit 1"))
        .containsExactly("null");
    assertThat(shop.rows("select 1 as a union all select 2 union all select 2 order by a desc"))
        .containsExactly("2", "2", "1");
    assertThat(shop.rows("(select 1 as a union select 1) except select 2")).containsExactly("1");
    assertThat(
            shop.rows(
                "select name, count(*) filter (where revenue > 110) as n from events group by all having count(*) > 10 order by n"))
        .containsExactly("screen_view|13");
    assertThat(
            shop.rows(
                "select sum(revenue) over (order by id rows between 1 preceding and current row) as s from events order by s limit 2"))
        .containsExactly("100", "201");
    assertThat(
            shop.rows(
                "select count(*) from events e left join profiles p on p.id = e.profile_id and p.email = '17' where p.id is null"))
        .containsExactly("24");
    assertThat(
            shop.rows(
                "select count(*) from events where profile_id in (select id from profiles where email > '19') and at > now() - interval '2 days' and extract(year from at) > 2000"))
        .containsExactly("12");
    assertThat(shop.rows("select count(*) from (select * from events limit 7) as seven"))
        .containsExactly("7");
    assertThat(shop.rows("select (select max(revenue) from events) as most"))
        .containsExactly("129");
    assertThat(
            shop.rows("select [1, 2][2] as two, array['a'] as list, try_cast('x' as int) as none"))
        .containsExactly("2|[\"a\"]|null");
    assertThat(
            shop.rows(
                "select \"Name\" from (select NAME as \"Name\" from EVENTS limit 1) as \"a \"\"quoted\"\" one\""))
        .hasSize(1);
    assertThat(
            shop.rows(
                "with events as (select 'mine' as name) select name, (select count(*) from profiles) as n from events"))
        .containsExactly("mine|5");
  }

  @Test
  void parameters_come_as_their_types_say_and_are_never_part_of_the_text() {
    var hostile =
        List.of(
            "'; drop table events; --",
            "' or 1 = 1 --",
            "\\' or 1 = 1 --",
            "\"",
            "{b:String}",
            "$1",
            "?",
            "%",
            "a\tb\nc\\n\\",
            "\u0001",
            "é😀",
            "/*",
            "'||(select 1)||'",
            "");
    for (String value : hostile) {
      var answer = shop.ask("select {a:String} as a", Map.of("a", value));
      assertThat(answer.json().at("/result/0/a").asString("none")).isEqualTo(value);
      assertThat(
              rows(shop.ask("select name from events where name = {a:String}", Map.of("a", value))))
          .isEmpty();
    }
    assertThat(
            rows(
                shop.ask(
                    "select {i:Int64} as i, {f:Float64} as f, {b:Bool} as b, {d:Date} as d, {t:DateTime64(6)} as t, {u:UUID} as u, {n:Nullable(String)} as n, {i:Int64} + 1 as more",
                    parameters(
                        "i",
                        Long.MIN_VALUE + 1,
                        "f",
                        1.5,
                        "b",
                        true,
                        "d",
                        "2026-01-31",
                        "t",
                        "2026-01-31T10:00:00+01:00",
                        "u",
                        "018f0000-0000-7000-8000-000000000000",
                        "n",
                        null))))
        .first()
        .asString()
        .startsWith("-9223372036854775807|1.5|true|2026-01-31|2026-01-31T09:00:00")
        .endsWith("Z|018f0000-0000-7000-8000-000000000000|null|-9223372036854775806");
    String in =
        "select count(*) as n from events where path in {paths:Array(String)} and revenue not in ({not:Array(Int64)})";
    assertThat(
            rows(shop.ask(in, Map.of("paths", List.of("/1", "/2", "' or 1"), "not", List.of(101)))))
        .containsExactly("11");
    assertThat(rows(shop.ask(in, Map.of("paths", List.of(), "not", List.of()))))
        .containsExactly("0");
    assertThat(
            rows(
                shop.ask(
                    "select revenue from events order by revenue limit {n:Int64} offset {o:Int64}",
                    Map.of("n", 1, "o", 3))))
        .containsExactly("103");
  }

  private static Map<String, @Nullable Object> parameters(@Nullable Object... both) {
    var map = new TreeMap<String, @Nullable Object>();
    for (int i = 0; i < both.length; i += 2) {
      map.put(String.valueOf(both[i]), both[i + 1]);
    }
    return map;
  }

  @Test
  void a_parameter_that_does_not_fit_is_named() {
    record Wrong(String type, @Nullable Object value) {}
    for (Wrong wrong :
        List.of(
            new Wrong("Int64", "1"),
            new Wrong("Int64", 1.5),
            new Wrong("Int32", 1L << 40),
            new Wrong("Int64", true),
            new Wrong("Float64", "x"),
            new Wrong("String", 1),
            new Wrong("Bool", "true"),
            new Wrong("Date", "2026-02-30"),
            new Wrong("DateTime", "yesterday"),
            new Wrong("UUID", "x"),
            new Wrong("String", null),
            new Wrong("Array(String)", "x"),
            new Wrong("Array(String)", List.of(1)),
            new Wrong("Decimal(4, 2)", 123.45),
            new Wrong("String", List.of("x")))) {
      var answer =
          refused(
              shop.ask(
                  "select {a:%s} as a".formatted(wrong.type()), parameters("a", wrong.value())));
      assertThat(answer.json().at("/errors/0/field").asString())
          .as(wrong.toString())
          .isEqualTo("params.a");
      assertThat(code(answer)).isEqualTo("query_refused");
    }
    var missing = refused(shop.ask("select {a:String} as a"));
    assertThat(missing.json().at("/errors/0/field").asString()).isEqualTo("params.a");
    refused(shop.ask("select {a:String} as a, {a:Int64} as b", Map.of("a", "x")));
  }

  @Test
  void a_request_that_is_wrong_names_its_field() {
    record Wrong(String field, Map<String, Object> body) {}
    for (Wrong wrong :
        List.of(
            new Wrong("query", Map.of()),
            new Wrong("query", Map.of("query", "  ")),
            new Wrong("query", Map.of("query", List.of("select 1"))),
            new Wrong("timeout_ms", Map.of("query", "select 1", "timeout_ms", 999)),
            new Wrong("timeout_ms", Map.of("query", "select 1", "timeout_ms", 120_001)),
            new Wrong("timeout_ms", Map.of("query", "select 1", "timeout_ms", "5000")),
            new Wrong("params", Map.of("query", "select 1", "params", List.of())),
            new Wrong("params.a", Map.of("query", "select 1", "params", Map.of("a", Map.of()))))) {
      var answer = shop.post(shop.ours.id(), wrong.body());
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo(wrong.field());
    }
    assertThat(shop.post(shop.ours.id(), List.of()).status()).isEqualTo(400);
    assertThat(shop.post(new java.util.UUID(0, 0), Map.of("query", "select 1")).status())
        .isEqualTo(404);
    assertThat(
            shop.server
                .post("/api/projects/" + shop.ours.id() + "/query")
                .json(Map.of("query", "select 1"))
                .send()
                .status())
        .isEqualTo(401);
  }

  @Test
  void what_is_wrong_with_a_query_is_told_with_its_place() {
    assertThat(refused(shop.ask("select a\nfrom evnts")).json().get("detail").asString())
        .isEqualTo("line 2, column 6: there is no view called evnts");
    assertThat(refused(shop.ask("select nam from events")).json().get("detail").asString())
        .isEqualTo("line 1, column 8: there is no column called nam");
    assertThat(refused(shop.ask("select foo(1)")).json().get("detail").asString())
        .isEqualTo("line 1, column 8: there is no function called foo");
    assertThat(refused(shop.ask("select id, id from events")).json().get("detail").asString())
        .isEqualTo("line 1, column 12: two columns are called id: name one with AS");
  }

  // What cannot

  Stream<String> refusals() {
    return Stream.concat(Refused.EVERYWHERE.stream(), refusedHere());
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void nothing_else_can_be_asked(String sql) {
    var answer = refused(shop.ask(sql, Map.of("a", "x", "b", "x", "t", "x")));
    assertThat(code(answer)).as(answer.body()).isIn("query_refused", "malformed");
  }

  @Test
  void a_query_is_neither_too_long_nor_too_deep_nor_too_wide() {
    for (String sql :
        List.of(
            "select " + "(".repeat(5_000) + "1" + ")".repeat(5_000),
            "select " + "not ".repeat(4_000) + "true",
            "select " + "- ".repeat(5_000) + "1",
            "select " + "1 + ".repeat(4_000) + "1",
            "select " + "case when true then ".repeat(900) + "1" + " end".repeat(900),
            "select * from " + "(select * from ".repeat(900) + "events" + ") as t".repeat(900),
            "select " + "[".repeat(5_000) + "]".repeat(5_000),
            "select 1" + "[1]".repeat(5_000),
            "select '" + "x".repeat(20_000) + "'",
            "select 1" + " union select 1".repeat(1_300),
            "select 1 from " + "(select 1) as a0" + sources(900),
            "select " + "1, ".repeat(1_000) + "1",
            doubling())) {
      assertThat(code(refused(shop.ask(sql)))).isEqualTo("query_refused");
    }
  }

  private static String sources(int number) {
    return IntStream.rangeClosed(1, number)
        .mapToObj(", (select 1) as a%d"::formatted)
        .collect(Collectors.joining());
  }

  /** Once these took hours. */
  @Test
  void the_time_to_read_a_query_grows_with_its_length_alone() {
    for (String sql :
        List.of(
            "select {a:Decimal(" + " ".repeat(19_900) + "x}",
            "select {a:" + " ".repeat(19_900) + "(}",
            "select {a:Decimal(" + " ".repeat(150) + "x}",
            "select {a" + " ".repeat(150) + "x}",
            "select 1" + ", 1".repeat(6_600),
            "select lower('')" + ", lower('')".repeat(1_700),
            "select properties" + " -> ''".repeat(3_300) + " from event")) {
      long begin = System.nanoTime();
      assertThat(code(refused(shop.ask(sql)))).isEqualTo("query_refused");
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
    }
    assertThat(shop.rows("select 1 as column_2, 1, 1, lower('A'), lower('B')"))
        .containsExactly("1|1|1|a|b");
  }

  @Test
  void a_parameter_may_have_blanks_and_says_its_time_is_in_utc() {
    Map<String, Object> time = Map.of("t", "2026-01-31 10:00:00");
    for (String type :
        List.of(
            "DateTime",
            "DateTime('UTC')",
            "DateTime64(3)",
            " DateTime64 ( 6 , 'UTC' ) ",
            "Nullable( DateTime64(6, 'UTC') )")) {
      assertThat(rows(shop.ask("select { t : %s } as t".formatted(type), time)))
          .as(type)
          .singleElement()
          .asString()
          .startsWith("2026-01-31T10:00:00");
    }
    for (String type :
        List.of(
            "DateTime('Europe/Berlin')",
            "DateTime64(6, 'Europe/Berlin')",
            "DateTime('utc) x')",
            "DateTime(UTC)")) {
      var answer = refused(shop.ask("select {t:%s} as t".formatted(type), time));
      assertThat(answer.json().get("detail").asString()).contains("line 1, column 8");
    }
  }

  @Test
  void a_day_that_is_none_is_not_taken_for_another() {
    refused(shop.ask("select timestamp '2026-02-30 12:00:00' as t"));
    refused(shop.ask("select date '2026-02-30' as d"));
    assertThat(
            shop.ask("select {t:DateTime} as t", Map.of("t", "2026-02-30 12:00:00"))
                .json()
                .at("/errors/0/field")
                .asString())
        .isEqualTo("params.t");
  }

  @Test
  void a_decimal_keeps_its_digits() {
    String digits = "12345678901234567890.123";
    assertThat(shop.ask("select cast('%s' as decimal(38, 3)) as d".formatted(digits)).body())
        .contains("\"d\":" + digits);
    assertThat(
            shop.ask("select {d:Decimal(38, 3)} as d", Map.of("d", new BigDecimal(digits))).body())
        .contains("\"d\":" + digits);
  }

  @Test
  void a_limit_is_not_below_0() {
    for (String clause : List.of("limit", "offset")) {
      var answer =
          refused(
              shop.ask("select 1 as one from events " + clause + " {n:Int64}", Map.of("n", -1)));
      assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("params.n");
    }
    assertThat(
            rows(
                shop.ask(
                    "select count(*) as n from events where at < now() + interval {n:Int64} day",
                    Map.of("n", -1))))
        .containsExactly("0");
  }

  @Test
  void rows_are_ordered_by_what_the_select_calls_its_values() {
    assertThat(
            shop.rows(
                "select profile_id, sum(revenue) as revenue from events group by profile_id order by revenue desc limit 2"))
        .containsExactly("4|699", "3|693");
    assertThat(shop.rows("select -revenue as revenue from events order by revenue limit 2"))
        .containsExactly("-129", "-128");
    assertThat(
            shop.rows("select e.*, -revenue as less from events as e order by less limit 1")
                .getFirst())
        .endsWith("|-129");
    assertThat(
            shop.rows(
                "select -revenue as revenue, row_number() over (order by revenue) as n from events order by n limit 1"))
        .containsExactly("-100|1");
    assertThat(shop.rows("select -revenue as revenue from events order by events.revenue limit 1"))
        .containsExactly("-100");
    assertThat(
            shop.rows(
                "select nullif(revenue, 129) as n from events order by n desc limit 1 offset 28"))
        .containsExactly("100");
  }

  /** Each reads the one before twice: a thousand times the events at the end. */
  private static String doubling() {
    var sql = new StringBuilder("with t0 as (select id from events)");
    for (int i = 1; i < 11; i++) {
      sql.append(
          ", t%1$d as (select a.id from t%2$d as a join t%2$d as b on a.id = b.id)"
              .formatted(i, i - 1));
    }
    return sql.append(" select count(*) from t10").toString();
  }

  @Test
  void a_text_does_not_grow_beyond_all_memory() {
    String ten = "name" + " || name".repeat(9);
    assertThat(
            code(
                refused(
                    shop.ask(
                        "select max(c) as m from (select b || b || b || b || b || b || b || b || b || b || b as c from (select a || a || a || a || a || a || a || a || a || a || a as b from (select %s as a from events) as x) as y) as z"
                            .formatted(ten)))))
        .isEqualTo("query_refused");
    assertThat(shop.rows("select length(max(%s)) > 50 as m from events".formatted(ten)))
        .containsExactly("true");
  }

  /** Each of them ten times as long as the one before. */
  private static String tenfold(String begin, String level) {
    var sql = new StringBuilder("with t0 as (%s)".formatted(begin));
    String ten = level.formatted("t" + " || t".repeat(9));
    for (int i = 1; i < 6; i++) {
      sql.append(", t%d as (select %s as t from t%d)".formatted(i, ten, i - 1));
    }
    return sql.append(" select max(length(t)) as n from t5").toString();
  }

  @Test
  void no_way_around_makes_a_text_short() {
    String parameter = "x".repeat(1_100);
    for (String sql :
        List.of(
            tenfold("select cast(name is null as text) as t from events", "%s"),
            tenfold("select cast(revenue as text) as t from events", "%s"),
            tenfold("select cast(at as text) as t from events", "%s"),
            tenfold("select lower('') as t from events", "%s"),
            tenfold("select 'a' as t from events", "case when true then %s end"),
            tenfold("select name as t from events", "[%s][1]"),
            tenfold("select groups[1] as t from events", "[[%s]][1][1]"),
            "select " + "{a:String} || ".repeat(100) + "'' as t",
            "select [{a:String}%s][1] as t".formatted(", {a:String}".repeat(100)),
            "select replace(name, 'a', {a:String}) as t from events")) {
      assertThat(code(refused(shop.ask(sql, Map.of("a", parameter))))).isEqualTo("query_refused");
    }
    assertThat(
            code(
                refused(
                    shop.ask(
                        "select {a:Array(String)} as t",
                        Map.of("a", Collections.nCopies(100, parameter))))))
        .isEqualTo("query_refused");
  }

  @Test
  void texts_may_be_put_together_as_usual() {
    assertThat(
            shop.rows(
                "select replace(replace(replace(replace(lower(name), 'a', ''), 'e', ''), '_', ' '), 'h', 'ch') || ': ' || cast(sum(revenue) as text) || concat(' ', 'x', '') as t from events group by name order by t"))
        .containsExactly("purcchs: 1135 x", "scrn viw: 2300 x");
    assertThat(
            shop.rows(
                "select concat('n = ', properties ->> 'n') as t from events where revenue = 101"))
        .containsExactly("n = 1");
  }

  /** Half of what comes out is no query, the other half must not show more than it may. */
  @Test
  void whatever_is_mixed_into_a_query_it_shows_no_row_of_others() {
    var random = new Random(42);
    List<String> whole =
        List.of(
            "select name , count ( * ) as n from events where path = '/1' group by name",
            "with t as ( select * from profiles ) select t . email from t order by 1",
            "select e . name from events as e join profiles as p on p . id = e . profile_id limit 5",
            "select path from events union all select email from profiles",
            "select ( select max ( email ) from profiles ) as m , id from sessions");
    List<String> pieces =
        List.of(
            "name",
            "path",
            "email",
            "id",
            "events",
            "profiles",
            "e",
            "p",
            "t",
            "1",
            "null",
            "'x'",
            "max ( id )",
            "{a:String}",
            "distinct",
            "( select 1 )",
            "order by 1",
            "and true",
            "\"name\"",
            "-- x\n",
            "/* ; */",
            "sync_file",
            "sync_deleted",
            "stage_events",
            "sync_events",
            "main.events",
            "\"main\".\"events\"",
            "system.tables",
            "information_schema.tables",
            "'/etc/passwd'",
            "read_csv('/etc/passwd')",
            "(select * from sync_deleted)",
            "(from events)",
            "(values (1))",
            "(describe events)",
            "(summarize events)",
            "(pivot events on name using count(*))",
            "query('from events')",
            "query_table('events')",
            "duckdb_secrets()",
            "getvariable('x')",
            "current_setting('x')",
            "columns(*)",
            "columns('project_id')",
            "* exclude (name)",
            "project_id",
            "events.project_id",
            "rowid",
            "lateral (select 1)",
            "recursive",
            "/* x */",
            "--x\n",
            "\"",
            "'",
            "\\",
            ";",
            "`",
            "$1",
            "?",
            "{a:String}",
            "{a:Identifier}",
            "{",
            "}",
            "''",
            "\"\"",
            "\u0000",
            "\u200b",
            "\u2028",
            "ｓelect",
            "union all select * from sync_file",
            "or 1 = 1",
            "::regclass",
            "::json",
            ".",
            ",",
            "(",
            ")",
            "[",
            "]",
            "*",
            "as",
            "with",
            "from",
            "select",
            "where",
            "group by all",
            "order by all",
            "limit 10",
            "qualify true",
            "over ()",
            "filter (where true)",
            "union",
            "except",
            "intersect",
            "merge('', '.*')",
            "loop(events)",
            "final",
            "settings x = 1",
            "format CSV",
            "into outfile 'x'",
            "profiles",
            "projects",
            "write_keys",
            "list_aggr(groups, 'sum')",
            "unnest(groups)",
            "macro");
    int answered = 0;
    for (int i = 0; i < 1_500; i++) {
      var words =
          new ArrayList<>(Arrays.asList(whole.get(random.nextInt(whole.size())).split(" ", -1)));
      for (int change = random.nextInt(4) / 3 + 1; change > 0; change--) {
        int at = random.nextInt(words.size());
        switch (random.nextInt(4)) {
          case 0 -> words.set(at, pieces.get(random.nextInt(pieces.size())));
          case 1 -> words.add(at, pieces.get(random.nextInt(pieces.size())));
          case 2 -> words.add(at, words.get(random.nextInt(words.size())));
          default -> Collections.swap(words, at, random.nextInt(words.size()));
        }
      }
      String sql = String.join(random.nextInt(5) == 0 ? "/**/" : " ", words);
      var answer = shop.ask(sql, Map.of("a", "events"));
      assertThat(answer.status()).as(sql).isIn(200, 400);
      assertThat(answer.body()).as(sql).doesNotContain(SECRET);
      answered += answer.status() == 200 ? 1 : 0;
    }
    assertThat(answered).isGreaterThan(60);
  }

  // What may not shine through

  @Test
  void no_value_is_ever_computed_of_a_row_of_others() {
    Hostile.QUERIES.forEach(sql -> {
      var answer = shop.ask(sql);
      assertThat(answer.status()).as(sql + "\n" + answer.body()).isEqualTo(200);
      assertThat(answer.body()).as(sql).doesNotContain(SECRET);
      assertThat(answer.json().get("result").isEmpty()).as(sql).isFalse();
    });
  }

  @Test
  void a_failure_tells_no_value() {
    for (String sql :
        List.of(
            "select cast(name as integer) as n from events",
            "select cast('x' || name as uuid) as n from events",
            "select count(*) as n from events where cast(name as date) > today()",
            "select max(cast(name as decimal(10, 2))) as n from events")) {
      var answer = refused(shop.ask(sql));
      assertThat(code(answer)).as(answer.body()).isEqualTo("query_failed");
      assertThat(answer.body()).doesNotContain("screen").doesNotContain("purchase");
      var theirs = shop.ask(shop.theirs, sql, Map.of());
      assertThat(theirs.status()).isEqualTo(400);
      assertThat(theirs.body()).doesNotContain(SECRET);
    }
  }

  // Limits

  @Test
  void a_result_of_more_rows_or_bytes_than_may_be_is_an_error_and_not_cut() {
    String many = "select a.id as a, b.id as b, c.id as c from events a, events b, events c";
    assertThat(shop.ask(many + " limit 10000").json().get("result").size()).isEqualTo(10_000);
    for (String sql : List.of(many, many + " limit 10001", many + " order by 1, 2, 3")) {
      assertThat(code(refused(shop.ask(sql)))).as(sql).isEqualTo("query_too_large");
    }
    String wide =
        "select "
            + "a.name || ".repeat(250)
            + "b.name as n from events a, events b, events c limit 10000";
    var answer = refused(shop.ask(wide));
    assertThat(code(answer)).isEqualTo("query_too_large");
    assertThat(answer.json().get("detail").asString()).contains("10 MiB");
    eventually(() -> assertThat(running()).isZero());
  }

  @Test
  void a_value_that_is_larger_than_an_answer_is_an_error() {
    var other = shop.server.project();
    shop.event(other, 1, "long", "/", 1, "{\"n\": \"%s\"}".formatted("x/".repeat(100_000)));
    String sql = "select " + "(properties ->> 'n') || ".repeat(60) + "name as t from events";
    eventually(() ->
        assertThat(rows(shop.ask(other, "select name from events", Map.of())))
            .containsExactly("long"));
    assertThat(
            rows(shop.ask(other, "select length(t) as n from (%s) as q".formatted(sql), Map.of())))
        .containsExactly("12000004");
    assertThat(code(refused(shop.ask(other, sql, Map.of())))).isEqualTo("query_too_large");
    assertThat(
            code(
                refused(
                    shop.ask(
                        other, "select [t, 'x'] as t from (%s) as q".formatted(sql), Map.of()))))
        .isEqualTo("query_too_large");
  }

  private int running() {
    return shop.server.server().queries().running();
  }

  private TestServer.Answer endless(int timeoutMs) {
    return shop.post(shop.ours.id(), Map.of("query", ENDLESS, "timeout_ms", timeoutMs));
  }

  @Test
  void a_query_whose_time_is_up_ends_on_the_store() {
    var answer = refused(endless(1_000));
    assertThat(code(answer)).isEqualTo("query_timeout");
    eventually(() -> assertThat(running()).isZero());
    assertThat(shop.rows("select count(*) from events")).containsExactly("30");
  }

  /** A client that has asked a query without an end, and waits. */
  private Socket asking(int timeoutMs) throws IOException {
    byte[] body =
        TestServer.JSON.writeValueAsBytes(Map.of("query", ENDLESS, "timeout_ms", timeoutMs));
    var client = new Socket(shop.server.url().getHost(), shop.server.url().getPort());
    client
        .getOutputStream()
        .write(
            """
            POST /api/projects/%s/query HTTP/1.1
            Host: localhost
            Authorization: Bearer %s
            Content-Length: %d

            """
                .formatted(shop.ours.id(), TestServer.ADMIN_TOKEN, body.length)
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    client.getOutputStream().write(body);
    client.getOutputStream().flush();
    return client;
  }

  @Test
  void a_query_whose_client_goes_away_ends_on_the_store() throws Exception {
    try (Socket _ = asking(120_000)) {
      eventually(() -> assertThat(running()).isOne());
    }
    eventually(() -> assertThat(running()).isZero());
  }

  @Test
  void who_finds_all_places_taken_comes_again_later() throws Exception {
    try (Socket _ = asking(30_000);
        Socket _ = asking(30_000);
        Socket _ = asking(30_000);
        Socket _ = asking(30_000)) {
      eventually(() -> assertThat(running()).isEqualTo(4));
      for (String sql : List.of("select 1 as one", "not even read")) {
        var answer = shop.ask(sql);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(code(answer)).isEqualTo("too_many_queries");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
      }
    }
    eventually(() -> assertThat(running()).isZero());
  }

  @Test
  void copies_still_come_while_queries_are_asked() {
    var other = shop.server.project();
    shop.event(other, 1, "new", "/", 1, "{}");
    eventually(() ->
        assertThat(rows(shop.ask(other, "select name from events", Map.of())))
            .containsExactly("new"));
  }

  // For those who come from elsewhere

  private TestServer.Answer stack(String path, Object body) {
    return shop.server
        .post(path)
        .header("X-Stack-Project-Id", shop.ours.id().toString())
        .header("X-Stack-Access-Type", "server")
        .header("X-Stack-Secret-Server-Key", shop.shop.clientSecret())
        .json(body)
        .send();
  }

  @Test
  void a_stack_auth_server_asks_with_its_secret() {
    for (String path :
        List.of(
            "/api/v1/analytics/query",
            "/api/v1/internal/analytics/query",
            "/api/latest/analytics/query")) {
      var answer =
          stack(
              path,
              Map.of(
                  "query",
                  "select count(*) as n from events where name = {name:String}",
                  "params",
                  Map.of("name", "purchase"),
                  "include_all_branches",
                  false));
      assertThat(rows(answer)).containsExactly("10");
      assertThat(answer.json().get("query_id").asString())
          .matches(shop.ours.id() + ":main:[0-9a-f-]{36}");
    }
    var failed = stack("/api/v1/analytics/query", Map.of("query", "drop table events"));
    assertThat(failed.status()).isEqualTo(400);
    assertThat(code(failed)).isEqualTo("ANALYTICS_QUERY_ERROR");
    assertThat(failed.json().at("/details/error").asString()).contains("SELECT is expected");
    var schema = stack("/api/v1/analytics/query", Map.of("query", "select 1", "timeout_ms", 1));
    assertThat(code(schema)).isEqualTo("SCHEMA_ERROR");
    assertThat(
            code(
                stack(
                    "/api/v1/analytics/query",
                    Map.of("query", "select 1", "include_all_branches", true))))
        .isEqualTo("SCHEMA_ERROR");
    var stranger =
        shop.server
            .post("/api/v1/analytics/query")
            .header("X-Stack-Project-Id", shop.theirs.id().toString())
            .header("X-Stack-Access-Type", "server")
            .header("X-Stack-Secret-Server-Key", shop.shop.clientSecret())
            .json(Map.of("query", "select 1"))
            .send();
    assertThat(stranger.status()).isEqualTo(401);
  }

  @Test
  void the_schema_lists_no_function_twice() {
    JsonNode functions =
        shop.server
            .get("/api/projects/" + shop.ours.id() + "/query/schema")
            .admin()
            .send()
            .json()
            .get("functions");
    var names = new TreeSet<String>();
    functions.forEach(name -> assertThat(names.add(name.asString())).isTrue());
    assertThat(names)
        .hasSizeGreaterThan(100)
        .doesNotContain("query", "repeat", "range", "getvariable");
  }
}

package dev.backspool.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.query.Hostile;
import dev.backspool.query.sql.Functions;
import dev.backspool.query.sql.Statement;
import dev.backspool.sync.duckdb.DuckDb;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What DuckDB itself makes of the statements that are written for it. */
final class FenceTest {
  private static final UUID OURS = new UUID(0, 1);

  @TempDir Path folder = Path.of("");

  private DuckDb file;

  @BeforeEach
  void open() throws Exception {
    file = DuckDb.open(folder.resolve("a.duckdb"), folder.resolve("tmp"), 256);
    file.sink().prepare(Statement.views());
  }

  @AfterEach
  void close() {
    file.close();
  }

  private static Statement written(String sql) {
    return Statement.of(sql, Map.of(), new DuckDbDialect(), OURS, 10_000);
  }

  private String ask(String sql, String column) throws SQLException {
    try (Connection connection = file.connect();
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(column);
    }
  }

  private String serialized(String sql) throws SQLException {
    return ask("select json_serialize_sql('%s') as j".formatted(sql.replace("'", "''")), "j");
  }

  /** Every scan has the condition on the project, and none that somebody asked for. */
  @Test
  void no_condition_comes_into_the_scan_of_a_table() throws Exception {
    fill();
    for (String sql : Hostile.QUERIES) {
      JsonNode plan =
          JsonMapper.shared()
              .readTree(ask("explain (format json) " + written(sql).sql(), "explain_value"));
      var scans = new ArrayList<JsonNode>();
      collect(plan, scans);
      assertThat(scans).as(sql).isNotEmpty();
      for (JsonNode scan : scans) {
        assertThat(scan.at("/extra_info/Filters").toString())
            .as(sql)
            .isEqualTo("\"(project_id = '%s'::UUID)\"".formatted(OURS));
      }
    }
  }

  private void fill() throws SQLException {
    try (Connection connection = file.connect();
        var statement = connection.createStatement()) {
      statement.execute(
          """
          insert into events by name
          select
            ('00000000-0000-0000-0000-00000000000' || (i % 2))::uuid as project_id, i as id,
            cast(now() at time zone 'UTC' as timestamp) - to_milliseconds(i) as "at", timestamp '2026-01-01' as received_at,
            case i % 3 when 0 then 'purchase' else 'n' || i % 9 end as name,
            (i % 100)::varchar as profile_id, i::varchar as device_id, '/' || i as path, i as revenue, []::varchar[] as groups, '{"n": "1"}'::json as properties,
            1 as sync_version
          from range(100000) as r (i)
          """);
    }
  }

  private static void collect(JsonNode node, List<JsonNode> scans) {
    if (node.path("name").asString("").strip().equals("SEQ_SCAN")) {
      scans.add(node);
    }
    node.forEach(child -> collect(child, scans));
  }

  @Test
  void the_second_opinion_agrees_with_all_that_is_written() throws Exception {
    for (String sql : Hostile.QUERIES) {
      SecondOpinion.check(serialized(written(sql).sql()), OURS);
    }
    Functions functions = new DuckDbDialect().functions();
    for (String name : functions.names()) {
      if (functions.prints(name)) {
        SecondOpinion.check(serialized("select " + name + "(1, 1)"), OURS);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select 1; select 2",
        "drop table events",
        "select * from events",
        "select * from temp.main.events",
        "select * from x.main.events",
        "select * from main.sync_file",
        "select * from main.\"sync_deleted\"",
        "select * from with_x",
        "select * from read_csv('x')",
        "select * from 'x.csv'",
        "select * from query_table('events')",
        "select * from (from main.sync_file)",
        "select * from (values (1)) as v",
        "select * from (describe main.events)",
        "select * from (pivot main.events on name using count(*))",
        "select * from main.events, lateral (select * from main.sync_file)",
        "with recursive r as (select 1 as a union all select a from r) select * from r",
        "select * from main.events where id in (select 1 from main.sync_file)",
        "select (select max(id) from sync_file)",
        "select getvariable('x')",
        "select current_setting('x')",
        "select main.lower('x')",
        "select list_transform([1], lambda x: x)",
        "select [x for x in [1]]",
        "select columns(*) from main.events",
        "select * exclude (name) from main.events",
        "select {'a': 1}",
        "select sum(1) over w from main.events window w as (order by (select 1 from main.sync_file))",
        "select 1 from main.events order by (select 1 from main.sync_file)",
        "select 1 from main.events limit (select 1 from main.sync_file)",
        "select count(*) filter (where exists (select 1 from main.sync_file)) from main.events"
      })
  void the_second_opinion_objects_to_what_the_first_would_never_write(String sql) {
    assertThatThrownBy(() -> SecondOpinion.check(serialized(sql), OURS))
        .isInstanceOf(SecondOpinion.Objection.class);
  }

  private static final String FENCED =
      "select name from main.events where project_id = cast('%s' as uuid) limit %s"
          .formatted(OURS, DuckDbDialect.ENDLESS);

  /** Each differs from what the writer makes of a view in one thing. */
  @Test
  void the_second_opinion_keeps_rows_apart_by_itself() throws Exception {
    SecondOpinion.check(
        serialized("select events.name from (%s) as events".formatted(FENCED)), OURS);
    for (String sql :
        List.of(
            "select name from main.events",
            FENCED.replace(OURS.toString(), new UUID(0, 2).toString()),
            FENCED.replace("project_id = ", "project_id <> "),
            FENCED.replace("project_id = ", "name = "),
            FENCED.replace(" limit", " or true limit"),
            FENCED.replace(" limit", " and revenue > 0 limit"),
            FENCED.replace(DuckDbDialect.ENDLESS, "10"),
            FENCED.replace(" limit " + DuckDbDialect.ENDLESS, ""),
            FENCED + " offset 1",
            FENCED.replace("select name", "select distinct name"),
            FENCED.replace("select name", "select project_id"),
            FENCED.replace("select name", "select *"),
            FENCED.replace("select name", "select cast(name as integer)"),
            FENCED.replace(" limit", " order by name limit"),
            FENCED.replace(" limit", " group by name limit"),
            FENCED.replace("main.events", "main.events cross join main.profiles"))) {
      assertThatThrownBy(() -> SecondOpinion.check(serialized(sql), OURS))
          .as(sql)
          .isInstanceOf(SecondOpinion.Objection.class);
    }
    assertThatThrownBy(() -> SecondOpinion.check(serialized(FENCED), new UUID(0, 2)))
        .isInstanceOf(SecondOpinion.Objection.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "set memory_limit = '10GB'",
        "set lock_configuration = false",
        "set enable_external_access = true",
        "attach 'x.duckdb'",
        "copy (select 1) to 'x.csv'",
        "select * from read_text('/etc/passwd')",
        "install httpfs",
        "load httpfs",
        "insert into sync_file values (uuid())",
        "create table t (i int)"
      })
  void the_store_itself_would_not_do_it_either(String sql) throws SQLException {
    try (Connection connection = file.connect();
        var begin = connection.createStatement();
        var statement = connection.createStatement()) {
      begin.execute("begin transaction read only");
      assertThatThrownBy(() -> statement.execute(sql)).isInstanceOf(SQLException.class);
    }
  }
}

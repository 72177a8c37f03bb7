package dev.backspool.sync.clickhouse;

import static dev.backspool.sync.clickhouse.Rows.VISITS;
import static dev.backspool.sync.clickhouse.Rows.row;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.backspool.sync.Page;
import dev.backspool.sync.SinkException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions to a ClickHouse. */
final class ClickHouseTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final UUID project = UUID.randomUUID();
  private final UUID other = UUID.randomUUID();
  private ClickHouse house;

  @BeforeEach
  void open() throws SinkException {
    house = ClickHouse.open(TestClickHouse.shared().address(TestClickHouse.freshName()));
    house.sink().prepare(List.of(VISITS));
    house.sink().apply(new Page(project, VISITS, List.of(row(1, new UUID(0, 1), "/ours")), "ours"));
    house
        .sink()
        .apply(new Page(other, VISITS, List.of(row(1, new UUID(0, 2), "/theirs")), "theirs"));
  }

  @AfterEach
  void close() {
    if (house != null) {
      house.close();
    }
  }

  private String ask(
      String sql, Map<String, String> parameters, Map<String, String> settings, Duration most)
      throws IOException, ClickHouse.Refused {
    return house.select(
        new ClickHouse.Select(
            UUID.randomUUID().toString(), sql, parameters, settings, "TSVRaw", most),
        answer -> new String(answer.readAllBytes(), UTF_8).strip());
  }

  private String ask(String sql) throws IOException, ClickHouse.Refused {
    return ask(sql, Map.of(), Map.of(), LONG);
  }

  private static int code(org.assertj.core.api.ThrowableAssert.ThrowingCallable asking) {
    ClickHouse.Refused refused = catchThrowableOfType(ClickHouse.Refused.class, asking);
    assertThat(refused).isNotNull();
    return refused.code();
  }

  @Test
  void parameters_are_values_and_nothing_else() throws Exception {
    String sql = "select path from visits where path = {path:String} or {path:String} = 'x'";
    assertThat(ask(sql, Map.of("path", "/ours"), Map.of(), LONG)).isEqualTo("/ours");
    assertThat(ask(sql, Map.of("path", "' or 1 = 1 --"), Map.of(), LONG)).isEmpty();
    assertThat(
            ask(
                "select {a:UInt32} + 1, {b:String}",
                Map.of("a", "41", "b", "ä'🦊"),
                Map.of(),
                LONG))
        .isEqualTo("42\tä'🦊");
    assertThat(code(() -> ask("select {a:UInt32}", Map.of("a", "1 or 1"), Map.of(), LONG)))
        .isEqualTo(457);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into sync_visits (project_id, id, sync_version, sync_deleted) values (generateUUIDv4(), generateUUIDv4(), 1, 0)",
        "alter table sync_visits delete where 1",
        "drop table sync_visits",
        "truncate table sync_visits",
        "create table mine (a String) engine = Memory",
        "set max_result_rows = 5",
        "select 1 settings readonly = 0",
        "select 1 settings max_execution_time = 0"
      })
  void nothing_is_changed_by_asking(String sql) throws Exception {
    assertThat(code(() -> ask(sql))).isIn(164, 497);
    assertThat(ask("select count() from visits")).isEqualTo("2");
  }

  @Test
  void one_statement_is_asked() {
    assertThat(code(() -> ask("select 1; select 2"))).isEqualTo(62);
    assertThat(code(() -> ask("selec 1"))).isEqualTo(62);
  }

  @Test
  void a_filter_of_the_settings_holds_before_the_text_whatever_it_says() throws Exception {
    Map<String, String> filter =
        Map.of(
            "additional_table_filters",
            "{'%s.sync_visits': 'project_id = toUUID(\\'%s\\')'}"
                .formatted(house.database(), project));
    assertThat(ask("select path from visits", Map.of(), filter, LONG)).isEqualTo("/ours");
    assertThat(ask("select path from sync_visits final", Map.of(), filter, LONG))
        .isEqualTo("/ours");
    assertThat(ask("select throwIf(path = '/theirs') from visits", Map.of(), filter, LONG))
        .isEqualTo("0");
    assertThat(
            code(() ->
                ask(
                    "select path from visits settings additional_table_filters = {}",
                    Map.of(),
                    filter,
                    LONG)))
        .isEqualTo(164);
  }

  @Test
  void limits_are_the_server_s() {
    assertThat(
            code(() ->
                ask(
                    "select path from visits",
                    Map.of(),
                    Map.of("max_result_rows", "1", "result_overflow_mode", "throw"),
                    LONG)))
        .isEqualTo(396);
    assertThat(
            code(() ->
                ask(
                    "select count() from numbers(100000000000) where not ignore(sipHash64(number))",
                    Map.of(),
                    Map.of(),
                    Duration.ofMillis(500))))
        .isEqualTo(159);
  }

  @Test
  void what_is_cancelled_stops() throws Exception {
    String id = "query-" + UUID.randomUUID();
    Thread cancels =
        Thread.startVirtualThread(() -> {
          try {
            while (TestClickHouse.shared()
                .ask("select count() from system.processes where query like '%sipHash64(7%'")
                .equals("1")) {
              Thread.sleep(20);
            }
            house.cancel(id);
          } catch (SinkException | InterruptedException failure) {
            throw new IllegalStateException(failure);
          }
        });
    assertThat(
            code(() ->
                house.select(
                    new ClickHouse.Select(
                        id,
                        "select count() from numbers(1000000000000) where not ignore(sipHash64(7, number))",
                        Map.of(),
                        Map.of(),
                        "JSONCompactEachRow",
                        LONG),
                    answer -> answer.readAllBytes())))
        .isEqualTo(394);
    cancels.join();
    assertThat(
            TestClickHouse.shared()
                .ask("select count() from system.processes where query like '%sipHash64(7%'"))
        .isEqualTo("1");
  }

  @Test
  void a_server_that_is_away_is_told_from_one_that_refuses() throws Exception {
    try (ClickHouse away = ClickHouse.open("clickhouse:http://me:hush@127.0.0.1:1/x")) {
      assertThatThrownBy(() ->
              away.select(
                  new ClickHouse.Select(
                      "a", "select 1", Map.of(), Map.of(), "JSONCompactEachRow", LONG),
                  answer -> answer.readAllBytes()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1")
          .hasMessageNotContaining("hush");
    }
  }

  @Test
  void a_database_is_named_by_its_place_and_not_by_who_enters() {
    try (ClickHouse one = ClickHouse.open("clickhouse:http://me:hush@ch.example.com/copies");
        ClickHouse same =
            ClickHouse.open("clickhouse:http://you:other@ch.example.com:8123/copies");
        ClickHouse another = ClickHouse.open("clickhouse:http://me:hush@ch.example.com/others")) {
      assertThat(one.id()).isEqualTo(same.id()).isNotEqualTo(another.id());
      assertThat(one.place()).isEqualTo(same.place()).doesNotContain("hush");
    }
    assertThatThrownBy(() -> ClickHouse.open("clickhouse:http://me:hush@/"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("hush");
  }
}

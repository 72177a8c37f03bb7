package dev.backspool.query.duckdb;

import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Function.Growth;
import dev.backspool.query.sql.Function.Kind;
import dev.backspool.query.sql.Functions;
import dev.backspool.query.sql.Type;
import dev.backspool.query.sql.Unit;
import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Queries as DuckDB wants them. */
final class DuckDbDialect implements Dialect {
  /** No table has as many rows. */
  static final String ENDLESS = "9223372036854775806";

  /** What reads files, settings or catalogs, or fills the memory by itself, is none of them. */
  private static final Functions FUNCTIONS =
      new Functions()
          .with(
              Kind.AGGREGATE,
              """
              count sum avg min max median mode any_value first last arg_min arg_max min_by max_by
              count_if bool_and bool_or stddev stddev_pop stddev_samp variance var_pop var_samp corr
              skewness kurtosis entropy quantile_cont quantile_disc approx_quantile
              approx_count_distinct string_agg list array_agg
              """)
          .with(
              Kind.WINDOW,
              """
              row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
              nth_value
              """)
          .with(
              Kind.SCALAR,
              """
              coalesce nullif ifnull greatest least
              abs ceil floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod
              sin cos tan asin acos atan atan2 degrees radians pi width_bucket
              lower upper length strlen trim ltrim rtrim left right substring substr split_part
              string_split regexp_matches regexp_extract starts_with ends_with contains strpos instr
              reverse ascii md5 sha256 hash levenshtein damerau_levenshtein jaccard jaro_similarity
              url_decode
              date_trunc date_part date_diff datediff year quarter month week day hour minute second
              dayofweek isodow dayofyear weekofyear monthname dayname epoch epoch_ms epoch_us
              make_date make_timestamp strftime try_strptime time_bucket last_day age
              len array_length list_contains list_has_any list_has_all list_distinct list_unique
              list_sort list_position array_to_string list_extract list_slice
              list_min list_max list_sum list_avg
              json_extract json_extract_string json_type json_valid json_array_length json_keys
              json_contains
              """)
          .growing(Growth.SUM, "concat concat_ws")
          .growing(Growth.PRODUCT, "replace regexp_replace")
          .as(Kind.SCALAR, "now", "cast((now() at time zone 'UTC') as timestamp)")
          .as(Kind.SCALAR, "today", "cast((now() at time zone 'UTC') as date)");

  @Override
  public Functions functions() {
    return FUNCTIONS;
  }

  @Override
  public String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  @Override
  public String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /**
   * The limit is a fence: DuckDB moves no condition of what is around it below it, neither into the
   * scan nor before the condition on the project.
   */
  @Override
  public String view(Mapping view, UUID project) {
    return "select %s from main.%s where project_id = cast('%s' as uuid) limit %s"
        .formatted(
            view.all().stream().map(Column::name).map(this::name).collect(Collectors.joining(", ")),
            name(view.id()),
            project,
            ENDLESS);
  }

  @Override
  public String cast(String value, Type type, boolean attempt) {
    return "%s(%s as %s)".formatted(attempt ? "try_cast" : "cast", value, type(type));
  }

  private static String type(Type type) {
    String name =
        switch (type.kind()) {
          case BOOLEAN -> "boolean";
          case INTEGER -> "integer";
          case BIGINT -> "bigint";
          case DOUBLE -> "double";
          case DECIMAL -> "decimal(%d, %d)".formatted(type.precision(), type.scale());
          case TEXT -> "varchar";
          case DATE -> "date";
          case TIMESTAMP -> "timestamp";
          case UUID -> "uuid";
        };
    return type.list() ? name + "[]" : name;
  }

  @Override
  public String truth(String condition) {
    return condition;
  }

  @Override
  public String parameter(int number, Type type) {
    return "cast($%d as %s)".formatted(number, type(type));
  }

  @Override
  public String json(String value, List<String> keys, boolean text) {
    String path =
        keys.stream()
            .map(key -> ".\"" + key.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
            .collect(Collectors.joining("", "$", ""));
    return "%s(%s, %s)".formatted(text ? "json_extract_string" : "json_extract", value, text(path));
  }

  @Override
  public String interval(String amount, Unit unit) {
    return switch (unit) {
      case QUARTER -> "to_months(3 * (%s))".formatted(amount);
      default -> "to_%ss(%s)".formatted(unit.word(), amount);
    };
  }

  @Override
  public String extract(Unit unit, String value) {
    return "date_part('%s', %s)".formatted(unit.word(), value);
  }

  @Override
  public boolean hasSettings() {
    return false;
  }

  @Override
  public boolean hasOrderedAggregates() {
    return true;
  }
}

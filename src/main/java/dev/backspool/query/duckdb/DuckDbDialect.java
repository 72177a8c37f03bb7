package dev.backspool.query.duckdb;

import dev.backspool.query.Queries;
import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Function.Growth;
import dev.backspool.query.sql.Function.Kind;
import dev.backspool.query.sql.Functions;
import dev.backspool.query.sql.Type;
import dev.backspool.query.sql.Unit;
import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Queries as DuckDB wants them. */
final class DuckDbDialect implements Dialect {
  /** No table has as many rows. */
  static final String ENDLESS = "9223372036854775806";

  /**
   * What reads files, settings or catalogs, or fills the memory by itself, is none of them; nor
   * what compares texts character by character, which takes as long as they are long, squared, and
   * is not to be ended.
   */
  private static final Functions FUNCTIONS =
      new Functions()
          .with(
              Kind.AGGREGATE,
              """
              count sum avg median mode any_value first last count_if bool_and bool_or stddev stddev_pop stddev_samp variance var_pop var_samp corr
              skewness kurtosis entropy quantile_cont quantile_disc approx_quantile
              approx_count_distinct
              """)
          // With one argument more they make lists, as long as it says.
          .with(1, "min max")
          .with(2, "arg_min arg_max min_by max_by")
          .growing(Kind.AGGREGATE, Growth.ROWS, "string_agg list array_agg")
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
              regexp_matches regexp_extract starts_with ends_with contains strpos instr
              reverse ascii md5 sha256 hash jaccard url_decode
              date_trunc date_part date_diff datediff year quarter month week day hour minute second
              dayofweek isodow dayofyear weekofyear monthname dayname epoch epoch_ms epoch_us
              make_date make_timestamp try_strptime time_bucket last_day age
              len array_length list_contains list_has_any list_has_all list_distinct list_unique
              list_sort list_position list_extract list_slice
              list_min list_max list_sum list_avg
              json_valid json_contains
              """)
          .growing(Kind.SCALAR, Growth.SUM, "concat")
          .growing(Kind.SCALAR, Growth.SEPARATED, "concat_ws")
          .growing(Kind.SCALAR, Growth.REPLACED, "replace")
          .growing(Kind.SCALAR, Growth.MATCHED, "regexp_replace")
          .growing(Kind.SCALAR, Growth.JOINED, "array_to_string")
          .growing(Kind.SCALAR, Growth.SPELLED, "strftime string_split")
          .growing(
              Kind.SCALAR,
              Growth.PATHS,
              "json_extract json_extract_string json_type json_array_length json_keys")
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

  /** It fails without a reason: DuckDB tells none while rows are read as they are made. */
  @Override
  public String gathered(String aggregate) {
    return "(case when %s then error('too long') else %s end)"
        .formatted(isLonger(aggregate, MOST_GATHERED), aggregate);
  }

  /** The last column says of a row whether a value of it is missing because it is too long. */
  @Override
  public String answer(String sql, List<String> columns, Set<String> texts) {
    String isTooLong =
        columns.stream()
            .filter(texts::contains)
            .map(column ->
                "coalesce(%s, false)".formatted(isLonger(name(column), Queries.MOST_BYTES)))
            .collect(Collectors.joining(" or "));
    return columns.stream()
        .map(column ->
            texts.contains(column)
                ? "case when %s then null else %s end as %s"
                    .formatted(
                        isLonger(name(column), Queries.MOST_BYTES), name(column), name(column))
                : name(column))
        .collect(
            Collectors.joining(
                ", ",
                "select ",
                ", (%s) as too_long from (%s) as answer"
                    .formatted(isTooLong.isEmpty() ? "false" : isTooLong, sql)));
  }

  /** DuckDB looks at no length itself, and counts no memory for texts while it makes them. */
  private static String isLonger(String value, int bytes) {
    return "strlen(cast(%s as varchar)) > %d".formatted(value, bytes);
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

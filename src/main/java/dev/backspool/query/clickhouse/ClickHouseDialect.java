package dev.backspool.query.clickhouse;

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

/** Queries as ClickHouse wants them. */
final class ClickHouseDialect implements Dialect {
  /** No table has as many rows. */
  private static final String ENDLESS = "18446744073709551614";

  /**
   * What reads files, settings or dictionaries, waits, takes lambdas, or compares texts character
   * by character is none of them.
   */
  private static final Functions FUNCTIONS =
      new Functions()
          .with(
              Kind.AGGREGATE,
              """
              count sum avg min max any anyLast argMin argMax median quantile quantiles quantileExact
              quantileTDigest uniq uniqExact uniqCombined uniqHLL12 groupArray groupUniqArray topK
              countIf sumIf avgIf minIf maxIf anyIf argMinIf argMaxIf uniqIf uniqExactIf quantileIf
              medianIf stddevPop stddevSamp varPop varSamp corr covarPop covarSamp skewPop kurtPop
              entropy windowFunnel retention sequenceMatch sequenceCount deltaSum
              """)
          .with(
              Kind.WINDOW,
              """
              row_number rank dense_rank percent_rank cume_dist ntile lag lead lagInFrame leadInFrame
              first_value last_value nth_value
              """)
          .with(
              Kind.SCALAR,
              """
              coalesce nullIf ifNull assumeNotNull if multiIf greatest least
              abs ceil floor round trunc sign sqrt cbrt exp log log2 log10 pow power intDiv
              intDivOrZero modulo sin cos tan asin acos atan degrees radians pi isNaN isFinite
              lower upper lowerUTF8 upperUTF8 length lengthUTF8 trim trimLeft trimRight left right
              substring substringUTF8 position positionCaseInsensitive
              positionUTF8 match startsWith endsWith reverse reverseUTF8 empty notEmpty
              cityHash64 sipHash64
              domain domainWithoutWWW topLevelDomain protocol path pathFull queryString fragment
              cutQueryString cutURLParameter extractURLParameter extractURLParameters
              decodeURLComponent
              toString toInt32 toInt64 toUInt32 toUInt64 toFloat64 toDate toDateTime64 toUUID
              toInt64OrNull toInt64OrZero toFloat64OrNull toFloat64OrZero toDateOrNull
              date_trunc dateDiff dateName toYear toQuarter toMonth toISOWeek toWeek
              toDayOfMonth toDayOfWeek toDayOfYear toHour toMinute toSecond toMonday toYYYYMM
              toYYYYMMDD toStartOfSecond toStartOfMinute toStartOfFiveMinutes toStartOfTenMinutes
              toStartOfFifteenMinutes toStartOfHour toStartOfDay toStartOfWeek toStartOfMonth
              toStartOfQuarter toStartOfYear toStartOfInterval toUnixTimestamp
              toUnixTimestamp64Milli toUnixTimestamp64Micro fromUnixTimestamp64Milli
              fromUnixTimestamp64Micro
              has hasAny hasAll indexOf countEqual arrayElement arrayDistinct arrayUniq arraySort
              arrayReverse arrayReverseSort arraySlice arrayJoin arraySum arrayMin
              arrayMax arrayAvg
              JSONExtractString JSONExtractInt JSONExtractFloat JSONExtractBool JSONExtractRaw
              JSONHas JSONLength JSONType JSONExtractKeys isValidJSON
              """)
          .growing(Kind.SCALAR, Growth.SUM, "concat")
          .growing(Kind.SCALAR, Growth.SEPARATED, "concatWithSeparator")
          .growing(Kind.SCALAR, Growth.REPLACED, "replace replaceAll replaceOne")
          .growing(Kind.SCALAR, Growth.MATCHED, "replaceRegexpAll replaceRegexpOne")
          .growing(Kind.SCALAR, Growth.JOINED, "arrayStringConcat")
          .growing(Kind.SCALAR, Growth.SPELLED, "formatDateTime hex splitByChar splitByString")
          .as(Kind.SCALAR, "now", "now64(6, 'UTC')")
          .as(Kind.SCALAR, "today", "toDate(now('UTC'))");

  private final String database;

  /**
   * A dialect.
   *
   * @param database where the views are
   */
  ClickHouseDialect(String database) {
    this.database = database;
  }

  @Override
  public Functions functions() {
    return FUNCTIONS;
  }

  @Override
  public String name(String name) {
    return '`' + name.replace("\\", "\\\\").replace("`", "\\`") + '`';
  }

  @Override
  public String text(String value) {
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  /** The limit is a fence: ClickHouse moves no condition of what is around it below it. */
  @Override
  public String view(Mapping view, UUID project) {
    return "select %s from %s.%s where project_id = toUUID('%s') limit %s"
        .formatted(
            view.all().stream().map(Column::name).map(this::name).collect(Collectors.joining(", ")),
            name(database),
            name(view.id()),
            project,
            ENDLESS);
  }

  /**
   * What has no value has none afterwards: see {@code cast_keep_nullable} in the settings. A type
   * that is nullable itself would make one of what cannot be cast, too.
   */
  @Override
  public String cast(String value, Type type, boolean attempt) {
    return attempt
        ? "accurateCastOrNull(%s, %s)".formatted(value, text(plain(type)))
        : "cast(%s, %s)"
            .formatted(value, text(type.list() ? "Array(" + plain(type) + ")" : plain(type)));
  }

  private static String plain(Type type) {
    return switch (type.kind()) {
      case BOOLEAN -> "Bool";
      case INTEGER -> "Int32";
      case BIGINT -> "Int64";
      case DOUBLE -> "Float64";
      case DECIMAL -> "Decimal(%d, %d)".formatted(type.precision(), type.scale());
      case TEXT -> "String";
      case DATE -> "Date32";
      case TIMESTAMP -> "DateTime64(6, 'UTC')";
      case UUID -> "UUID";
    };
  }

  /** They are numbers otherwise. */
  @Override
  public String truth(String condition) {
    return "cast(%s, 'Bool')".formatted(condition);
  }

  @Override
  public String parameter(int number, Type type) {
    return "{p%d:Nullable(%s)}".formatted(number, plain(type));
  }

  @Override
  public String json(String value, List<String> keys, boolean text) {
    String path = keys.stream().map(this::text).collect(Collectors.joining(", "));
    return text
        ? "JSONExtract(%s, %s, 'Nullable(String)')".formatted(value, path)
        : "nullIf(JSONExtractRaw(%s, %s), '')".formatted(value, path);
  }

  @Override
  public String interval(String amount, Unit unit) {
    String name = unit.word();
    return "toInterval%s%s(%s)"
        .formatted(Character.toUpperCase(name.charAt(0)), name.substring(1), amount);
  }

  @Override
  public String extract(Unit unit, String value) {
    String function =
        switch (unit) {
          case SECOND -> "toSecond";
          case MINUTE -> "toMinute";
          case HOUR -> "toHour";
          case DAY -> "toDayOfMonth";
          case WEEK -> "toISOWeek";
          case MONTH -> "toMonth";
          case QUARTER -> "toQuarter";
          case YEAR -> "toYear";
        };
    return "%s(%s)".formatted(function, value);
  }

  /** ClickHouse counts the memory of all that it makes. */
  @Override
  public String gathered(String aggregate) {
    return aggregate;
  }

  /** It looks at the size itself: see {@code max_result_bytes} in the settings. */
  @Override
  public String answer(String sql, List<String> columns, Set<String> texts) {
    return sql;
  }

  @Override
  public boolean hasSettings() {
    return true;
  }

  @Override
  public boolean hasOrderedAggregates() {
    return false;
  }
}

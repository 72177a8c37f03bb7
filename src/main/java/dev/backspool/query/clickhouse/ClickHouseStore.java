package dev.backspool.query.clickhouse;

import dev.backspool.query.Answer;
import dev.backspool.query.Queries;
import dev.backspool.query.QueryFailure;
import dev.backspool.query.QueryFailure.Kind;
import dev.backspool.query.Rows;
import dev.backspool.query.Store;
import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Statement;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.clickhouse.ClickHouse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A ClickHouse. Each query can only read, and carries a filter for each table beneath the views,
 * which its text cannot change: rows of other projects are not read, whatever it says.
 */
public final class ClickHouseStore implements Store {
  private static final Logger LOG = LoggerFactory.getLogger(ClickHouseStore.class);

  /** Decimals keep their digits; a text that is longer than an answer may be is not read. */
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Queries.MOST_BYTES).build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final String FORMAT = "JSONCompactEachRowWithNamesAndTypes";

  /** From here on filters hold for all ways to read a table that queries can name. */
  private static final int LEAST_VERSION = 25_08;

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\..*");

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("max_memory_usage", "1000000000"),
          Map.entry("max_bytes_before_external_group_by", "500000000"),
          Map.entry("max_bytes_before_external_sort", "500000000"),
          Map.entry("max_temporary_data_on_disk_size_for_query", "8000000000"),
          Map.entry("max_result_bytes", "50000000"),
          Map.entry("max_parser_depth", "3000"),
          Map.entry("result_overflow_mode", "throw"),
          Map.entry("timeout_overflow_mode", "throw"),
          Map.entry("cast_keep_nullable", "1"),
          Map.entry("join_use_nulls", "1"),
          Map.entry("prefer_column_name_to_alias", "1"),
          Map.entry("enable_positional_arguments", "1"),
          Map.entry("session_timezone", "UTC"),
          Map.entry("date_time_output_format", "iso"),
          Map.entry("output_format_json_quote_64bit_integers", "0"),
          Map.entry("output_format_json_quote_denormals", "0"),
          Map.entry("output_format_json_quote_decimals", "0"));

  private final ClickHouse server;
  private final Dialect dialect;
  private volatile boolean known;

  /** Asks a server. */
  public ClickHouseStore(ClickHouse server) {
    this.server = server;
    this.dialect = new ClickHouseDialect(server.database());
  }

  @Override
  public String name() {
    return "clickhouse";
  }

  @Override
  public Dialect dialect() {
    return dialect;
  }

  @Override
  public Asked ask(Statement statement, UUID project, String queryId, Duration most) {
    var settings = new HashMap<>(SETTINGS);
    settings.put("additional_table_filters", filters(project));
    var select =
        new ClickHouse.Select(queryId, statement.sql(), values(statement), settings, FORMAT, most);
    return new Asked() {
      @Override
      public void read(Rows rows) {
        check();
        int read = ClickHouseStore.this.read(select, answer -> take(answer, rows));
        LOG.debug("A query found {} rows", read);
      }

      @Override
      public void cancel() {
        try {
          server.cancel(queryId);
        } catch (SinkException failure) {
          LOG.debug("A query was not to be cancelled: {}", failure.getMessage());
        }
      }
    };
  }

  /** Of every table beneath a view, those rows alone. */
  private String filters(UUID project) {
    return Statement.views().stream()
        .map(view ->
            "%s: %s"
                .formatted(
                    dialect.text(server.database() + ".sync_" + view.id()),
                    dialect.text("project_id = toUUID('%s')".formatted(project))))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static Map<String, String> values(Statement statement) {
    var values = new HashMap<String, String>();
    for (Statement.Bound bound : statement.bound()) {
      values.put("p" + bound.number(), escaped(bound.value()));
    }
    return values;
  }

  /** As ClickHouse reads values in an address. */
  private static String escaped(String value) {
    return value
        .replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  private void check() {
    if (known) {
      return;
    }
    var select =
        new ClickHouse.Select(
            UUID.randomUUID().toString(),
            "select version()",
            Map.of(),
            Map.of(),
            "TSV",
            Duration.ofSeconds(10));
    String version =
        read(select, answer -> new String(answer.readNBytes(100), StandardCharsets.UTF_8).strip());
    Matcher numbers = VERSION.matcher(version);
    if (!numbers.matches()
        || Integer.parseInt(numbers.group(1)) * 100 + Integer.parseInt(numbers.group(2))
            < LEAST_VERSION) {
      LOG.warn("Queries need ClickHouse 25.8 or newer, {} is {}", server, version);
      throw QueryFailure.of(Kind.UNAVAILABLE, "The columnar store is too old for queries");
    }
    known = true;
  }

  private <T> T read(ClickHouse.Select select, ClickHouse.Reader<T> reader) {
    try {
      return server.select(select, reader);
    } catch (ClickHouse.Refused refused) {
      LOG.debug("A query failed: {}", refused.getMessage());
      throw translate(refused.code());
    } catch (IOException away) {
      if (away.getCause() instanceof QueryFailure ours) {
        throw ours;
      }
      LOG.info("ClickHouse does not answer a query: {}", away.getMessage());
      throw QueryFailure.of(Kind.UNAVAILABLE, "The columnar store does not answer");
    }
  }

  /** Takes the rows; gives how many there were. */
  private static int take(InputStream answer, Rows rows) throws IOException {
    try (JsonParser lines = JSON.createParser(answer)) {
      JsonNode names = next(lines);
      JsonNode types = next(lines);
      if (names == null || types == null) {
        throw new IOException("the answer has no head");
      }
      var columns = new ArrayList<Answer.Column>();
      for (int i = 0; i < names.size(); i++) {
        columns.add(new Answer.Column(names.get(i).asString(), types.get(i).asString()));
      }
      rows.columns(columns);
      int count = 0;
      for (JsonNode row = next(lines); row != null; row = next(lines)) {
        rows.add(list(row));
        count++;
      }
      return count;
    } catch (StreamConstraintsException tooLong) {
      throw QueryFailure.of(
          Kind.TOO_LARGE, "The result has more than " + (Queries.MOST_BYTES >> 20) + " MiB");
    }
  }

  private static @Nullable JsonNode next(JsonParser lines) {
    return lines.nextToken() == null ? null : lines.readValueAsTree();
  }

  private static List<@Nullable Object> list(JsonNode array) {
    var values = new ArrayList<@Nullable Object>();
    array.forEach(value -> values.add(value(value)));
    return values;
  }

  private static @Nullable Object value(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isIntegralNumber()) {
      return value.bigIntegerValue();
    }
    if (value.isNumber()) {
      return value.decimalValue();
    }
    return value.isArray()
        ? list(value)
        : value.isString() ? value.stringValue() : value.toString();
  }

  /**
   * ClickHouse's numbers in our words: its own quote names and values, of which nobody knows which
   * are whose.
   */
  private static QueryFailure translate(int code) {
    return switch (code) {
      case 159, 160 -> QueryFailure.of(Kind.TIMEOUT, "The query took longer than it may");
      case 158, 396 -> QueryFailure.of(Kind.TOO_LARGE, "The result is larger than it may be");
      case 202, 203, 209, 210, 439 ->
          QueryFailure.of(Kind.UNAVAILABLE, "The columnar store is busy");
      case 394 -> QueryFailure.of(Kind.FAILED, "The query was ended");
      case 241 -> QueryFailure.of(Kind.FAILED, "The query needs more memory than it may have");
      case 6, 26, 27, 38, 41, 53, 70, 72, 131, 349, 376, 675, 676 ->
          QueryFailure.of(Kind.FAILED, "A value cannot be cast to the type that is asked for");
      case 36, 43, 44, 130, 386 ->
          QueryFailure.of(Kind.FAILED, "A function or an operator does not take such values");
      case 34, 35, 42, 133, 134 ->
          QueryFailure.of(Kind.FAILED, "A function has too few arguments, or too many");
      case 147, 184, 215 ->
          QueryFailure.of(
              Kind.FAILED, "A column is neither grouped by nor within an aggregate, or both");
      case 153 -> QueryFailure.of(Kind.FAILED, "A number is divided by zero");
      case 407, 69, 321 -> QueryFailure.of(Kind.FAILED, "A number is out of range");
      case 1, 48, 344 ->
          QueryFailure.of(Kind.FAILED, "ClickHouse cannot do what this query asks for");
      default -> QueryFailure.of(Kind.FAILED, "The query failed while it ran");
    };
  }
}

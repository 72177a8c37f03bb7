package dev.backspool.query.duckdb;

import dev.backspool.query.sql.Statement;
import dev.backspool.sync.Mapping;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Looks at a statement as DuckDB itself reads it: it must consist of nothing but what the grammar
 * could have written. Whoever finds a hole in the one does not have one in the other.
 */
final class SecondOpinion {
  /** An expression within another is a few levels deeper. */
  private static final int DEEPEST = 5_000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
                  .build())
          .build();

  /** Of what is no expression: queries, what they read, and what is done to their rows. */
  private static final Set<String> TYPES =
      Set.of(
          "SELECT_NODE",
          "SET_OPERATION_NODE",
          "BASE_TABLE",
          "SUBQUERY",
          "JOIN",
          "EMPTY",
          "ORDER_MODIFIER",
          "LIMIT_MODIFIER",
          "DISTINCT_MODIFIER",
          "ASCENDING",
          "DESCENDING");

  private static final Set<String> VALUE_TYPES =
      Set.of(
          "boolean",
          "integer",
          "bigint",
          "double",
          "decimal",
          "varchar",
          "date",
          "timestamp",
          "uuid",
          "list");

  private static final Set<String> CLASSES =
      Set.of(
          "COLUMN_REF",
          "CONSTANT",
          "FUNCTION",
          "OPERATOR",
          "COMPARISON",
          "CONJUNCTION",
          "CASE",
          "CAST",
          "BETWEEN",
          "WINDOW",
          "SUBQUERY",
          "PARAMETER",
          "TYPE");

  /** What DuckDB makes of operators, and what the dialect writes for words of the grammar. */
  private static final Set<String> OPERATORS =
      Set.of(
          "+",
          "-",
          "*",
          "/",
          "%",
          "||",
          "~~",
          "!~~",
          "~~*",
          "!~~*",
          "count_star",
          "list_value",
          "array_extract",
          "timezone",
          "now",
          "date_part",
          "json_extract",
          "json_extract_string",
          "to_seconds",
          "to_minutes",
          "to_hours",
          "to_days",
          "to_weeks",
          "to_months",
          "to_years");

  private static final Set<String> TABLES =
      Statement.views().stream().map(Mapping::id).collect(Collectors.toSet());

  private SecondOpinion() {}

  /** A statement that is not what it must be. It tells of a hole, and goes to the log. */
  static final class Objection extends RuntimeException {
    private static final long serialVersionUID = 1;

    Objection(String what) {
      super("DuckDB reads " + what);
    }
  }

  /**
   * Looks at a statement.
   *
   * @param serialized what {@code json_serialize_sql} makes of it
   * @throws Objection when there is anything in it that should not be
   */
  static void check(String serialized) {
    JsonNode tree = JSON.readTree(serialized);
    if (tree.path("error").asBoolean(true) || tree.path("statements").size() != 1) {
      throw new Objection("no single select: " + tree.path("error_message").asString(""));
    }
    walk(tree);
  }

  private static void walk(JsonNode node) {
    if (node.isObject()) {
      look(node);
    }
    node.forEach(SecondOpinion::walk);
  }

  private static void look(JsonNode node) {
    String type = node.path("type").asString("");
    if (node.has("class")) {
      expression(node);
    } else if (node.has("type") && !TYPES.contains(type)) {
      throw new Objection("a " + type);
    }
    if (type.equals("BASE_TABLE")) {
      table(node);
    } else if (node.has("table_name")) {
      throw new Objection("a table where none may be");
    }
    if (!isAbsent(node.path("sample")) || !isAbsent(node.path("at_clause"))) {
      throw new Objection("a sample or a version");
    }
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static void expression(JsonNode node) {
    String kind = node.path("class").asString("");
    if (!CLASSES.contains(kind)) {
      throw new Objection("an expression " + kind);
    }
    boolean isQualified =
        !node.path("schema").asString("").isEmpty() || !node.path("catalog").asString("").isEmpty();
    if (kind.equals("TYPE")) {
      String name = node.path("type_name").asString("").toLowerCase(Locale.ROOT);
      if (isQualified || !VALUE_TYPES.contains(name)) {
        throw new Objection("the type " + name);
      }
    } else if (node.has("function_name")) {
      String name = node.path("function_name").asString("");
      if (isQualified
          || !(OPERATORS.contains(name) || new DuckDbDialect().functions().prints(name))) {
        throw new Objection("the function " + name);
      }
    }
  }

  private static void table(JsonNode source) {
    String schema = source.path("schema_name").asString("");
    String table = source.path("table_name").asString("");
    boolean isNamed = schema.isEmpty() && table.matches("with_\\d+");
    boolean isView = schema.equals("main") && TABLES.contains(table);
    if (!source.path("catalog_name").asString("").isEmpty() || !(isNamed || isView)) {
      throw new Objection("the table " + schema + "." + table);
    }
  }
}

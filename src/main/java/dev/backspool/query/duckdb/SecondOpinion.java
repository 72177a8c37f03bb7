package dev.backspool.query.duckdb;

import dev.backspool.query.sql.Statement;
import dev.backspool.sync.Mapping;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
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
          "error",
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

  private final String project;

  /** Whose rows are the project's alone: each is the source of a select that says so. */
  private final Set<JsonNode> fenced = Collections.newSetFromMap(new IdentityHashMap<>());

  private SecondOpinion(UUID project) {
    this.project = project.toString();
  }

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
   * @param project of which alone it may read rows
   * @throws Objection when there is anything in it that should not be
   */
  static void check(String serialized, UUID project) {
    JsonNode tree = JSON.readTree(serialized);
    if (tree.path("error").asBoolean(true) || tree.path("statements").size() != 1) {
      throw new Objection("no single select: " + tree.path("error_message").asString(""));
    }
    new SecondOpinion(project).walk(tree);
  }

  private void walk(JsonNode node) {
    if (node.isObject()) {
      look(node);
    }
    node.forEach(this::walk);
  }

  private void look(JsonNode node) {
    String type = node.path("type").asString("");
    if (node.has("class")) {
      expression(node);
    } else if (node.has("type") && !TYPES.contains(type)) {
      throw new Objection("a " + type);
    }
    if (type.equals("SELECT_NODE") && isFenced(node)) {
      fenced.add(node.path("from_table"));
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

  private void table(JsonNode source) {
    String schema = source.path("schema_name").asString("");
    String table = source.path("table_name").asString("");
    boolean isNamed = schema.isEmpty() && table.matches("with_\\d+");
    boolean isView = schema.equals("main") && TABLES.contains(table) && fenced.contains(source);
    if (!source.path("catalog_name").asString("").isEmpty() || !(isNamed || isView)) {
      throw new Objection("the table " + schema + "." + table);
    }
  }

  /**
   * Whether a select gives a view's columns of the project's rows and does nothing else: {@code
   * select … from main.view where project_id = cast('…' as uuid) limit …}.
   */
  private boolean isFenced(JsonNode select) {
    JsonNode limit = select.path("modifiers");
    return limit.size() == 1
        && limit.at("/0/type").asString("").equals("LIMIT_MODIFIER")
        && limit.at("/0/limit/literal/text").asString("").equals(DuckDbDialect.ENDLESS)
        && isAbsent(limit.at("/0/offset"))
        && isProject(select.path("where_clause"))
        && select.path("group_expressions").isEmpty()
        && isAbsent(select.path("having"))
        && isAbsent(select.path("qualify"))
        && select.at("/cte_map/map").isEmpty()
        && select.path("select_list").valueStream().allMatch(SecondOpinion::isPlainColumn);
  }

  private boolean isProject(JsonNode condition) {
    JsonNode value = condition.path("right");
    return condition.path("type").asString("").equals("COMPARE_EQUAL")
        && condition.at("/left/class").asString("").equals("COLUMN_REF")
        && names(condition.path("left")).equals(List.of("project_id"))
        && value.path("class").asString("").equals("CAST")
        && value.at("/type_expr/type_name").asString("").equalsIgnoreCase("uuid")
        && value.at("/child/class").asString("").equals("CONSTANT")
        && value.at("/child/literal/kind").asString("").equals("STRING")
        && value.at("/child/literal/text").asString("").equals(project);
  }

  private static boolean isPlainColumn(JsonNode item) {
    return item.path("class").asString("").equals("COLUMN_REF")
        && names(item).size() == 1
        && !names(item).contains("project_id");
  }

  private static List<String> names(JsonNode column) {
    return column.path("column_names").valueStream().map(JsonNode::asString).toList();
  }
}

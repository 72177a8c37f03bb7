package dev.backspool.query.sql;

import dev.backspool.query.sql.Query.Body;
import dev.backspool.query.sql.Query.Item;
import dev.backspool.query.sql.Query.Select;
import dev.backspool.query.sql.Query.Source;
import dev.backspool.query.sql.Scope.Field;
import dev.backspool.query.sql.Scope.Named;
import dev.backspool.query.sql.Scope.Relation;
import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks a query and writes it anew, in one go: nothing is written that was not checked. A view
 * becomes a select of the project's rows, a star the columns that it stands for, and every name is
 * one that was found.
 */
final class QueryWriter {
  /** Of views, each time that one is read. */
  private static final int MOST_READS = 40;

  /** Selects and sources: the stores go down into all of them on their threads' stacks. */
  private static final int MOST_PARTS = 200;

  /** Of one select. */
  private static final int MOST_COLUMNS = 1_000;

  /** Of all selects together. */
  private static final int MOST_COLUMNS_IN_ALL = 10_000;

  /** JSON may be as long as ten other texts. */
  private static final double JSON_GROWTH = 10;

  private static final String COMBINED = "combined";

  private final Dialect dialect;
  private final UUID project;
  private final Values values;
  private final ExpressionWriter expressions;
  private int reads;
  private int parts;
  private int columns;
  private int named;

  QueryWriter(Dialect dialect, UUID project, Values values) {
    this.dialect = dialect;
    this.project = project;
    this.values = values;
    this.expressions = new ExpressionWriter(dialect, values, this::write);
  }

  /** A query and its columns. */
  record Written(String sql, List<Field> fields) {}

  /** Writes a whole query, which gives one row more than the most. */
  String write(Query query, int mostRows) {
    long limit = query.limit() == null ? Long.MAX_VALUE : values.count(query.limit());
    Written whole = write(query, new Scope(null, Map.of()), Math.min(limit, mostRows + 1L));
    return dialect.answer(
        whole.sql(),
        whole.fields().stream().map(Field::name).toList(),
        whole.fields().stream()
            .filter(field -> field.growth() > ExpressionWriter.LEAST_GROWTH)
            .map(Field::name)
            .collect(Collectors.toSet()));
  }

  /** Writes a query within another, whose scope this is. */
  Written write(Query query, Scope around) {
    return write(query, around, query.limit() == null ? null : values.count(query.limit()));
  }

  private Written write(Query query, Scope around, @Nullable Long limit) {
    var sql = new StringBuilder();
    Map<String, Named> queries = new HashMap<>(around.queries());
    if (!query.with().isEmpty()) {
      var with = new StringJoiner(", ", "with ", " ");
      for (Query.Named each : query.with()) {
        with.add(named(each, queries));
      }
      sql.append(with);
    }
    Scope scope;
    List<Field> fields;
    if (query.body() instanceof Select select) {
      scope = new Scope(around, queries);
      fields = select(select, scope, sql);
    } else {
      fields = combined(query, limit, new Scope(around, queries), sql);
      scope = new Scope(around, queries);
      scope.add(new Relation(COMBINED, fields), query.position());
    }
    if (!query.order().isEmpty()) {
      sql.append(" order by ").append(expressions.sortedRows(query.order(), scope));
    }
    if (limit != null) {
      sql.append(" limit ").append(limit);
    }
    if (query.offset() != null) {
      sql.append(" offset ").append(values.count(query.offset()));
    }
    return new Written(sql.toString(), fields);
  }

  /**
   * What is done to all of several queries' rows is done to them as one: ClickHouse wants it so.
   */
  private List<Field> combined(Query query, @Nullable Long limit, Scope scope, StringBuilder sql) {
    if (query.order().isEmpty() && limit == null && query.offset() == null) {
      return body(query.body(), scope, sql);
    }
    var inner = new StringBuilder();
    List<Field> fields = body(query.body(), scope, inner);
    var columns = new StringJoiner(", ");
    for (Field field : fields) {
      String name = dialect.name(field.name());
      columns.add(dialect.name(COMBINED) + "." + name + " as " + name);
    }
    sql.append("select ").append(columns).append(" from (").append(inner).append(") as ");
    sql.append(dialect.name(COMBINED));
    return fields;
  }

  /** What it reads counts where it is read. */
  private String named(Query.Named query, Map<String, Named> queries) {
    int before = reads;
    Written written = write(query.query(), new Scope(null, queries));
    String name = "with_" + ++named;
    queries.put(
        query.name().toLowerCase(Locale.ROOT),
        new Named(name, written.fields(), Math.max(1, reads - before)));
    reads = before;
    return dialect.name(name) + " as (" + written.sql() + ")";
  }

  private List<Field> body(Body body, Scope around, StringBuilder sql) {
    switch (body) {
      case Select select -> {
        return select(select, new Scope(around, around.queries()), sql);
      }
      case Query.Nested nested -> {
        Written written = write(nested.query(), around);
        sql.append('(').append(written.sql()).append(')');
        return written.fields();
      }
      case Query.Combined combined -> {
        List<Field> left = side(combined.left(), around, sql);
        sql.append(' ').append(combined.operator()).append(combined.all() ? " all " : " distinct ");
        List<Field> right = side(combined.right(), around, sql);
        if (left.size() != right.size()) {
          throw new SqlError(
              combined.position(),
              "the two sides have %d and %d columns".formatted(left.size(), right.size()));
        }
        var fields = new ArrayList<Field>();
        for (int i = 0; i < left.size(); i++) {
          fields.add(
              new Field(left.get(i).name(), Math.max(left.get(i).growth(), right.get(i).growth())));
        }
        return fields;
      }
    }
  }

  private List<Field> side(Body body, Scope around, StringBuilder sql) {
    if (body instanceof Query.Nested) {
      return body(body, around, sql);
    }
    sql.append('(');
    List<Field> fields = body(body, around, sql);
    sql.append(')');
    return fields;
  }

  private List<Field> select(Select select, Scope scope, StringBuilder sql) {
    count(select.position());
    String from = select.from() == null ? "" : " from " + source(select.from(), scope);
    var items = new StringJoiner(", ");
    var fields = new Columns();
    for (Item item : select.items()) {
      switch (item) {
        case Query.Star star -> star(star, scope, items, fields);
        case Query.Value value -> value(value, scope, items, fields);
      }
    }
    sql.append(select.distinct() ? "select distinct " : "select ").append(items).append(from);
    clause(" where ", select.where(), scope, sql);
    if (select.groupByAll()) {
      sql.append(" group by all");
    } else if (!select.groupBy().isEmpty()) {
      sql.append(" group by ").append(expressions.listed(select.groupBy(), scope));
    }
    clause(" having ", select.having(), scope, sql);
    clause(" qualify ", select.qualify(), scope, sql);
    return fields.all();
  }

  private void clause(String word, @Nullable Expression condition, Scope scope, StringBuilder sql) {
    if (condition != null) {
      sql.append(word).append(expressions.write(condition, scope).sql());
    }
  }

  private void star(Query.Star star, Scope scope, StringJoiner items, Columns fields) {
    var done = new HashSet<String>();
    boolean found = false;
    for (Relation relation : scope.relations()) {
      if (star.source() != null && !relation.name().equalsIgnoreCase(star.source())) {
        continue;
      }
      found = true;
      for (Field field : relation.fields()) {
        boolean merged = star.source() == null && scope.isMerged(field.name());
        if (merged && !done.add(field.name().toLowerCase(Locale.ROOT))) {
          continue;
        }
        String column = dialect.name(field.name());
        items.add(
            (merged ? column : dialect.name(relation.name()) + "." + column) + " as " + column);
        fields.add(field, star.position());
      }
    }
    if (!found) {
      throw new SqlError(
          star.position(),
          star.source() == null
              ? "there is nothing that * stands for"
              : "there is no source called " + star.source());
    }
  }

  private void value(Query.Value item, Scope scope, StringJoiner items, Columns fields) {
    Piece value = expressions.write(item.value(), scope);
    String name = item.name();
    if (name == null) {
      name = fields.name(item.value());
    }
    var field = new Field(name, value.growth());
    int place = fields.add(field, item.value().position());
    String sql =
        ExpressionWriter.isCondition(item.value()) ? dialect.truth(value.sql()) : value.sql();
    items.add(sql + " as " + dialect.name(name));
    if (item.name() != null) {
      scope.name(field, place);
    }
  }

  /** What a select selects, as it comes. No two have one name. */
  private final class Columns {
    private final List<Field> fields = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** The next number of those that are called alike. */
    private final Map<String, Integer> next = new HashMap<>();

    /** Gives its place, from 1. */
    int add(Field field, int position) {
      if (!names.add(field.name().toLowerCase(Locale.ROOT))) {
        throw new SqlError(
            position, "two columns are called " + field.name() + ": name one with AS");
      }
      if (fields.size() == MOST_COLUMNS) {
        throw new SqlError(position, "a select has " + MOST_COLUMNS + " columns at most");
      }
      if (++columns > MOST_COLUMNS_IN_ALL) {
        throw new SqlError(
            position, "the selects have more than " + MOST_COLUMNS_IN_ALL + " columns together");
      }
      fields.add(field);
      return fields.size();
    }

    /** As it would be called by anybody: like the column, or the function. */
    String name(Expression value) {
      if (value instanceof Expression.Column column) {
        return column.name();
      }
      String base = value instanceof Expression.Call call ? call.name() : "column";
      String name = base;
      while (names.contains(name)) {
        name = base + "_" + next.merge(base, 2, (number, _) -> number + 1);
      }
      return name;
    }

    List<Field> all() {
      return fields;
    }
  }

  private String source(Source source, Scope scope) {
    count(source.position());
    return switch (source) {
      case Query.Table table -> table(table, scope);
      case Query.Derived derived -> {
        Written written = write(derived.query(), new Scope(null, scope.queries()));
        scope.add(new Relation(derived.alias(), written.fields()), derived.position());
        yield "(" + written.sql() + ") as " + dialect.name(derived.alias());
      }
      case Query.Join join -> join(join, scope);
    };
  }

  private String table(Query.Table table, Scope scope) {
    String alias = table.alias() == null ? table.name() : table.alias();
    Named query = scope.queries().get(table.name().toLowerCase(Locale.ROOT));
    if (query != null) {
      read(query.reads(), table.position());
      scope.add(new Relation(alias, query.fields()), table.position());
      return dialect.name(query.written()) + " as " + dialect.name(alias);
    }
    Mapping view =
        Statement.view(table.name())
            .orElseThrow(
                () -> new SqlError(table.position(), "there is no view called " + table.name()));
    read(1, table.position());
    List<Field> fields =
        view.all().stream().map(column -> new Field(column.name(), growth(column))).toList();
    scope.add(new Relation(alias, fields), table.position());
    return "(" + dialect.view(view, project) + ") as " + dialect.name(alias);
  }

  private static double growth(Column column) {
    return switch (column.type()) {
      case TEXT, WORD, TEXTS -> 1;
      case JSON -> JSON_GROWTH;
      case UUID, BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE, TIMESTAMP -> ExpressionWriter.LEAST_GROWTH;
    };
  }

  private void count(int position) {
    if (++parts > MOST_PARTS) {
      throw new SqlError(position, "there are more than " + MOST_PARTS + " selects and sources");
    }
  }

  private void read(int times, int position) {
    reads += times;
    if (reads > MOST_READS) {
      throw new SqlError(position, "views are read more than " + MOST_READS + " times");
    }
  }

  private String join(Query.Join join, Scope scope) {
    String left = source(join.left(), scope);
    List<Relation> before = List.copyOf(scope.relations());
    String right = source(join.right(), scope);
    String both = left + " " + join.kind() + " join " + right;
    if (join.on() != null) {
      return both + " on (" + expressions.write(join.on(), scope).sql() + ")";
    }
    if (join.using().isEmpty()) {
      return both;
    }
    var using = new StringJoiner(", ", " using (", ")");
    for (String column : join.using()) {
      Field field = scope.relations().getLast().field(column).orElse(null);
      if (field == null || before.stream().noneMatch(each -> each.field(column).isPresent())) {
        throw new SqlError(join.position(), "not both sides have a column called " + column);
      }
      scope.merge(column);
      using.add(dialect.name(field.name()));
    }
    return both + using;
  }
}

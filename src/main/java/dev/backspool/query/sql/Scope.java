package dev.backspool.query.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The names that mean something at a place of a query. */
final class Scope {
  private final @Nullable Scope outer;
  private final Map<String, Named> queries;
  private final List<Relation> relations = new ArrayList<>();
  private final Set<String> merged = new HashSet<>();
  private final Map<String, Alias> aliases = new HashMap<>();

  /**
   * Names within others.
   *
   * @param outer whose columns can be named here too; null where there are none
   * @param queries those that have names here, in lower case
   */
  Scope(@Nullable Scope outer, Map<String, Named> queries) {
    this.outer = outer;
    this.queries = Map.copyOf(queries);
  }

  /**
   * A query with a name.
   *
   * @param written what the store calls it
   * @param reads how often it reads a view
   */
  record Named(String written, List<Field> fields, int reads) {}

  Map<String, Named> queries() {
    return queries;
  }

  /**
   * A column.
   *
   * @param growth how many times as long as a stored text one of it can be
   */
  record Field(String name, double growth) {}

  /**
   * A name that a select gives to one of its own values.
   *
   * @param place of the value among all that are selected, from 1
   */
  record Alias(Field field, int place) {}

  /** Rows under a name. */
  static final class Relation {
    private final String name;
    private final List<Field> fields;
    private final Map<String, Field> byName = new HashMap<>();

    Relation(String name, List<Field> fields) {
      this.name = name;
      this.fields = List.copyOf(fields);
      fields.forEach(field -> byName.putIfAbsent(lower(field.name()), field));
    }

    String name() {
      return name;
    }

    List<Field> fields() {
      return fields;
    }

    Optional<Field> field(String column) {
      return Optional.ofNullable(byName.get(lower(column)));
    }
  }

  /** What a name stands for: a column of a relation, or a value of the select's own. */
  record Meaning(@Nullable String relation, Field field) {}

  List<Relation> relations() {
    return relations;
  }

  void add(Relation relation, int position) {
    if (relations.stream().anyMatch(other -> other.name().equalsIgnoreCase(relation.name()))) {
      throw new SqlError(position, "two sources are called " + relation.name());
    }
    relations.add(relation);
  }

  /** A column that sources share by {@code using}: one for all of them. */
  void merge(String column) {
    merged.add(lower(column));
  }

  boolean isMerged(String column) {
    return merged.contains(lower(column));
  }

  void name(Field alias, int place) {
    aliases.put(lower(alias.name()), new Alias(alias, place));
  }

  Optional<Alias> alias(String name) {
    return Optional.ofNullable(aliases.get(lower(name)));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /**
   * What a column's name stands for, here or around.
   *
   * @throws SqlError when it stands for nothing, or for two things
   */
  Meaning find(Expression.Column column) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Meaning found = scope.findHere(column);
      if (found != null) {
        return found;
      }
    }
    throw new SqlError(
        column.position(),
        column.source() == null
            ? "there is no column called " + column.name()
            : "there is no column called " + column.source() + "." + column.name());
  }

  private @Nullable Meaning findHere(Expression.Column column) {
    String source = column.source();
    if (source == null && isMerged(column.name())) {
      return relations.stream()
          .flatMap(relation -> relation.field(column.name()).stream())
          .findFirst()
          .map(field -> new Meaning(null, field))
          .orElse(null);
    }
    Meaning found = null;
    for (Relation relation : relations) {
      if (source == null || relation.name().equalsIgnoreCase(source)) {
        Optional<Field> field = relation.field(column.name());
        if (field.isPresent()) {
          if (found != null) {
            throw new SqlError(
                column.position(), "more than one source has a column called " + column.name());
          }
          found = new Meaning(relation.name(), field.get());
        }
      }
    }
    if (found == null && source == null) {
      return alias(column.name()).map(alias -> new Meaning(null, alias.field())).orElse(null);
    }
    return found;
  }
}

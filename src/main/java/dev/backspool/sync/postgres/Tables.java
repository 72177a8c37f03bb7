package dev.backspool.sync.postgres;

import dev.backspool.sync.Column;
import dev.backspool.sync.Mapping;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * The tables of a sink, in a schema of their own: one for each mapping, whose rows carry their
 * version; one of the keys that were deleted, with theirs; a row to lock for each project and
 * mapping; and one of the full loads that began.
 */
final class Tables {
  /** Says "sink" to whoever looks into pg_locks. */
  private static final long LOCK = 0x73696e6bL;

  static final String VERSION = "sync_version";
  static final String DELETED = "sync_deleted";
  static final String STATE = "sync_state";
  static final String LOAD = "sync_load";

  private final String schema;

  Tables(String schema) {
    this.schema = schema;
  }

  /** A table's name, quoted. */
  String name(String table) {
    return quoted(schema) + "." + quoted(table);
  }

  static String quoted(String name) {
    return '"' + name + '"';
  }

  static String type(Column column) {
    return switch (column.type()) {
      case UUID -> "uuid";
      case TEXT, WORD -> "text";
      case BOOLEAN -> "boolean";
      case INTEGER -> "integer";
      case BIGINT -> "bigint";
      case REAL -> "real";
      case DOUBLE -> "double precision";
      case TIMESTAMP -> "timestamp with time zone";
      case JSON -> "jsonb";
      case TEXTS -> "text[]";
    };
  }

  /** Makes what is missing; gives the mappings whose table is new, or has a new column. */
  Set<String> prepare(Connection connection, List<Mapping> mappings) throws SQLException {
    var lacking = new HashSet<String>();
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
      statement.execute("create schema if not exists " + quoted(schema));
      statement.execute(
          """
          create table if not exists %s (
            project_id uuid not null,
            mapping text not null,
            floor bigint not null default 0,
            primary key (project_id, mapping))
          """
              .formatted(name(STATE)));
      statement.execute(
          """
          create table if not exists %s (
            project_id uuid not null,
            mapping text not null,
            key uuid not null,
            version bigint not null,
            deleted_at timestamptz not null default now(),
            primary key (project_id, mapping, key))
          """
              .formatted(name(DELETED)));
      statement.execute(
          """
          create table if not exists %s (
            project_id uuid not null,
            mapping text not null,
            version bigint not null,
            primary key (project_id, mapping))
          """
              .formatted(name(LOAD)));
      for (Mapping mapping : mappings) {
        Map<String, String> columns = columns(connection, mapping);
        if (columns.isEmpty()) {
          create(statement, mapping);
          lacking.add(mapping.id());
        } else if (alter(connection, mapping, columns)) {
          lacking.add(mapping.id());
        }
      }
    }
    try (var statement =
        connection.prepareStatement("delete from %s where mapping = ?".formatted(name(LOAD)))) {
      for (String mapping : lacking) {
        statement.setString(1, mapping);
        statement.executeUpdate();
      }
    }
    return lacking;
  }

  /** Columns but the key's take nothing as well: one that is added later begins with nothing. */
  private void create(Statement statement, Mapping mapping) throws SQLException {
    var columns = new StringJoiner(", ").add("project_id uuid not null");
    var key = new StringJoiner(", ").add("project_id");
    for (Column column : mapping.key()) {
      columns.add(quoted(column.name()) + " " + type(column) + " not null");
      key.add(quoted(column.name()));
    }
    mapping.columns().forEach(column -> columns.add(quoted(column.name()) + " " + type(column)));
    columns.add(quoted(VERSION) + " bigint not null");
    statement.execute(
        "create table %s (%s, primary key (%s))".formatted(name(mapping.id()), columns, key));
    if (mapping.receivedAt() != null) {
      statement.execute(
          "create index on %s (project_id, %s)"
              .formatted(name(mapping.id()), quoted(mapping.receivedAt())));
    }
  }

  /** Puts right what somebody changed, and adds what is new. */
  private boolean alter(Connection connection, Mapping mapping, Map<String, String> known)
      throws SQLException {
    String table = name(mapping.id());
    try (Statement statement = connection.createStatement()) {
      if (!hasKey(connection, mapping)) {
        statement.execute("drop table " + table);
        create(statement, mapping);
        return true;
      }
      boolean changed = false;
      for (Column column : mapping.columns()) {
        String name = quoted(column.name());
        String type = known.get(column.name());
        if (type != null && !type.equals(type(column))) {
          statement.execute("alter table %s drop column %s".formatted(table, name));
          type = null;
        }
        if (type == null) {
          statement.execute("alter table %s add column %s %s".formatted(table, name, type(column)));
          changed = true;
        }
      }
      if (!known.containsKey(VERSION)) {
        statement.execute(
            "alter table %s add column %s bigint not null default 0"
                .formatted(table, quoted(VERSION)));
        changed = true;
      }
      return changed;
    }
  }

  private boolean hasKey(Connection connection, Mapping mapping) throws SQLException {
    var key = new StringJoiner(",").add("project_id");
    mapping.key().forEach(column -> key.add(column.name()));
    try (var statement =
        connection.prepareStatement(
            """
            select exists (
              select from pg_index
              where indrelid = to_regclass(?) and indisunique and indpred is null
                and array_to_string(array(
                  select attname from unnest(indkey::smallint[]) with ordinality as part (number, place)
                  join pg_attribute on attrelid = indrelid and attnum = number
                  order by place), ',') = ?)
            """)) {
      statement.setString(1, name(mapping.id()));
      statement.setString(2, key.toString());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  private Map<String, String> columns(Connection connection, Mapping mapping) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select attname, format_type(atttypid, atttypmod) from pg_attribute
            where attrelid = to_regclass(?) and attnum > 0 and not attisdropped
            """)) {
      statement.setString(1, name(mapping.id()));
      var columns = new HashMap<String, String>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.put(rows.getString(1), rows.getString(2));
        }
      }
      return columns;
    }
  }
}

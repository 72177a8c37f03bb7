package dev.backspool.sync.clickhouse;

/** Names and texts within ClickHouse's SQL. */
final class Sql {
  private Sql() {}

  static String name(String name) {
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }

  static String text(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}

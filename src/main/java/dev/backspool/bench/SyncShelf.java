package dev.backspool.bench;

import dev.backspool.sync.Sync;
import dev.backspool.sync.duckdb.DuckDb;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** A sink under measurement, and a way to see what is in it. One thread at a time. */
abstract class SyncShelf implements Closeable {
  private final String name;
  private final UUID id;
  private final Connection connection;
  private final String schema;

  private SyncShelf(String name, UUID id, Connection connection, String schema) {
    this.name = name;
    this.id = id;
    this.connection = connection;
    this.schema = schema;
  }

  /** A new file of the columnar store. */
  static SyncShelf duckDb(Sync sync, Path folder) throws IOException {
    try {
      DuckDb file = DuckDb.open(folder.resolve("analytics.duckdb"), folder.resolve("tmp"));
      sync.attach(file.id(), "duckdb", "duckdb", file.place(), file.sink());
      return new SyncShelf("duckdb", file.id(), file.connect(), "main") {
        @Override
        void end() {
          sync.sinks().remove(file.id());
          file.close();
        }
      };
    } catch (SQLException failure) {
      throw new IOException(failure);
    }
  }

  /** Tables in a schema of their own, in the same database. */
  static SyncShelf postgres(Sync sync, String url, String schema) throws IOException {
    String address = url + (url.contains("?") ? "&" : "?") + "sslmode=disable&schema=" + schema;
    UUID id = sync.sinks().add(null, "postgres", "postgres", address, true);
    java.net.URI uri = java.net.URI.create(url);
    String[] user = uri.getRawUserInfo().split(":", 2);
    try {
      Connection connection =
          DriverManager.getConnection(
              "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath(),
              decode(user[0]),
              decode(user[1]));
      return new SyncShelf("postgres", id, connection, schema) {
        @Override
        void end() {
          sync.sinks().remove(id);
        }
      };
    } catch (SQLException failure) {
      throw new IOException(failure);
    }
  }

  private static String decode(String text) {
    return java.net.URLDecoder.decode(
        text.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** What it is. */
  String name() {
    return name;
  }

  /** As the sync knows it. */
  UUID id() {
    return id;
  }

  /** Those of some profiles that are there. */
  Set<String> profiles(Collection<String> ids) throws IOException {
    return seen(
        "select id from %s.profiles where id in (%s)"
            .formatted(
                schema,
                ids.stream().map(each -> "'" + each + "'").collect(Collectors.joining(", "))));
  }

  /** Those of some events that are there. */
  Set<String> events(Collection<String> ids) throws IOException {
    return seen(
        "select id from %s.events where id in (%s)".formatted(schema, String.join(", ", ids)));
  }

  private Set<String> seen(String sql) throws IOException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      var found = new HashSet<String>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    } catch (SQLException failure) {
      if ("42P01".equals(failure.getSQLState())) {
        return Set.of(); // Its tables are made when something is first brought there.
      }
      throw new IOException(failure);
    }
  }

  abstract void end();

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException failure) {
      throw new IOException(failure);
    }
    end();
  }
}

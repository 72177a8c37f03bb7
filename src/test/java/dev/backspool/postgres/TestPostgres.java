package dev.backspool.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * PostgreSQL for the tests: one embedded server for the whole test JVM, with the settings of the
 * real one, and the system's PostgreSQL 15 where there is one. Both start at the first question and
 * go, with their files, when the JVM does.
 */
public final class TestPostgres {
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private TestPostgres() {}

  /** Address, user and password of a database. */
  public record Address(String url, String user, String password) {
    /** Opens and migrates it. */
    public Database open() {
      return Database.open(url, user, password);
    }
  }

  /** A new, empty database on the embedded server, owned by {@code backspool}. */
  public static Address freshDatabase() {
    EmbeddedPostgres server = Embedded.SERVER;
    try (Connection superuser = server.superuser()) {
      return new Address(
          server.jdbcUrl(create(superuser, server.user())), server.user(), server.password());
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** A new, empty database on a PostgreSQL 15 that Backspool did not start, if there is one. */
  public static Optional<Address> externalDatabase() {
    return External.SERVER.map(server -> {
      try (Connection superuser = server.superuser()) {
        String name = create(superuser, ExternalPostgres.OWNER);
        return new Address(server.jdbcUrl(name), ExternalPostgres.OWNER, ExternalPostgres.PASSWORD);
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    });
  }

  /** A folder that every account can reach, deleted with the JVM. */
  static Path reachableFolder(String name) throws IOException {
    Path folder = Files.createTempDirectory("backspool-" + name + "-");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    return folder;
  }

  /** Stops something and deletes its folder when the JVM ends. */
  static void atEnd(AutoCloseable server, Path folder) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              try {
                server.close();
                Binaries.delete(folder);
              } catch (Exception failure) {
                throw new IllegalStateException("not cleaned up: " + folder, failure);
              }
            }));
  }

  private static String create(Connection superuser, String owner) throws SQLException {
    String name = "test_" + ProcessHandle.current().pid() + "_" + COUNTER.incrementAndGet();
    try (Statement statement = superuser.createStatement()) {
      statement.execute("create database " + name + " owner " + owner);
    }
    return name;
  }

  private static final class Embedded {
    static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        Path folder = reachableFolder("embedded");
        EmbeddedPostgres server = EmbeddedPostgres.start(folder);
        atEnd(server, folder);
        return server;
      } catch (IOException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  private static final class External {
    static final Optional<ExternalPostgres> SERVER = ExternalPostgres.start();
  }
}

package dev.backspool.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server that this process owns: unpacked from the jar, started on a free port of
 * 127.0.0.1, restarted when it dies, stopped with us. Its data outlives all of that.
 *
 * <p>The application connects as {@code backspool}, which owns the database of that name and is no
 * superuser: row-level security does not bind superusers.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  static final String SUPERUSER = "postgres";
  static final String APPLICATION = "backspool";

  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

  /** Recovery after a crash can read gigabytes; a living server is waited for that long. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private static final int POLL_MILLIS = 20;
  private static final int PORT_ATTEMPTS = 5;

  private final Home home;
  private final HomeLock lock;
  private final Postmaster postmaster;
  private final int port;

  private EmbeddedPostgres(Home home, HomeLock lock, Postmaster postmaster, int port) {
    this.home = home;
    this.lock = lock;
    this.postmaster = postmaster;
    this.port = port;
  }

  /**
   * Starts the server of a data directory, making what is missing in {@code <dataDir>/postgres}. A
   * server that an earlier, killed run left behind is stopped first.
   *
   * @throws PostgresStartException when the directory is in use by a living Backspool, when the jar
   *     has no PostgreSQL for this platform, or when the server does not start
   */
  public static EmbeddedPostgres start(Path dataDir) {
    long began = System.nanoTime();
    try {
      Home home = Home.at(dataDir);
      HomeLock lock = HomeLock.take(home, dataDir);
      try {
        EmbeddedPostgres server = start(home, lock);
        log.info(
            "PostgreSQL {} serves {} on port {} (process {}), started in {} ms",
            Binaries.MAJOR,
            home.cluster(),
            server.port,
            server.postmaster.pid(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        return server;
      } catch (IOException | InterruptedException | RuntimeException failure) {
        lock.close();
        throw failure;
      }
    } catch (IOException failure) {
      throw new PostgresStartException(
          "PostgreSQL could not be started in %s: %s".formatted(dataDir, failure), failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new PostgresStartException("The start was interrupted.", interrupted);
    }
  }

  private static EmbeddedPostgres start(Home home, HomeLock lock)
      throws IOException, InterruptedException {
    Binaries binaries = Binaries.in(home);
    PrivilegeDrop drop = PrivilegeDrop.choose(home, binaries);
    Orphans orphans = new Orphans(home);
    orphans.clear();
    Cluster cluster = new Cluster(home, binaries, drop);
    cluster.prepare();
    home.rotateLog();
    for (int attempt = 1; ; attempt++) {
      int port = freePort();
      cluster.configure(port);
      Postmaster postmaster = Postmaster.start(cluster.server(), orphans);
      EmbeddedPostgres server = new EmbeddedPostgres(home, lock, postmaster, port);
      try {
        server.provision();
        if (postmaster.supervise()) {
          return server;
        }
        throw server.ended();
      } catch (RuntimeException | IOException | InterruptedException failure) {
        boolean portTaken = !postmaster.isAlive() && home.logTail().contains("could not bind");
        postmaster.close();
        if (!portTaken || attempt == PORT_ATTEMPTS) {
          throw failure;
        }
      }
    }
  }

  /** The same address in the form of {@code BACKSPOOL_DATABASE_URL}, with user and password. */
  public String url() {
    return jdbcUrl()
        .replaceFirst("^jdbc:postgresql://", "postgresql://" + user() + ":" + password() + "@");
  }

  /** Address of the application's database, without credentials. */
  public String jdbcUrl() {
    return jdbcUrl(APPLICATION);
  }

  /** The role the application connects as. */
  public String user() {
    return APPLICATION;
  }

  /** That role's password. */
  public String password() {
    return password(APPLICATION);
  }

  /** The TCP port on 127.0.0.1; it stays the same when the server is restarted under us. */
  public int port() {
    return port;
  }

  /** Stops the server, its data complete on disk. */
  @Override
  public void close() {
    postmaster.close();
    try {
      lock.close();
    } catch (IOException failure) {
      log.warn("The lock of {} was not given back", home.root(), failure);
    }
  }

  long pid() {
    return postmaster.pid();
  }

  String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database);
  }

  /** A connection that may do anything; for setting up roles and databases. */
  Connection superuser() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", SUPERUSER);
    properties.setProperty("password", password(SUPERUSER));
    properties.setProperty("connectTimeout", "5");
    return DriverManager.getConnection(jdbcUrl(SUPERUSER), properties);
  }

  private String password(String role) {
    try {
      return home.password(role);
    } catch (IOException failure) {
      throw new PostgresStartException("A password file is unreadable: " + failure, failure);
    }
  }

  /**
   * Waits for the server, then makes the application's role and database, if they are not there.
   */
  private void provision() throws IOException, InterruptedException {
    try (Connection connection = firstConnection();
        Statement statement = connection.createStatement()) {
      String password = home.password(APPLICATION);
      if (!exists(statement, "select from pg_roles where rolname = '" + APPLICATION + "'")) {
        statement.execute(
            "create role %s login createrole password '%s'".formatted(APPLICATION, password));
      }
      if (!exists(statement, "select from pg_database where datname = '" + APPLICATION + "'")) {
        statement.execute("create database %1$s owner %1$s".formatted(APPLICATION));
      }
    } catch (SQLException failure) {
      throw new PostgresStartException(
          "The embedded PostgreSQL refused its setup: " + failure.getMessage(), failure);
    }
  }

  private Connection firstConnection() throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return superuser();
      } catch (SQLException failure) {
        if (!postmaster.isAlive()) {
          throw ended();
        }
        if (!DatabaseUnavailable.isCauseOf(failure) || System.nanoTime() > deadline) {
          throw failure;
        }
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  private PostgresStartException ended() {
    return new PostgresStartException(
        "PostgreSQL ended while starting; its last words in %s:%n%s"
            .formatted(home.log(), home.logTail()));
  }

  private static boolean exists(Statement statement, String query) throws SQLException {
    try (ResultSet rows = statement.executeQuery(query)) {
      return rows.next();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

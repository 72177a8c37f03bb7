package dev.backspool.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A PostgreSQL 15 as an operator would bring it: Debian's programs, a user that may make roles. */
final class ExternalPostgres implements AutoCloseable {
  static final String OWNER = "operator";
  static final String PASSWORD = "p@ss/word";

  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");

  private final Process process;
  private final int port;

  private ExternalPostgres(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it in a temporary folder; empty when the system has no PostgreSQL 15. */
  static Optional<ExternalPostgres> start() {
    if (!Files.isExecutable(PROGRAMS.resolve("postgres"))) {
      return Optional.empty();
    }
    try {
      Path folder = TestPostgres.reachableFolder("external");
      Path data = Files.createDirectory(folder.resolve("data"));
      PrivilegeDrop drop =
          Posix.effectiveUser() == 0
              ? new PrivilegeDrop(
                  List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"),
                  PrivilegeDrop.Account.NOBODY)
              : new PrivilegeDrop(List.of(), new PrivilegeDrop.Account(-1, -1));
      drop.give(data);
      Process initdb =
          drop.process(
                  PROGRAMS.resolve("initdb"),
                  List.of("-D", data.toString(), "-U", "postgres", "-A", "trust", "--no-sync"))
              .redirectOutput(folder.resolve("initdb.log").toFile())
              .start();
      if (initdb.waitFor() != 0) {
        throw new IllegalStateException(Files.readString(folder.resolve("initdb.log")));
      }
      int port;
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      }
      Process process =
          drop.process(
                  PROGRAMS.resolve("postgres"),
                  List.of(
                      "-D",
                      data.toString(),
                      "-p",
                      Integer.toString(port),
                      "-c",
                      "listen_addresses=127.0.0.1",
                      "-c",
                      "unix_socket_directories="))
              .redirectOutput(folder.resolve("server.log").toFile())
              .start();
      ExternalPostgres server = new ExternalPostgres(process, port);
      TestPostgres.atEnd(server, folder);
      server.makeOwner();
      return Optional.of(server);
    } catch (IOException | SQLException failure) {
      throw new IllegalStateException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  Connection superuser() throws SQLException {
    return DriverManager.getConnection(jdbcUrl("postgres"), "postgres", "");
  }

  String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database);
  }

  @Override
  public void close() {
    Orphans.stop(process.toHandle());
  }

  private void makeOwner() throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      try (Connection superuser = superuser();
          Statement statement = superuser.createStatement()) {
        statement.execute(
            "create role %s login createrole password '%s'".formatted(OWNER, PASSWORD));
        return;
      } catch (SQLException notYet) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw notYet;
        }
        Thread.sleep(20);
      }
    }
  }
}

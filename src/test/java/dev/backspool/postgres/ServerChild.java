package dev.backspool.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;

/**
 * The program of the tests that need a second process: starts the server of a directory, writes a
 * committed row, prints one line, and stays until its input ends.
 */
final class ServerChild {
  private ServerChild() {}

  public static void main(String[] args) throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Path.of(args[0]));
        var connection =
            DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
        var statement = connection.createStatement()) {
      statement.execute("create table if not exists note (text text)");
      statement.execute("insert into note values ('committed')");
      System.out.println("ready " + server.pid());
      while (System.in.read() >= 0) {}
    } catch (PostgresStartException refused) {
      System.out.println("refused " + refused.getMessage());
    }
  }

  /** Starts it, behind a command if one is given, with a class path. */
  static Process start(List<String> before, String classPath, Path dataDir) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            ServerChild.class.getName(),
            dataDir.toString()));
    return new ProcessBuilder(command)
        .directory(Path.of("/").toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** What it said in its one line, log lines left out. */
  static String answer(Process child) throws IOException {
    for (String line; (line = child.inputReader().readLine()) != null; ) {
      if (line.startsWith("ready ") || line.startsWith("refused ")) {
        return line;
      }
    }
    return "nothing";
  }
}

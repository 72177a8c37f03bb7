package dev.backspool.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The data folder of the server: made once and whole, configured anew at every start. */
final class Cluster {
  private final Home home;
  private final Binaries binaries;
  private final PrivilegeDrop drop;

  Cluster(Home home, Binaries binaries, PrivilegeDrop drop) {
    this.home = home;
    this.binaries = binaries;
    this.drop = drop;
  }

  /**
   * Makes the data folder if there is none, owned by the server's account. A crash midway leaves
   * nothing behind that looks like a cluster.
   *
   * @throws PostgresStartException when the folder holds another major version, or cannot be made
   */
  void prepare() throws IOException {
    if (Files.exists(home.cluster())) {
      String version = Files.readString(home.cluster().resolve("PG_VERSION")).strip();
      if (!version.equals(Integer.toString(Binaries.MAJOR))) {
        throw new PostgresStartException(
            "%s was written by PostgreSQL %s, this Backspool brings %d: start the Backspool that wrote it."
                .formatted(home.cluster(), version, Binaries.MAJOR));
      }
    } else {
      initialise();
    }
    drop.give(home.cluster());
  }

  /** Writes the settings for a start on this port. */
  void configure(int port) throws IOException {
    String include = home.cluster().resolve("postgresql.conf").toString().replace("'", "''");
    Path fresh = home.root().resolve("backspool.conf.tmp");
    Files.writeString(fresh, settings(include, port));
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(fresh, home.settings(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The server's process, its words appended to the log file. */
  ProcessBuilder server() {
    return drop.process(
            binaries.postgres(),
            List.of("-D", home.cluster().toString(), "-c", "config_file=" + home.settings()))
        .redirectOutput(ProcessBuilder.Redirect.appendTo(home.log().toFile()));
  }

  /** After the settings that initdb found out about the machine, so that these win. */
  private static String settings(String machine, int port) {
    return """
    # Written by Backspool at every start; changes here are lost.
    # Your own settings belong into cluster/postgresql.conf; those below win over it.
    include '%s'

    listen_addresses = '127.0.0.1'
    port = %d
    unix_socket_directories = ''
    max_connections = 64
    ssl = off
    password_encryption = 'scram-sha-256'

    # An acknowledged upload is on disk, whatever happens next.
    fsync = on
    synchronous_commit = on
    full_page_writes = on
    # The programs are built without lz4.
    wal_compression = 'pglz'
    max_wal_size = '2GB'
    min_wal_size = '160MB'
    checkpoint_timeout = '10min'
    checkpoint_completion_target = 0.9

    shared_buffers = '256MB'
    # Nobody subscribes to this server: one process less.
    max_logical_replication_workers = 0
    work_mem = '16MB'
    maintenance_work_mem = '128MB'
    random_page_cost = 1.1
    # Compiling a query costs more than our short queries take.
    jit = off

    autovacuum = on
    autovacuum_max_workers = 2
    autovacuum_naptime = '30s'
    autovacuum_vacuum_scale_factor = 0.1
    autovacuum_vacuum_insert_scale_factor = 0.1
    autovacuum_analyze_scale_factor = 0.05

    timezone = 'UTC'
    log_timezone = 'UTC'
    log_destination = 'stderr'
    logging_collector = off
    log_checkpoints = off
    log_line_prefix = '%%m [%%p] '
    # Details quote rows, and no row belongs into a log.
    log_error_verbosity = terse
    log_parameter_max_length = 0
    log_parameter_max_length_on_error = 0
    """
        .formatted(machine, port);
  }

  private void initialise() throws IOException {
    Path fresh = home.root().resolve("cluster.tmp");
    Binaries.delete(fresh);
    Path data = Files.createDirectories(fresh.resolve("data"));
    Path password = fresh.resolve("password");
    Files.createFile(
        password,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(password, home.password(EmbeddedPostgres.SUPERUSER));
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
    drop.give(fresh);
    run(
        drop.process(
            binaries.initdb(),
            List.of(
                "--pgdata=" + data,
                "--username=" + EmbeddedPostgres.SUPERUSER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                // PostgreSQL's own C.UTF-8: the same order of text on every machine.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8")));
    Files.move(data, home.cluster(), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(home.root(), StandardOpenOption.READ)) {
      folder.force(true);
    }
    Binaries.delete(fresh);
  }

  private static void run(ProcessBuilder command) throws IOException {
    Process process = command.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      int exit = process.waitFor();
      if (exit != 0) {
        throw new PostgresStartException(
            "PostgreSQL's data folder could not be made (exit code %d):%n%s"
                .formatted(exit, said.strip()));
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new PostgresStartException("The start was interrupted.", interrupted);
    }
  }
}

package dev.backspool.sync.duckdb;

import com.sun.management.OperatingSystemMXBean;
import dev.backspool.Ids;
import dev.backspool.sync.Sink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A DuckDB file, open. One process may have it open at a time; threads share one of these, each
 * with a connection of its own.
 */
public final class DuckDb implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DuckDb.class);

  private final DuckDBConnection first;
  private final Path file;
  private final UUID id;
  private final DuckDbSink sink;

  private DuckDb(DuckDBConnection first, Path file) throws SQLException {
    this.first = first;
    this.file = file;
    this.id = identify(first);
    this.sink = new DuckDbSink(first.duplicate());
  }

  /**
   * Opens a file, and makes it when it is not there. It takes an eighth of the machine's memory,
   * and two gigabytes at most.
   *
   * @param folder for what does not fit into memory
   * @throws IllegalStateException when another process has it open, or it is none
   */
  public static DuckDb open(Path file, Path folder) {
    long machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    try {
      return open(file, folder, Math.clamp(machine >> 23, 256, 2_048));
    } catch (SQLException failure) {
      throw new IllegalStateException(
          "The columnar store %s cannot be opened: %s"
              .formatted(file, String.valueOf(failure.getMessage()).lines().findFirst().orElse("")),
          failure);
    }
  }

  /**
   * The same.
   *
   * @param memoryMegabytes the most that it takes
   */
  public static DuckDb open(Path file, Path folder, int memoryMegabytes) throws SQLException {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.createDirectories(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    var settings = new Properties();
    settings.setProperty("memory_limit", memoryMegabytes + "MB");
    settings.setProperty("temp_directory", folder.toString());
    settings.setProperty("checkpoint_threshold", "64MB");
    settings.setProperty("threads", Integer.toString(Runtime.getRuntime().availableProcessors()));
    // What does not fit into memory must not fill the disk that PostgreSQL writes to.
    settings.setProperty("max_temp_directory_size", 8 * memoryMegabytes + "MB");
    // Nothing comes out of the network or another file because a question names it, and no
    // question changes that.
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    settings.setProperty("allow_community_extensions", "false");
    settings.setProperty("enable_external_access", "false");
    settings.setProperty("lock_configuration", "true");
    // Rows come as they are made: those of a large result are in no memory that is counted.
    settings.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    DuckDBConnection first =
        LibraryFiles.removedAfter(() ->
            DriverManager.getConnection("jdbc:duckdb:" + file, settings)
                .unwrap(DuckDBConnection.class));
    try {
      return new DuckDb(first, file.toAbsolutePath());
    } catch (SQLException | RuntimeException failure) {
      first.close();
      throw failure;
    }
  }

  /** A file that is made again is another sink: all is brought there anew. */
  private static UUID identify(DuckDBConnection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("create table if not exists sync_file (id uuid not null)");
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into sync_file select '%s' where not exists (select 1 from sync_file)"
              .formatted(Ids.uuid()));
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select id::varchar from sync_file")) {
      row.next();
      return UUID.fromString(row.getString(1));
    }
  }

  /** Names the file, whatever it is called and wherever it is moved. */
  public UUID id() {
    return id;
  }

  /** Where it is, told apart from files of other machines. */
  public String place() {
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + file;
    } catch (UnknownHostException nameless) {
      return file.toString();
    }
  }

  /** The file as a destination of the sync; closed with it. */
  public Sink sink() {
    return sink;
  }

  /** One more connection, for whoever asks questions. */
  public DuckDBConnection connect() throws SQLException {
    return first.duplicate();
  }

  @Override
  public void close() {
    sink.close();
    try {
      first.close();
    } catch (SQLException failure) {
      LOG.warn("The columnar store was not closed well: {}", failure.getMessage());
    }
  }

  /**
   * The driver puts its library into a file of the system's folder for such, 70 MB each time, which
   * stays when the process is killed. Once the library is loaded nobody needs the file.
   */
  private static final class LibraryFiles {
    interface Opening {
      DuckDBConnection open() throws SQLException;
    }

    static DuckDBConnection removedAfter(Opening opening) throws SQLException {
      Set<Path> before = list();
      DuckDBConnection opened = opening.open();
      Set<Path> ours = list();
      ours.removeAll(before);
      for (Path file : ours) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException inUse) {
          LOG.debug("{} stays until the end: {}", file, inUse.getMessage());
        }
      }
      return opened;
    }

    private static Set<Path> list() {
      var files = new HashSet<Path>();
      try (DirectoryStream<Path> found =
          Files.newDirectoryStream(
              Path.of(System.getProperty("java.io.tmpdir")), "libduckdb_java*.so")) {
        found.forEach(files::add);
      } catch (IOException none) {
        LOG.debug("No folder for temporary files: {}", none.getMessage());
      }
      return files;
    }
  }
}

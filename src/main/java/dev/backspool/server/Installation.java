package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.erasure.Erasures;
import dev.backspool.event.Events;
import dev.backspool.eventday.DayArchive;
import dev.backspool.eventday.DayFiles;
import dev.backspool.eventday.SyncedDays;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Playback;
import dev.backspool.session.SessionLimits;
import dev.backspool.sync.AnalyticsUrl;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.QuietSync;
import dev.backspool.sync.Settings;
import dev.backspool.sync.Sync;
import dev.backspool.sync.clickhouse.ClickHouse;
import dev.backspool.sync.duckdb.DuckDb;
import dev.backspool.transfer.ProjectExport;
import dev.backspool.transfer.ProjectImport;
import dev.backspool.transfer.Spools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An installation's data, opened by a command that needs no server: the operator's database, or the
 * embedded one, which is started and stopped for it.
 */
final class Installation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

  private final Config config;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Database database;
  private final Projects projects;

  /**
   * Opens it.
   *
   * @throws dev.backspool.postgres.PostgresStartException when a server runs on the data directory,
   *     or the database cannot be used
   */
  Installation(Config config) {
    this.config = config;
    String external = config.databaseUrl();
    if (external != null) {
      database = Database.open(external, null, null);
    } else {
      var embedded = EmbeddedPostgres.start(config.dataDir());
      parts.push(embedded);
      try {
        database = Database.open(embedded.jdbcUrl(), embedded.user(), embedded.password());
      } catch (RuntimeException failure) {
        embedded.close();
        throw failure;
      }
    }
    parts.push(database);
    projects = new Projects(database);
  }

  Database database() {
    return database;
  }

  /** All projects, or the one with a name or an id, if there is one. */
  List<Project> projects(@Nullable String nameOrId) {
    return projects.all().stream()
        .filter(project ->
            nameOrId == null
                || project.name().equals(nameOrId)
                || project.id().toString().equalsIgnoreCase(nameOrId))
        .toList();
  }

  /**
   * The project that an import goes to: the named one, or the only one. Where there is none at all
   * yet, it is made.
   *
   * @throws Sentence when it is not clear which
   */
  Project destination(@Nullable String nameOrId) {
    if (projects(null).isEmpty()) {
      String name = Optional.ofNullable(nameOrId).orElse("Imported");
      return projects.create(name, "web").project();
    }
    return onlyProject(nameOrId);
  }

  /**
   * The named project, or the only one.
   *
   * @throws Sentence when it is not clear which, or there is none
   */
  Project onlyProject(@Nullable String nameOrId) {
    List<Project> found = projects(nameOrId);
    if (found.size() == 1) {
      return found.getFirst();
    }
    List<Project> all = projects(null);
    if (all.isEmpty()) {
      throw new Sentence("There is no project yet.");
    }
    String choice =
        String.join("\n  ", all.stream().map(each -> each.id() + "  " + each.name()).toList());
    throw new Sentence(
        (found.isEmpty() ? "There is no project " + nameOrId + "." : "There are several projects.")
            + " Choose one by --project:\n  "
            + choice);
  }

  /** Reads recordings, from the database and the archive. To be asked for once. */
  Playback playback() {
    return playback(archives());
  }

  /** Where finished recordings are. To be asked for once. */
  Archives archives() {
    Archives archives = Server.archives(config, database);
    parts.push(archives);
    return archives;
  }

  /**
   * The sync, without workers. To be asked for once, and not beside the archives. A columnar store
   * that another process has open is none of its sinks' that can be reached.
   */
  QuietSync sync() {
    @Nullable DuckDb file = columnarStore();
    var sync =
        new QuietSync(
            database,
            Mappings.ALL,
            Server.sinkOpeners(config),
            new SyncedDays(eventDays(archives()).files()));
    parts.push(sync);
    if (file != null) {
      Server.attach(sync::attach, file);
    }
    return sync;
  }

  /**
   * The sync, at work. To be asked for once, and not beside the archives. A columnar store that is
   * not there is made; one that another process has open is left to that.
   */
  Sync workingSync() {
    var past = new SyncedDays(eventDays(archives()).files());
    @Nullable DuckDb file =
        config.analyticsUrl() instanceof AnalyticsUrl.File where ? opened(where.path()) : null;
    @Nullable ClickHouse store =
        config.analyticsUrl() instanceof AnalyticsUrl.Server where
            ? ClickHouse.open(where.address())
            : null;
    if (store != null) {
      parts.push(store);
    }
    var sync =
        new Sync(database, Mappings.ALL, Server.sinkOpeners(config), Settings.standard(), past);
    parts.push(sync);
    if (file != null) {
      Server.attach(sync::attach, file);
    }
    if (store != null) {
      Server.attach(sync::attach, store);
    }
    return sync;
  }

  private @Nullable DuckDb columnarStore() {
    return config.analyticsUrl() instanceof AnalyticsUrl.File where && Files.exists(where.path())
        ? opened(where.path())
        : null;
  }

  private @Nullable DuckDb opened(Path path) {
    try {
      DuckDb file = DuckDb.open(path, config.dataDir().resolve("tmp"));
      parts.push(file);
      return file;
    } catch (IllegalStateException open) {
      LOG.debug("{}", open.getMessage());
      return null;
    }
  }

  private Playback playback(Archives archives) {
    return new Playback(
        database,
        new PartFiles(archives, new DataKeys(database), Runtime.getRuntime().maxMemory() / 8));
  }

  /** Writes projects into files. */
  ProjectExport projectExport() {
    Archives archives = archives();
    return new ProjectExport(
        database,
        projects,
        playback(archives),
        spools(),
        new DayFiles(archives, new DataKeys(database)),
        Version.text());
  }

  /** Stores projects from files. */
  ProjectImport projectImport() {
    Archives archives = archives();
    var erasures = new Erasures(database, ingest().refusals(), eventDays(archives));
    parts.push(erasures);
    return new ProjectImport(
        database,
        projects,
        playback(archives),
        new ProjectImport.Storing(
            archives, new DataKeys(database), config.archiveEncryption(), spools()),
        erasures);
  }

  /** Days of events that have left PostgreSQL. */
  DayArchive eventDays(Archives archives) {
    return new DayArchive(
        database,
        archives,
        new DataKeys(database),
        config.archiveEncryption(),
        config.dataDir().resolve("tmp"),
        InstantSource.system());
  }

  private Spools spools() {
    return new Spools(config.dataDir().resolve("tmp"));
  }

  /** Takes recordings in. To be asked for once. */
  Importer importer() {
    return new Importer(ingest());
  }

  /** Takes events in. To be asked for once. */
  Events events() {
    var events = new Events(database, ingest(), sessionLimits(), InstantSource.system());
    parts.push(events);
    return events;
  }

  private Ingest ingest() {
    parts.push(new PartitionDays(database));
    var ingest =
        new Ingest(
            database,
            projects,
            sessionLimits(),
            new Ingest.Limits(Integer.MAX_VALUE, Ingest.CommitBounds.STANDARD));
    parts.push(ingest);
    return ingest;
  }

  private SessionLimits sessionLimits() {
    return new SessionLimits(config.sessionIdle(), config.sessionMax());
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException(e); // None of these parts throws a checked one.
      }
    }
  }
}

package dev.backspool.server;

import dev.backspool.analytics.EventLog;
import dev.backspool.analytics.Groups;
import dev.backspool.analytics.Profiles;
import dev.backspool.api.Api;
import dev.backspool.api.ErasureApi;
import dev.backspool.api.EventApi;
import dev.backspool.api.GroupApi;
import dev.backspool.api.Guard;
import dev.backspool.api.LiveEvents;
import dev.backspool.api.LiveSessions;
import dev.backspool.api.Me;
import dev.backspool.api.Operations;
import dev.backspool.api.ProfileApi;
import dev.backspool.api.ProjectApi;
import dev.backspool.api.QueryApi;
import dev.backspool.api.RecordingApi;
import dev.backspool.api.RetentionApi;
import dev.backspool.api.SessionApi;
import dev.backspool.api.SessionDump;
import dev.backspool.api.SignIn;
import dev.backspool.api.Site;
import dev.backspool.api.StorageApi;
import dev.backspool.api.SyncApi;
import dev.backspool.api.SyncVerifyApi;
import dev.backspool.api.TransferApi;
import dev.backspool.api.VerifyApi;
import dev.backspool.archiver.Archiver;
import dev.backspool.enrich.ClientAddress;
import dev.backspool.enrich.GeoIp;
import dev.backspool.enrich.MaxMindGeoIp;
import dev.backspool.enrich.Referrers;
import dev.backspool.enrich.Sighting;
import dev.backspool.enrich.UserAgents;
import dev.backspool.erasure.Erasures;
import dev.backspool.event.Events;
import dev.backspool.eventday.DayArchive;
import dev.backspool.eventday.SyncedDays;
import dev.backspool.http.Bodies;
import dev.backspool.ingest.Importer;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.PartitionDays;
import dev.backspool.ingest.Samples;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.EmbeddedPostgres;
import dev.backspool.project.Projects;
import dev.backspool.protocol.backspool.EventUpload;
import dev.backspool.protocol.backspool.ReplayUpload;
import dev.backspool.protocol.openpanel.OpenPanel;
import dev.backspool.protocol.stackauth.AnalyticsQueries;
import dev.backspool.protocol.stackauth.DatabaseSync;
import dev.backspool.protocol.stackauth.EventBatches;
import dev.backspool.protocol.stackauth.ReplayBatches;
import dev.backspool.protocol.stackauth.ReplayReads;
import dev.backspool.protocol.uxcam.SnapshotUpload;
import dev.backspool.query.Queries;
import dev.backspool.query.Store;
import dev.backspool.query.clickhouse.ClickHouseStore;
import dev.backspool.query.duckdb.DuckDbStore;
import dev.backspool.recording.ArchivePlace;
import dev.backspool.recording.ArchiveWatch;
import dev.backspool.recording.Archives;
import dev.backspool.recording.DataKeys;
import dev.backspool.recording.PartFiles;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Recordings;
import dev.backspool.recording.Sessions;
import dev.backspool.recording.Storage;
import dev.backspool.retention.EventCopies;
import dev.backspool.retention.KeptSessions;
import dev.backspool.retention.Retention;
import dev.backspool.rrweb.Limits;
import dev.backspool.session.SessionLimits;
import dev.backspool.sync.AnalyticsUrl;
import dev.backspool.sync.Mappings;
import dev.backspool.sync.PastEvents;
import dev.backspool.sync.Settings;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkOpener;
import dev.backspool.sync.Sync;
import dev.backspool.sync.clickhouse.ClickHouse;
import dev.backspool.sync.duckdb.DuckDb;
import dev.backspool.sync.postgres.PostgresSink;
import dev.backspool.transfer.ProjectExport;
import dev.backspool.transfer.ProjectImport;
import dev.backspool.transfer.Spools;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The whole wiring, top to bottom. */
public final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Database database;
  private final Projects projects;
  private final Ingest ingest;
  private final Events events;
  private final Playback playback;
  private final Retention retention;
  private final Sync sync;
  private final Queries queries;
  private final Archiver archiver;
  private final SignIn signIn;
  private final Javalin http;
  private final URI url;

  /**
   * Starts everything; requests are served when it returns.
   *
   * @throws dev.backspool.postgres.PostgresStartException when there is no database to use
   */
  public Server(Config config) {
    this(config, InstantSource.system());
  }

  /** Starts everything; events are received, and their sessions end, by this clock. */
  Server(Config config, InstantSource clock) {
    try {
      database = keep(database(config));
      keep(new PartitionDays(database));
      projects = new Projects(database);
      var sessionLimits = new SessionLimits(config.sessionIdle(), config.sessionMax());
      ingest =
          keep(
              new Ingest(
                  database,
                  projects,
                  sessionLimits,
                  new Ingest.Limits(
                      config.requestsPerMinute(),
                      Ingest.CommitBounds.STANDARD.withWaitingBytes(config.maxWaitingBytes()))));
      events = keep(new Events(database, ingest, sessionLimits, clock));
      var bodies = new Bodies(Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4));
      signIn = new SignIn(database, bodies, config.adminToken(), publicUrl(config));
      var eventLimits =
          new Limits(config.maxEvents(), config.maxJsonDepth(), config.maxInflatedBytes());
      var bodyLimits =
          new Bodies.Limits(config.maxBodyBytes(), config.maxInflatedBytes(), MOST_RATIO);
      var sessions = new Sessions(database);
      var sessionApi = new SessionApi(projects, sessions);
      var live = new LiveSessions(projects, sessions, sessionApi);
      var eventLog = new EventLog(database);
      var liveEvents = new LiveEvents(projects, eventLog);
      var keys = new DataKeys(database);
      var archives = keep(archives(config, database));
      var partFiles = new PartFiles(archives, keys, Runtime.getRuntime().maxMemory() / 8);
      playback = new Playback(database, partFiles);
      archiver =
          keep(
              new Archiver(
                  database,
                  archives,
                  keys,
                  partFiles,
                  clock,
                  new Archiver.Settings(
                      config.archiveAfter(),
                      config.archiveEncryption(),
                      Archiver.Settings.MERGE_AFTER,
                      config.dataDir().resolve("tmp"))));
      var eventDays =
          new DayArchive(
              database,
              archives,
              keys,
              config.archiveEncryption(),
              config.dataDir().resolve("tmp"),
              clock);
      @Nullable DuckDb file = file(config);
      @Nullable ClickHouse server = server(config);
      sync = sync(config, file, server, new SyncedDays(eventDays.files()));
      queries = new Queries(store(file, server));
      retention =
          keep(
              new Retention(
                  database,
                  projects,
                  new Retention.Settings(
                      archives,
                      config.hasColdTier(),
                      config.dataDir().resolve("tmp"),
                      config.sessionMax(),
                      copies(sync),
                      eventDays,
                      config.eventHotDays()),
                  clock));
      var erasures = new Erasures(database, ingest.refusals(), eventDays);
      var spools = new Spools(config.dataDir().resolve("tmp"));
      var samples = keep(new Samples(new Importer(ingest)));
      var verify = new VerifyApi(database, archives, projects);
      var syncVerify = new SyncVerifyApi(sync, projects);
      var api =
          new Api(
              new Guard(signIn, publicUrl(config)),
              signIn,
              new Me(Version.text(), publicUrl(config)),
              new ProjectApi(projects, ingest.refusals(), samples, bodies, config.hasColdTier()),
              sessionApi,
              live,
              new EventApi(projects, sessions, eventLog),
              liveEvents,
              new ProfileApi(projects, new Profiles(database)),
              new GroupApi(projects, new Groups(database)),
              new RetentionApi(projects, retention, new KeptSessions(database, clock)),
              new RecordingApi(projects, sessions, new Recordings(database, playback), playback),
              new QueryApi(projects, queries, bodies),
              storageApi(config, clock, archives),
              new SessionDump(projects, sessions, playback, sessionApi),
              new TransferApi(
                  projects,
                  new ProjectExport(
                      database, projects, playback, spools, eventDays.files(), Version.text()),
                  new ProjectImport(
                      database,
                      projects,
                      playback,
                      new ProjectImport.Storing(archives, keys, config.archiveEncryption(), spools),
                      erasures),
                  bodies),
              new ErasureApi(projects, erasures),
              new SyncApi(projects, sync, bodies),
              syncVerify,
              new Operations(
                  database, ingest, events, retention, archiver.counts(), sync, live, liveEvents),
              verify,
              new Site("/web"));
      var referrers = new Referrers();
      var eyes =
          new Sighting.Eyes(
              new UserAgents(),
              new ClientAddress(config.trustedProxies(), config.clientIpHeaders()),
              geoIp(config));
      var routes =
          new Routes(
              api,
              new ReplayUpload(ingest, bodies, bodyLimits, eventLimits),
              new EventUpload(events, ingest, projects, bodies, eyes, referrers),
              new SnapshotUpload(ingest, bodies, bodyLimits, eventLimits),
              new dev.backspool.protocol.uxcam.EventUpload(
                  events, ingest, bodies, bodyLimits, eventLimits, eyes, referrers),
              new OpenPanel(
                  events,
                  ingest,
                  bodies,
                  bodyLimits,
                  eventLimits,
                  eyes.userAgents(),
                  referrers,
                  eyes.addresses(),
                  eyes.geoIp()),
              new ReplayBatches(ingest, projects, bodies, config.maxJsonDepth()),
              new EventBatches(events, ingest, projects, database, bodies, eyes, referrers),
              new ReplayReads(ingest, projects, database, playback),
              new DatabaseSync(ingest, projects, sync, signIn::isToken, bodies),
              new AnalyticsQueries(ingest, projects, queries, bodies));
      http = keep(Edge.start(config.host(), config.port(), routes), Edge::stop);
      // These end first: they would hold up the end of the requests in flight.
      keep(live);
      keep(liveEvents);
      keep(erasures);
      keep(verify);
      keep(syncVerify);
      keep(queries);
      url = URI.create("http://" + config.host() + ":" + http.port());
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /** rrweb's JSON of repetitive pages compresses by up to 300; a bomb by thousands. */
  private static final int MOST_RATIO = 1_000;

  private Database database(Config config) {
    String external = config.databaseUrl();
    if (external != null) {
      return Database.open(external, null, null);
    }
    EmbeddedPostgres embedded = keep(EmbeddedPostgres.start(config.dataDir()));
    return Database.open(embedded.jdbcUrl(), embedded.user(), embedded.password());
  }

  /** Opens sinks that any node can reach, by their kind. */
  static Map<String, SinkOpener> sinkOpeners(Config config) {
    return Map.of(
        "postgres", PostgresSink.opener(config.syncPrivateSinks()),
        "clickhouse", ClickHouse.opener(config.syncPrivateSinks()));
  }

  /** The columnar store within the process; it is closed after those who write and ask it. */
  private @Nullable DuckDb file(Config config) {
    return config.analyticsUrl() instanceof AnalyticsUrl.File where
        ? keep(DuckDb.open(where.path(), config.dataDir().resolve("tmp")))
        : null;
  }

  /** The same as a server. */
  private @Nullable ClickHouse server(Config config) {
    return config.analyticsUrl() instanceof AnalyticsUrl.Server where
        ? keep(ClickHouse.open(where.address()))
        : null;
  }

  private static @Nullable Store store(@Nullable DuckDb file, @Nullable ClickHouse server) {
    if (file != null) {
      return new DuckDbStore(file);
    }
    return server == null ? null : new ClickHouseStore(server);
  }

  private Sync sync(
      Config config, @Nullable DuckDb file, @Nullable ClickHouse server, PastEvents past) {
    Sync started =
        keep(new Sync(database, Mappings.ALL, sinkOpeners(config), Settings.standard(), past));
    if (file != null) {
      attach(started::attach, file);
    }
    if (server != null) {
      attach(started::attach, server);
    }
    return started;
  }

  /** Adds a sink that this process alone can reach. */
  @FunctionalInterface
  interface Attach {
    void to(UUID id, String kind, String name, String place, Sink sink);
  }

  /** Makes the columnar store within the process a sink. */
  static void attach(Attach sync, DuckDb file) {
    sync.to(file.id(), "duckdb", "Analytics", file.place(), file.sink());
  }

  /** Makes a ClickHouse the installation's columnar store. */
  static void attach(Attach sync, ClickHouse store) {
    sync.to(store.id(), "clickhouse", "Analytics", store.place(), store.sink());
  }

  /** Retention removes nothing that a sink has yet to read. */
  private static EventCopies copies(Sync sync) {
    return new EventCopies() {
      @Override
      public Instant readUpTo() {
        return sync.readUpTo();
      }

      @Override
      public void leave(Handle handle, Collection<UUID> projects, Instant from, Instant until) {
        sync.leave(handle, projects, from, until);
      }
    };
  }

  static Archives archives(Config config, Database database) {
    return Archives.open(database, config.archiveUrl(), config.coldArchiveUrl(), config.s3Keys());
  }

  private StorageApi storageApi(Config config, InstantSource clock, Archives archives) {
    return new StorageApi(
        projects,
        new Storage(database, config.archiveAfter(), clock),
        ArchivePlace.of(config.archiveUrl(), config.coldArchiveUrl(), config.archiveEncryption()),
        new ArchiveWatch(archives.main()));
  }

  /** A file that cannot be read is said at the start, and no reason to take nothing in. */
  private GeoIp geoIp(Config config) {
    Path file = config.geoipFile();
    if (file == null) {
      return GeoIp.NONE;
    }
    try {
      return keep(new MaxMindGeoIp(file));
    } catch (IOException e) {
      LOG.warn("Events get no places, {} cannot be read: {}", file, e.toString());
      return GeoIp.NONE;
    }
  }

  static URI publicUrl(Config config) {
    URI configured = config.publicUrl();
    return configured != null
        ? configured
        : URI.create("http://" + config.host() + ":" + config.port());
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  private <T> T keep(T part, java.util.function.Consumer<T> stop) {
    parts.push(() -> stop.accept(part));
    return part;
  }

  /** Where it listens. */
  public URI url() {
    return url;
  }

  /** The admin token made by this start, if it made one. */
  public Optional<String> newAdminToken() {
    return signIn.newToken();
  }

  public Projects projects() {
    return projects;
  }

  public Ingest ingest() {
    return ingest;
  }

  public Events events() {
    return events;
  }

  public Playback playback() {
    return playback;
  }

  /** Removes what has expired. */
  public Retention retention() {
    return retention;
  }

  /** Brings copies of rows and events elsewhere. */
  public Sync sync() {
    return sync;
  }

  /** Asks queries of the columnar store. */
  public Queries queries() {
    return queries;
  }

  /** Moves recordings to the archive. */
  public Archiver archiver() {
    return archiver;
  }

  /** Its routes are held against the description of the API. */
  Javalin http() {
    return http;
  }

  public Database postgres() {
    return database;
  }

  /**
   * Ends in the reverse order of the start: requests in flight are answered, the commit queue
   * drains, PostgreSQL stops clean.
   */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.warn("Stopping: {}", e.toString());
      }
    }
  }
}

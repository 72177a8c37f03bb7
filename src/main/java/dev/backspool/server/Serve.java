package dev.backspool.server;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code backspool serve}: runs the server until it is told to stop. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs the server until SIGTERM or Ctrl-C.",
    footerHeading = "%nSettings (environment, or the file BACKSPOOL_CONFIG names):%n",
    footer = {
      "  BACKSPOOL_HOST                 address to listen on (127.0.0.1)",
      "  BACKSPOOL_PORT                 port to listen on (8420)",
      "  BACKSPOOL_DATA_DIR             what the embedded PostgreSQL keeps (./data)",
      "  BACKSPOOL_DATABASE_URL         a PostgreSQL 15+ of yours instead of the embedded one,",
      "                                 such as postgresql://user:password@host:5432/database",
      "  BACKSPOOL_ADMIN_TOKEN          signs in to the dashboard; at least 16 characters",
      "                                 (made at first start and shown once)",
      "  BACKSPOOL_PUBLIC_URL           where browsers reach this server (http://HOST:PORT)",
      "  BACKSPOOL_SESSION_IDLE         silence that ends a session (PT30M)",
      "  BACKSPOOL_SESSION_MAX          age at which a session is split (PT12H)",
      "  BACKSPOOL_MAX_BODY_BYTES       largest upload as sent (16777216)",
      "  BACKSPOOL_MAX_INFLATED_BYTES   largest upload after decompression (33554432)",
      "  BACKSPOOL_MAX_EVENTS           most rrweb events in one upload (50000)",
      "  BACKSPOOL_MAX_JSON_DEPTH       deepest nesting of one event (1000)",
      "  BACKSPOOL_MAX_WAITING_BYTES    compressed bytes that may wait to be committed before",
      "                                 uploads are answered 503 (67108864)",
      "  BACKSPOOL_REQUESTS_PER_MINUTE  uploads a minute of one project (600000)",
      "  BACKSPOOL_GEOIP_FILE           tells where addresses are: a City or Country file in MaxMind's",
      "                                 format, read at start (none: no places)",
      "  BACKSPOOL_TRUSTED_PROXIES      whose headers tell a sender's address: ranges such as",
      "                                 10.0.0.0/8, ::1 with commas between, or * (*)",
      "  BACKSPOOL_CLIENT_IP_HEADERS    these headers, in the order they are asked",
      "                                 (openpanel-client-ip, true-client-ip, x-client-ip,",
      "                                 cf-connecting-ip, x-forwarded-for, x-real-ip, ...)",
      "  BACKSPOOL_ARCHIVE_URL          holds finished recordings: file:/a/directory or",
      "                                 s3://bucket/prefix?endpoint=...&region=...&path_style=...",
      "                                 &sse=...&kms_key=...&storage_class=...",
      "                                 &cold_storage_class=... (archive in the data directory)",
      "  BACKSPOOL_COLD_ARCHIVE_URL     another archive, which retention may move recordings to",
      "                                 (the archive's cold_storage_class, if it has one)",
      "  BACKSPOOL_ARCHIVE_ENCRYPTION   on or off: whether finished recordings are encrypted (on)",
      "  BACKSPOOL_ARCHIVE_AFTER        time from a recording's last upload to the archive (PT1H)",
      "  BACKSPOOL_S3_ACCESS_KEY        sign requests to the bucket (found where AWS tools find",
      "  BACKSPOOL_S3_SECRET_KEY        theirs: environment, profile, container, instance)",
      "  BACKSPOOL_ANALYTICS_URL        holds copies of rows and events for analysis:",
      "                                 duckdb:/a/file, or",
      "                                 clickhouse:http://user:password@host:8123/database, or",
      "                                 off (analytics.duckdb in the data directory)",
      "  BACKSPOOL_SYNC_PRIVATE_SINKS   on or off: whether members may have rows copied to",
      "                                 databases in private and local networks (off)",
      "  BACKSPOOL_EVENT_HOT_DAYS       after how many days, at least 10, events leave PostgreSQL",
      "                                 for the archive; the dashboard shows them no more, and the",
      "                                 columnar store still has them (never)",
    })
@SuppressWarnings("NullAway.Init") // picocli sets the field
final class Serve implements Callable<Integer> {
  @ParentCommand private Main main;

  @Override
  public Integer call() throws InterruptedException {
    Server server = new Server(main.config());
    CountDownLatch stopped = closeAtEnd(server);
    server
        .newAdminToken()
        .ifPresent(
            token -> System.out.println("admin token (shown once, sign in with it): " + token));
    ready(server);
    stopped.await();
    return 0;
  }

  /** Tells whoever started the program that requests are served from now on. */
  static void ready(Server server) {
    System.out.println("ready on " + server.url());
  }

  /**
   * Has the server closed when the process is told to stop.
   *
   * @return reaches zero when it is closed
   */
  static CountDownLatch closeAtEnd(Server server) {
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  server.close();
                  stopped.countDown();
                }));
    return stopped;
  }
}

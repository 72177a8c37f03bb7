package dev.backspool.server;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;

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
    })
final class Serve implements Callable<Integer> {
  @Override
  public Integer call() throws InterruptedException {
    run(new Server(Settings.config()));
    return 0;
  }

  /**
   * Says that it serves, and how to sign in the first time; returns when the process is stopped.
   */
  static void run(Server server) throws InterruptedException {
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  server.close();
                  stopped.countDown();
                }));
    server
        .newAdminToken()
        .ifPresent(
            token -> System.out.println("admin token (shown once, sign in with it): " + token));
    System.out.println("ready on " + server.url());
    stopped.await();
  }
}

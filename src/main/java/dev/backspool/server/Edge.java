package dev.backspool.server;

import dev.backspool.http.UnreadBody;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty and Javalin as Backspool sets them up. */
final class Edge {
  /** Silence after which a half-sent request is closed. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  private static final Duration STOP = Duration.ofSeconds(20);

  /** A new array of this size is cleared for every answer, most of which are far smaller. */
  private static final int ANSWER_STEP = 4 << 10;

  private Edge() {}

  /** Starts to listen; requests are served when it returns. */
  static Javalin start(String host, int port, Routes routes) {
    return Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.http.maxRequestSize = Long.MAX_VALUE; // bodies are capped where they are read
              config.http.compressionStrategy = CompressionStrategy.NONE;
              config.http.responseBufferSize = ANSWER_STEP;
              config.jetty.threadPool = threads();
              config.jetty.modifyHttpConfiguration(http -> {
                http.setSendServerVersion(false);
                http.setSendDateHeader(false);
                http.setRequestHeaderSize(16 << 10);
              });
              config.jetty.addConnector((server, http) -> {
                var connector = new ServerConnector(server, new HttpConnectionFactory(http));
                connector.setHost(host);
                connector.setPort(port);
                connector.setIdleTimeout(IDLE.toMillis());
                connector.setAcceptQueueSize(1024);
                return connector;
              });
              config.jetty.modifyServer(server -> {
                // Without GracefulHandler a stop cuts off the requests in flight.
                server.setHandler(new UnreadBody(new GracefulHandler()));
                server.setStopTimeout(STOP.toMillis());
              });
              routes.register(config.routes);
            })
        .start();
  }

  /** Jetty keeps its own accounting of threads; requests run on virtual ones. */
  private static QueuedThreadPool threads() {
    var threads = new QueuedThreadPool(64, 4);
    threads.setName("http");
    threads.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory()));
    return threads;
  }

  /** Takes no new connection, lets the requests in flight finish. */
  static void stop(Javalin javalin) {
    javalin.stop();
  }
}

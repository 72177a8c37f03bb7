package dev.backspool.sync;

import dev.backspool.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what commits tell of, on a connection of its own, which is made again when it is lost. What
 * is missed meanwhile is found by looking.
 */
final class Wakeups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Wakeups.class);
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final Database database;
  private final Consumer<String> told;
  private final Thread thread;
  private volatile @Nullable Connection connection;
  private volatile boolean stopping;

  /** Hears from now on. */
  Wakeups(Database database, Consumer<String> told) {
    this.database = database;
    this.told = told;
    thread = Thread.ofVirtual().name("sync-wakeups").start(this::run);
  }

  private void run() {
    while (!stopping) {
      try (Connection own = database.alone("backspool wakeups")) {
        connection = own;
        if (stopping) {
          return;
        }
        hear(own);
      } catch (SQLException | RuntimeException failure) {
        if (!stopping) {
          LOG.warn("The sync hears of no commits, and looks for them: {}", failure.getMessage());
        }
      }
      try {
        Thread.sleep(AGAIN);
      } catch (InterruptedException ends) {
        return;
      }
    }
  }

  private void hear(Connection own) throws SQLException {
    try (Statement statement = own.createStatement()) {
      statement.execute("listen backspool_sync");
    }
    told.accept(""); // What was told before nobody heard.
    PGConnection notified = own.unwrap(PGConnection.class);
    while (!stopping) {
      for (PGNotification notification : notified.getNotifications(0)) {
        told.accept(notification.getParameter());
      }
    }
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    Connection own = connection;
    if (own != null) {
      try {
        own.abort(Runnable::run);
      } catch (SQLException gone) {
        LOG.debug("The connection for wakeups was gone: {}", gone.getMessage());
      }
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

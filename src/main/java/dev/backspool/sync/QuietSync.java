package dev.backspool.sync;

import dev.backspool.postgres.Database;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The sync without workers: for commands that look at it, beside a server or without one. Nothing
 * is brought anywhere but by the verifier.
 */
public final class QuietSync implements AutoCloseable {
  private final Sinks sinks;
  private final Statuses statuses;
  private final SyncVerifier verifier;

  /**
   * Opens no sink yet.
   *
   * @param openers by the kind of sinks that any node can reach
   * @param past what has left PostgreSQL
   */
  public QuietSync(
      Database database, List<Mapping> mappings, Map<String, SinkOpener> openers, PastEvents past) {
    sinks = new Sinks(database, mappings, openers);
    sinks.refresh();
    statuses = new Statuses(database, mappings, sinks);
    verifier = new SyncVerifier(database, mappings, sinks, Settings.standard(), past);
  }

  /** Adds a destination that this node alone can reach. */
  public void attach(UUID id, String kind, String name, String place, Sink sink) {
    sinks.attach(id, kind, name, place, sink);
    sinks.refresh();
  }

  /** The destinations. */
  public Sinks sinks() {
    return sinks;
  }

  /** Tells how it stands. */
  public Statuses statuses() {
    return statuses;
  }

  /** Compares sinks with PostgreSQL. */
  public SyncVerifier verifier() {
    return verifier;
  }

  @Override
  public void close() {
    sinks.close();
  }
}

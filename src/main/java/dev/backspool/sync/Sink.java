package dev.backspool.sync;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A destination of the sync. One thread at a time for a project; others may be at other projects.
 */
public interface Sink extends AutoCloseable {
  /**
   * Makes or changes the tables of the mappings; at start and at a resync, never in between.
   *
   * @return ids of the mappings of which the sink now lacks rows or values that it may have had:
   *     its table is new, or a column of it is. They need a full load, and it knows of no load of
   *     theirs any more.
   */
  Set<String> prepare(List<Mapping> mappings) throws SinkException;

  /** Looks whether it answers. */
  void ping() throws SinkException;

  /**
   * Notes that a full load begins, for whoever brings rows there in another life: after the sink
   * was removed and added again, or after a restore.
   *
   * @param version the least that its rows have
   * @return the highest that was noted before; 0 when none was
   */
  long begin(UUID project, Mapping mapping, long version) throws SinkException;

  /** The loads that were noted. */
  List<Load> loads() throws SinkException;

  /**
   * A full load that began.
   *
   * @param version the least that its rows have
   */
  record Load(UUID project, String mapping, long version) {}

  /**
   * Applies a page, durably when it returns. Rows with a version not above what the sink holds
   * change nothing, and a deleted row leaves its version behind, so that a page that comes late
   * brings nothing back. Atomic where the sink can, else idempotent.
   */
  void apply(Page page) throws SinkException;

  /**
   * Removes what it holds of a project and mapping below a version: the end of a full load, and
   * with {@link Long#MAX_VALUE} that of a project.
   */
  void removeStale(UUID project, Mapping mapping, long belowVersion) throws SinkException;

  /**
   * Removes what was received in a time, by the mapping's {@link Mapping#receivedAt}, and leaves no
   * versions behind: what of it is kept all the same is applied again afterwards.
   *
   * @param to the first moment beyond
   */
  void removeReceived(UUID project, Mapping mapping, Instant from, Instant to) throws SinkException;

  /**
   * Lets go for good of what was deleted, and of the keys that tell of it; called now and then.
   *
   * @param appliedBefore keys of what was deleted stay that were applied later
   */
  void tidy(Mapping mapping, Instant appliedBefore) throws SinkException;

  /** Counts and hashes of ranges of keys, for the verifier; computed by the sink's own means. */
  RangeSums sums(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException;

  /** The keys in a range, each with the hash of its row; computed as {@link #sums} does. */
  Map<List<Object>, Long> hashes(UUID project, Mapping mapping, KeyRange range)
      throws SinkException;

  /** Whether JSON is held as it was sent; otherwise as PostgreSQL's {@code jsonb} spells it. */
  default boolean keepsJsonAsSent() {
    return true;
  }

  /** How many rows a page may have that is one of many of a full load. */
  default int mostLoadRows() {
    return 20_000;
  }

  /** Whether nobody else can have it open as long as this is. */
  default boolean isExclusive() {
    return false;
  }

  @Override
  void close();
}

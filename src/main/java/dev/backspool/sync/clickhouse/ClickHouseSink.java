package dev.backspool.sync.clickhouse;

import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.RangeSums;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;

/**
 * A ClickHouse as a destination. Every version of a row is inserted, and the highest is the one
 * that is seen, so that a page that comes late or twice changes nothing. A deleted row is a
 * tombstone of its key, which hides what the row held.
 *
 * <p>For any number of threads.
 */
final class ClickHouseSink implements Sink {
  private final ClickHouseUrl url;
  private final Tables tables;
  private final Connection connection;
  private final Schema schema;
  private final Removal removal;
  private final Versions versions;
  private final Loads loads;
  private final Sums sums;

  /**
   * Part of all tokens. ClickHouse passes over a page whose token it knows, whether the rows are
   * still there or not; so a token holds good until something is removed, or somebody else may have
   * removed something.
   */
  private volatile UUID era = UUID.randomUUID();

  /** One of a connection, which is closed with it. */
  ClickHouseSink(ClickHouseUrl url, Patience patience, Connection connection) {
    this.url = url;
    this.connection = connection;
    tables = new Tables(url);
    loads = new Loads(tables, connection, patience);
    schema = new Schema(url, tables, connection, patience, loads);
    removal = new Removal(url, tables, connection, patience);
    versions = new Versions(tables, connection);
    sums = new Sums(tables, connection);
  }

  @Override
  public Set<String> prepare(List<Mapping> mappings) throws SinkException {
    era = UUID.randomUUID();
    return schema.prepare(mappings);
  }

  @Override
  public void ping() throws SinkException {
    connection.ask("select 1", row -> row.number(1));
  }

  @Override
  public long begin(UUID project, Mapping mapping, long version) throws SinkException {
    return loads.begin(project, mapping, version);
  }

  @Override
  public List<Load> loads() throws SinkException {
    return loads.all();
  }

  /** All rows of the page in one insert: ClickHouse stores all of them or none. */
  @Override
  public void apply(Page page) throws SinkException {
    List<Page.Row> rows = versions.higher(page);
    if (rows.isEmpty()) {
      return;
    }
    Mapping mapping = page.mapping();
    SequencedMap<String, String> types = tables.columns(mapping);
    types.remove(Tables.APPLIED_AT);
    var encoded = new Encoded(page, rows, types);
    try {
      connection.insert(
          tables.table(mapping), List.copyOf(types.keySet()), encoded, era + "/" + page.token());
    } catch (SinkException failure) {
      if (failure.kind() != Kind.UNREACHABLE) {
        schema.check(mapping); // It knows what was changed, whatever the server calls it.
      }
      throw failure;
    }
    long floor = removal.floor(page.project(), mapping);
    if (rows.stream().anyMatch(row -> row.version() < floor)) {
      removal.below(page.project(), mapping, floor);
    }
  }

  @Override
  public void removeStale(UUID project, Mapping mapping, long belowVersion) throws SinkException {
    era = UUID.randomUUID();
    if (belowVersion == Long.MAX_VALUE) {
      removal.everything(project, mapping);
      loads.forget(project, mapping);
    } else {
      removal.belowFloor(project, mapping, belowVersion);
    }
  }

  @Override
  public void removeReceived(UUID project, Mapping mapping, Instant from, Instant to)
      throws SinkException {
    era = UUID.randomUUID();
    removal.received(project, mapping, from, to);
  }

  @Override
  public void tidy(Mapping mapping, Instant appliedBefore) throws SinkException {
    era = UUID.randomUUID();
    removal.tidy(mapping, appliedBefore);
  }

  @Override
  public RangeSums sums(UUID project, Mapping mapping, List<KeyRange> ranges) throws SinkException {
    return sums.of(project, mapping, ranges);
  }

  @Override
  public Map<List<Object>, Long> hashes(UUID project, Mapping mapping, KeyRange range)
      throws SinkException {
    return sums.hashes(project, mapping, range);
  }

  @Override
  public void close() {
    connection.close();
  }

  /** The address without its credentials. */
  @Override
  public String toString() {
    return url.toString();
  }
}

package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Column;
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
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A ClickHouse. Every version of a row is inserted, and the highest is the one that is seen, so
 * that a page that comes late or twice changes nothing. A deleted row is a tombstone of its key;
 * what it held before is removed with the same page.
 *
 * <p>For any number of threads.
 */
public final class ClickHouseSink implements Sink {
  private final ClickHouseUrl url;
  private final Tables tables;
  private final Connection connection;
  private final Schema schema;
  private final Removal removal;
  private final Sums sums;

  /**
   * Part of all tokens. ClickHouse passes over a page whose token it knows, whether the rows are
   * still there or not; so a token holds good until something is removed, or somebody else may have
   * removed something.
   */
  private volatile UUID era = UUID.randomUUID();

  ClickHouseSink(ClickHouseUrl url, Patience patience, boolean publicOnly) throws SinkException {
    this.url = url;
    tables = new Tables(url);
    connection = new Connection(url, patience, publicOnly);
    schema = new Schema(url, tables, connection, patience);
    removal = new Removal(url, tables, connection, patience);
    sums = new Sums(tables, connection);
  }

  /**
   * Opens one; nothing is asked of the server yet.
   *
   * @param address see {@link ClickHouseUrl}
   * @param publicOnly whether it must lie in the public network, with TLS between; for addresses
   *     that others than the operator give
   */
  public static ClickHouseSink open(String address, boolean publicOnly) throws SinkException {
    ClickHouseUrl url;
    try {
      url = ClickHouseUrl.parse(address);
    } catch (IllegalArgumentException wrong) {
      throw new SinkException(Kind.REFUSED, "The address " + wrong.getMessage(), null);
    }
    return new ClickHouseSink(url, Patience.STANDARD, publicOnly);
  }

  @Override
  public Set<String> prepare(List<Mapping> mappings) throws SinkException {
    era = UUID.randomUUID();
    return schema.prepare(mappings);
  }

  @Override
  public void apply(Page page) throws SinkException {
    List<Page.Row> present = page.rows().stream().filter(row -> !row.deleted()).toList();
    List<Page.Row> deleted = page.rows().stream().filter(Page.Row::deleted).toList();
    String token = era + "/" + page.token();
    insert(page, present, page.mapping().all(), token);
    // Columns that are not named take ClickHouse's defaults: nothing, zero, 1970.
    insert(page, deleted, page.mapping().key(), token + "/deleted");
    removal.belowTombstones(page.project(), page.mapping(), deleted);
  }

  private void insert(Page page, List<Page.Row> rows, List<Column> columns, String token)
      throws SinkException {
    if (rows.isEmpty()) {
      return;
    }
    Mapping mapping = page.mapping();
    List<String> names =
        Stream.of(
                Stream.of(Tables.PROJECT),
                columns.stream().map(Column::name),
                Stream.of(Tables.VERSION, Tables.DELETED))
            .flatMap(name -> name)
            .toList();
    Map<String, String> types = tables.columns(mapping);
    var encoded = new Encoded(page, rows, names, types);
    try {
      connection.insert(tables.table(mapping), names, encoded, token);
    } catch (SinkException failure) {
      if (failure.kind() == Kind.REFUSED_ROW) {
        schema.check(mapping);
      }
      throw failure;
    }
  }

  @Override
  public void removeStale(UUID project, Mapping mapping, long belowVersion) throws SinkException {
    era = UUID.randomUUID();
    removal.belowVersion(project, mapping, belowVersion);
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

package dev.backspool.sync;

import dev.backspool.sync.Page.Row;
import dev.backspool.sync.SinkException.Kind;

/**
 * Brings pages to a sink. A page that has a row which the sink refuses is halved until that row
 * stands alone; it is put into quarantine, and all others arrive. Where no row is taken any more it
 * is not the rows: the mapping stops.
 */
final class Delivery {
  private static final int MOST_REFUSED = 1_000;

  private final Sink sink;
  private final Quarantine quarantine;
  private final Runnable keep;
  private int refused;

  /**
   * To a sink.
   *
   * @param keep called now and then while a page takes long
   */
  Delivery(Sink sink, Quarantine quarantine, Runnable keep) {
    this.sink = sink;
    this.quarantine = quarantine;
    this.keep = keep;
  }

  /** Returns when the page is in the sink, but for what is in quarantine now. */
  void deliver(Page page) throws SinkException {
    if (page.rows().isEmpty()) {
      return;
    }
    try {
      sink.apply(page);
      refused = 0;
      quarantine.release(page);
    } catch (SinkException failure) {
      if (failure.kind() != Kind.REFUSED_ROW) {
        throw failure;
      }
      halve(page, failure);
    }
  }

  private void halve(Page page, SinkException failure) throws SinkException {
    int size = page.rows().size();
    if (size > 1) {
      deliver(page.part(0, size / 2));
      deliver(page.part(size / 2, size));
      return;
    }
    keep.run();
    if (++refused > MOST_REFUSED) {
      refused = 0;
      throw new SinkException(
          Kind.SCHEMA_DRIFT,
          "It takes none of %,d rows in a row: %s".formatted(MOST_REFUSED, failure.getMessage()),
          failure);
    }
    Row row = page.rows().getFirst();
    quarantine.add(page, row, String.valueOf(failure.getMessage()));
  }
}

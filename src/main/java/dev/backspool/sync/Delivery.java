package dev.backspool.sync;

import dev.backspool.sync.Page.Row;

/**
 * Brings pages to a sink. A page that has a row which the sink refuses is halved until that row
 * stands alone; it is put into quarantine, and all others arrive.
 */
final class Delivery {
  private final Sink sink;
  private final Quarantine quarantine;

  Delivery(Sink sink, Quarantine quarantine) {
    this.sink = sink;
    this.quarantine = quarantine;
  }

  /** Returns when the page is in the sink, but for what is in quarantine now. */
  void deliver(Page page) throws SinkException {
    if (page.rows().isEmpty()) {
      return;
    }
    try {
      sink.apply(page);
      quarantine.release(page);
    } catch (SinkException failure) {
      if (failure.kind() != SinkException.Kind.REFUSED_ROW) {
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
    Row row = page.rows().getFirst();
    quarantine.add(page, row, String.valueOf(failure.getMessage()));
  }
}

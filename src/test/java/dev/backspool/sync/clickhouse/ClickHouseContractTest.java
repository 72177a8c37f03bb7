package dev.backspool.sync.clickhouse;

import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkContract;
import dev.backspool.sync.SinkException;

/** A sink in a ClickHouse. */
final class ClickHouseContractTest extends SinkContract {
  @Override
  protected Sink sink() {
    try {
      return ClickHouse.opener(true)
          .open(TestClickHouse.shared().address(TestClickHouse.freshName()));
    } catch (SinkException failure) {
      throw new IllegalStateException(failure);
    }
  }
}

package dev.backspool.retention;

import java.util.concurrent.atomic.AtomicReference;

/** What this process has removed since its start. */
final class Totals {
  private final AtomicReference<Removed> sum = new AtomicReference<>(Removed.NOTHING);

  void add(Removed removed) {
    sum.accumulateAndGet(removed, Removed::plus);
  }

  Removed sum() {
    return sum.get();
  }
}

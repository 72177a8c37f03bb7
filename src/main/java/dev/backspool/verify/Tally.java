package dev.backspool.verify;

import dev.backspool.verify.Progress.Step;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what was looked at. Any thread may call. */
final class Tally {
  final AtomicLong sessions = new AtomicLong();
  final AtomicLong uploads = new AtomicLong();
  final AtomicLong objects = new AtomicLong();
  final AtomicLong listed = new AtomicLong();
  final AtomicLong events = new AtomicLong();
  final AtomicLong bytes = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private volatile Step step = Step.TABLES;
  private volatile long total;

  /**
   * Begins a step.
   *
   * @param units how many it has; 0 when that is not known
   */
  void begin(Step next, long units) {
    total = units;
    done.set(0);
    step = next;
  }

  void done(long units) {
    done.addAndGet(units);
  }

  Progress progress() {
    return new Progress(step, done.get(), total, bytes.get());
  }
}

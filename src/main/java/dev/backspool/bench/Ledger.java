package dev.backspool.bench;

import dev.backspool.bench.Target.Batch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the clients know of the batches they sent. Threads share one. */
final class Ledger {
  private final Map<Batch, Entry> entries = new ConcurrentHashMap<>();

  /**
   * A batch that was sent.
   *
   * @param acknowledged whether an answer said that it is stored; else nobody knows
   */
  record Entry(Batch batch, Upload upload, boolean acknowledged) {}

  /** To be called before the first byte goes out. */
  void sending(Batch batch, Upload upload) {
    entries.putIfAbsent(batch, new Entry(batch, upload, false));
  }

  /** To be called after the answer. */
  void acknowledged(Batch batch, Upload upload) {
    entries.put(batch, new Entry(batch, upload, true));
  }

  List<Entry> all() {
    return List.copyOf(entries.values());
  }

  /** How many batches are acknowledged. */
  long answered() {
    return entries.values().stream().filter(Entry::acknowledged).count();
  }

  /** The batches without an answer. */
  List<Entry> unanswered() {
    return entries.values().stream().filter(entry -> !entry.acknowledged()).toList();
  }
}

package dev.backspool.api;

import dev.backspool.archiver.Counts;
import dev.backspool.archiver.Trouble;
import dev.backspool.event.Events;
import dev.backspool.http.Problem;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Refusals;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.retention.Removed;
import dev.backspool.retention.Retention;
import dev.backspool.sync.Sync;
import io.javalin.http.Context;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What operators and their machines ask: does it live, can it serve, how is it. */
public final class Operations {
  private final Database database;
  private final Ingest ingest;
  private final Events events;
  private final Retention retention;
  private final Counts archiving;
  private final Sync sync;
  private final LiveSessions live;
  private final LiveEvents liveEvents;

  public Operations(
      Database database,
      Ingest ingest,
      Events events,
      Retention retention,
      Counts archiving,
      Sync sync,
      LiveSessions live,
      LiveEvents liveEvents) {
    this.database = database;
    this.ingest = ingest;
    this.events = events;
    this.retention = retention;
    this.archiving = archiving;
    this.sync = sync;
    this.live = live;
    this.liveEvents = liveEvents;
  }

  /** {@code GET /healthz}: the process answers. */
  public void health(Context ctx) {
    ctx.contentType("text/plain").result("ok\n");
  }

  /** {@code GET /readyz}: the database answers too; else 503. */
  public void ready(Context ctx) {
    try {
      database.write(handle -> handle.createQuery("select 1").mapTo(Integer.class).one());
      ctx.contentType("text/plain").result("ready\n");
    } catch (DatabaseUnavailable away) {
      Problem.send(
          ctx,
          Problem.of(503, "unavailable", "Not available now", "The database cannot be reached"));
    }
  }

  /** {@code GET /metrics}: numbers as Prometheus reads them. */
  public void metrics(Context ctx) {
    var page = new MetricsPage();
    List<Map.Entry<Refusals.Label, Long>> refused =
        ingest.refusals().totals().entrySet().stream()
            .sorted(
                Comparator.comparing(
                        (Map.Entry<Refusals.Label, Long> entry) -> entry.getKey().protocol())
                    .thenComparing(entry -> entry.getKey().reason()))
            .toList();
    page.family("backspool_refusals_total", "counter", "Uploads turned away since the start.");
    for (Map.Entry<Refusals.Label, Long> entry : refused) {
      page.sample(
          entry.getValue(),
          "protocol",
          entry.getKey().protocol().code(),
          "reason",
          entry.getKey().reason().code());
    }
    page.gauge("backspool_commit_waiting", "Uploads that wait to be committed.", ingest.waiting());
    page.gauge(
        "backspool_event_commit_waiting",
        "Requests with events that wait to be committed.",
        events.waiting());
    page.counter(
        "backspool_events_stored_total", "Events stored since the start.", events.stored());
    page.counter(
        "backspool_backlog_without_device_total",
        "Old events that named no device, so that they count for a device of the day they came.",
        events.unnamedBacklog());
    page.gauge(
        "backspool_live_views",
        "Open live views of the dashboard.",
        live.listeners() + liveEvents.listeners());
    retention(page);
    archive(page);
    new SyncMetrics(sync).write(page, Instant.now());
    jvm(page);
    ctx.contentType("text/plain; version=0.0.4; charset=utf-8").result(page.text());
  }

  private void retention(MetricsPage page) {
    Removed removed = retention.removed();
    page.counter(
        "backspool_retention_recordings_total",
        "Recordings that expired and were removed since the start.",
        removed.recordings());
    page.counter(
        "backspool_retention_objects_total",
        "Objects of the archive that they had.",
        removed.objects());
    page.counter(
        "backspool_retention_bytes_total",
        "Size of these objects, and of what was not archived yet.",
        removed.bytes());
    page.counter(
        "backspool_retention_sessions_total",
        "Sessions that expired as a whole and were removed since the start.",
        removed.sessions());
    page.counter(
        "backspool_retention_events_total",
        "Events that expired and were removed since the start.",
        removed.events());
    page.counter(
        "backspool_retention_moved_to_cold_total",
        "Objects that were moved to the cold tier since the start.",
        removed.movedToCold());
    page.gauge(
        "backspool_retention_running",
        "Whether this process removes what has expired.",
        retention.isWorking() ? 1 : 0);
    try {
      retention
          .sinceLastRun()
          .ifPresent(age ->
              page.gauge(
                  "backspool_retention_last_run_age_seconds",
                  "Time since a daily run was last done to its end, by any node.",
                  (double) age.toSeconds()));
    } catch (DatabaseUnavailable away) {
      // The other numbers are worth having while the database is away.
    }
  }

  private void archive(MetricsPage page) {
    Counts.Waiting waiting = archiving.waiting();
    Instant oldest = waiting.oldestAt();
    page.gauge(
        "backspool_archive_waiting_sessions",
        "Sessions idle for long enough that are not archived yet.",
        (double) waiting.sessions());
    page.gauge(
        "backspool_archive_oldest_waiting_seconds",
        "Age of the first of their uploads.",
        oldest == null ? 0 : Duration.between(oldest, events.clock().instant()).toMillis() / 1e3);
    page.counter(
        "backspool_archived_total",
        "Objects made of uploads since the start.",
        archiving.archived());
    page.counter(
        "backspool_archive_merged_total",
        "Objects made of several older ones since the start.",
        archiving.merged());
    page.counter(
        "backspool_archive_object_bytes_total", "Size of these objects.", archiving.bytes());
    page.counter(
        "backspool_archived_chunk_bytes_total",
        "Size that the archived uploads had in PostgreSQL.",
        archiving.chunkBytes());
    page.family(
        "backspool_archive_failures_total",
        "counter",
        "Tries that made no object, or left an upload out of it.");
    for (Trouble trouble : Trouble.values()) {
      page.sample((double) archiving.failures(trouble), "reason", trouble.code());
    }
    page.counter(
        "backspool_archive_deleted_total",
        "Objects that were deleted since the start.",
        archiving.deleted());
    page.counter(
        "backspool_archive_delete_failures_total",
        "Deletions that failed and are tried again.",
        archiving.undeleted());
  }

  private static void jvm(MetricsPage page) {
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    page.gauge("jvm_memory_heap_used_bytes", "Heap in use.", (double) heap.getUsed());
    page.gauge("jvm_memory_heap_max_bytes", "Heap that may be used.", (double) heap.getMax());
    page.gauge(
        "jvm_threads_current",
        "Platform threads.",
        ManagementFactory.getThreadMXBean().getThreadCount());
    page.family("jvm_gc_collection_seconds_total", "counter", "Time spent collecting garbage.");
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      page.sample(collector.getCollectionTime() / 1e3, "gc", collector.getName());
    }
    var runtime = ManagementFactory.getRuntimeMXBean();
    page.gauge(
        "process_start_time_seconds", "Start, in epoch seconds.", runtime.getStartTime() / 1e3);
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      page.family("process_cpu_seconds_total", "counter", "Processor time used.");
      page.sample(system.getProcessCpuTime() / 1e9);
    }
  }
}

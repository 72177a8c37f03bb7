package dev.backspool.api;

import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.sync.Meter;
import dev.backspool.sync.Sync;
import dev.backspool.sync.SyncStatus;
import dev.backspool.sync.SyncStatus.OfSink;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Copies elsewhere, as Prometheus reads them; of all projects, a sample for each sink. */
final class SyncMetrics {
  private final Sync sync;

  SyncMetrics(Sync sync) {
    this.sync = sync;
  }

  void write(MetricsPage page, Instant now) {
    SyncStatus status;
    try {
      status = sync.statuses().all();
    } catch (DatabaseUnavailable away) {
      return; // The other numbers are worth having while the database is away.
    }
    page.family(
        "backspool_sync_paused", "gauge", "Whether a stage of the sync is paused everywhere.");
    for (SyncStatus.OfStage stage : status.stages()) {
      page.sample(stage.isPaused() ? 1 : 0, "stage", stage.stage());
    }
    List<OfSink> sinks = status.sinks();
    gauge(
        page,
        sinks,
        "backspool_sync_behind_rows",
        "Rows that a sink lacks.",
        sink -> (double) sink.behind().rows());
    gauge(
        page,
        sinks,
        "backspool_sync_oldest_behind_seconds",
        "Age of the oldest change that a sink lacks.",
        sink -> age(sink.behind().oldest(), now));
    gauge(
        page,
        sinks,
        "backspool_sync_quarantined_rows",
        "Rows that a sink does not take.",
        sink -> (double) sink.all().quarantined());
    gauge(
        page,
        sinks,
        "backspool_sync_stopped_mappings",
        "Mappings that wait for a resync.",
        sink ->
            (double)
                sink.mappings().stream()
                    .filter(mapping -> mapping.state() == SyncStatus.State.STOPPED)
                    .count());
    gauge(
        page,
        sinks,
        "backspool_sync_failing",
        "Whether a sink did not do what it was asked, the last time.",
        sink -> sink.failures() > 0 ? 1 : 0);
    gauge(
        page,
        sinks,
        "backspool_sync_sink_paused",
        "Whether a sink is paused.",
        sink -> sink.isPaused() ? 1 : 0);
    counts(page, sinks);
  }

  private void counts(MetricsPage page, List<OfSink> sinks) {
    Meter meter = sync.meter();
    page.family(
        "backspool_sync_delivered_rows_total",
        "counter",
        "Rows that this process brought to a sink since the start.");
    sinks.forEach(sink -> page.sample((double) meter.of(sink.id()).rows(), labels(sink)));
    page.family(
        "backspool_sync_failures_total",
        "counter",
        "How often a sink did not do what this process asked.");
    sinks.forEach(sink -> page.sample((double) meter.of(sink.id()).failures(), labels(sink)));
    page.family(
        "backspool_sync_lag_seconds",
        "histogram",
        "From the commit of a page's oldest change to when it could be read in a sink.");
    sinks.forEach(sink -> histogram(page, meter.of(sink.id()), labels(sink)));
  }

  private static void histogram(MetricsPage page, Meter.Counts counts, String[] labels) {
    long sum = 0;
    for (int i = 0; i < counts.lags().size(); i++) {
      sum += counts.lags().get(i);
      String bound = i < Meter.LAGS.size() ? Meter.LAGS.get(i).toString() : "+Inf";
      page.sampleOf("_bucket", (double) sum, and(labels, "le", bound));
    }
    page.sampleOf("_sum", counts.lagSeconds(), labels);
    page.sampleOf("_count", (double) sum, labels);
  }

  private static String[] and(String[] labels, String name, String value) {
    String[] more = Arrays.copyOf(labels, labels.length + 2);
    more[labels.length] = name;
    more[labels.length + 1] = value;
    return more;
  }

  private static String[] labels(OfSink sink) {
    return new String[] {"sink", sink.id().toString(), "kind", sink.kind(), "name", sink.name()};
  }

  private static void gauge(
      MetricsPage page,
      List<OfSink> sinks,
      String name,
      String help,
      ToDoubleFunction<OfSink> value) {
    page.family(name, "gauge", help);
    sinks.forEach(sink -> page.sample(value.applyAsDouble(sink), labels(sink)));
  }

  private static double age(@Nullable Instant oldest, Instant now) {
    return oldest == null ? 0 : Math.max(0, Duration.between(oldest, now).toMillis() / 1e3);
  }
}

package dev.backspool.api;

import dev.backspool.sync.SyncStatus;
import dev.backspool.sync.SyncStatus.Behind;
import dev.backspool.sync.SyncStatus.OfMapping;
import dev.backspool.sync.SyncStatus.OfProject;
import dev.backspool.sync.SyncStatus.OfSink;
import dev.backspool.sync.SyncStatus.OfStage;
import dev.backspool.sync.SyncStatus.State;
import dev.backspool.sync.Whereabouts;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with copies elsewhere, as our API and the command tell it. All of an answer is of
 * one scope; its totals are the sums of what it lists.
 *
 * @param scope {@code installation} or {@code project}
 */
public record SyncJson(
    Instant generatedAt,
    String scope,
    @Nullable UUID projectId,
    List<StageJson> stages,
    TotalsJson totals,
    List<SinkJson> sinks) {

  static final String INSTALLATION = "installation";

  /** A part of the work that can be paused everywhere at once. */
  public record StageJson(
      String stage, boolean paused, long behind, boolean exact, @Nullable Instant oldestAt) {

    static StageJson of(OfStage of) {
      Behind behind = of.behind();
      return new StageJson(
          of.stage(), of.isPaused(), behind.rows(), behind.isExact(), behind.oldest());
    }
  }

  /**
   * All sinks of the answer together.
   *
   * @param failing how many sinks did not do what they were asked, the last time
   * @param stopped how many mappings wait for a resync
   */
  public record TotalsJson(
      int sinks,
      int failing,
      int stopped,
      long behind,
      boolean exact,
      @Nullable Instant oldestAt,
      long quarantined,
      long delivered,
      @Nullable Double rowsPerSecond) {}

  /** One sink. */
  public record SinkJson(
      UUID id,
      @Nullable UUID projectId,
      String kind,
      String name,
      @Nullable Whereabouts address,
      boolean paused,
      boolean required,
      Instant createdAt,
      String state,
      int failures,
      @Nullable String error,
      @Nullable String errorKind,
      @Nullable Instant errorAt,
      @Nullable Instant retryAt,
      long behind,
      boolean exact,
      @Nullable Instant oldestAt,
      long quarantined,
      long delivered,
      @Nullable Instant deliveredAt,
      @Nullable Double rowsPerSecond,
      List<MappingJson> mappings,
      int projectsBehind,
      List<ProjectJson> projects) {

    static SinkJson of(OfSink of) {
      OfMapping all = of.all();
      return new SinkJson(
          of.id(),
          of.project(),
          of.kind(),
          of.name(),
          of.address(),
          of.isPaused(),
          of.isRequired(),
          of.createdAt(),
          state(of, all),
          of.failures(),
          of.error(),
          of.errorKind() == null ? null : code(of.errorKind()),
          of.errorAt(),
          of.retryAt(),
          all.behind(),
          all.isExact(),
          all.oldest(),
          all.quarantined(),
          all.delivered(),
          all.deliveredAt(),
          rounded(all.rowsPerSecond()),
          of.mappings().stream().map(MappingJson::of).toList(),
          of.projectsBehind(),
          of.projects().stream().map(ProjectJson::of).toList());
    }

    /** What an operator wants to know first. */
    private static String state(OfSink of, OfMapping all) {
      if (of.isPaused()) {
        return "paused";
      }
      if (of.failures() > 0) {
        return "failing";
      }
      return code(all.state());
    }
  }

  /** One mapping at a sink. */
  public record MappingJson(
      String mapping,
      String state,
      long behind,
      boolean exact,
      @Nullable Instant oldestAt,
      long delivered,
      @Nullable Instant deliveredAt,
      long quarantined,
      @Nullable Double rowsPerSecond,
      @Nullable String reason) {

    static MappingJson of(OfMapping of) {
      return new MappingJson(
          of.mapping(),
          code(of.state()),
          of.behind(),
          of.isExact(),
          of.oldest(),
          of.delivered(),
          of.deliveredAt(),
          of.quarantined(),
          rounded(of.rowsPerSecond()),
          of.reason());
    }
  }

  /** One project at a sink. */
  public record ProjectJson(
      UUID projectId,
      String name,
      String state,
      long behind,
      boolean exact,
      @Nullable Instant oldestAt,
      long quarantined,
      @Nullable Double rowsPerSecond) {

    static ProjectJson of(OfProject of) {
      OfMapping all = of.all();
      return new ProjectJson(
          of.project(),
          of.name(),
          code(all.state()),
          all.behind(),
          all.isExact(),
          all.oldest(),
          all.quarantined(),
          rounded(all.rowsPerSecond()));
    }
  }

  /** The JSON of a status. */
  public static SyncJson of(SyncStatus status) {
    List<SinkJson> sinks = status.sinks().stream().map(SinkJson::of).toList();
    Behind behind = status.behind();
    return new SyncJson(
        status.at(),
        status.project() == null ? INSTALLATION : "project",
        status.project(),
        status.stages().stream().map(StageJson::of).toList(),
        new TotalsJson(
            sinks.size(),
            (int) sinks.stream().filter(sink -> sink.failures() > 0).count(),
            (int)
                sinks.stream()
                    .flatMap(sink -> sink.mappings().stream())
                    .filter(mapping -> mapping.state().equals(code(State.STOPPED)))
                    .count(),
            behind.rows(),
            behind.isExact(),
            behind.oldest(),
            sinks.stream().mapToLong(SinkJson::quarantined).sum(),
            sinks.stream().mapToLong(SinkJson::delivered).sum(),
            sinks.stream()
                .map(SinkJson::rowsPerSecond)
                .filter(java.util.Objects::nonNull)
                .reduce(Double::sum)
                .orElse(null)),
        sinks);
  }

  static String code(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Double rounded(@Nullable Double rate) {
    return rate == null ? null : (Double) (Math.round(rate * 10) / 10.0);
  }
}

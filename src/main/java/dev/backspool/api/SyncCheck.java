package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.api.SyncVerifyJson.ComparisonJson;
import dev.backspool.api.SyncVerifyJson.DifferenceJson;
import dev.backspool.api.SyncVerifyJson.Line;
import dev.backspool.api.SyncVerifyJson.SummaryJson;
import dev.backspool.sync.Comparison;
import dev.backspool.sync.Difference;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkRow;
import dev.backspool.sync.Sinks;
import dev.backspool.sync.Statuses;
import dev.backspool.sync.SyncVerifier;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Verifies copies: sink by sink, project by project, mapping by mapping. With a repair each is
 * looked at twice, and what is the same then is not repaired.
 */
public final class SyncCheck {
  /** More differences of one mapping are counted, and not told one by one. */
  public static final int MOST_TOLD = 1_000;

  private final Sinks sinks;
  private final Statuses statuses;
  private final SyncVerifier verifier;
  private final List<Project> projects;
  private final Options options;
  private final Consumer<Line> told;
  private final long beganAt = System.nanoTime();
  private volatile boolean isEnded;
  private long compared;
  private long unknown;
  private long rows;
  private long held;
  private long repaired;
  private final Map<Difference.Kind, Long> kinds = new java.util.EnumMap<>(Difference.Kind.class);

  /**
   * What is looked at.
   *
   * @param project null for all
   * @param sink null for all
   * @param repair whether rows that differ are brought there once more
   */
  public record Options(@Nullable UUID project, @Nullable UUID sink, boolean repair) {}

  /** It was told to end before it was done. */
  public static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1;

    Ended() {
      super("The server is stopping", null, false, false);
    }
  }

  /**
   * Looks at nothing yet.
   *
   * @param projects all there are
   * @param told each line as it is certain, the summary not among them
   */
  public SyncCheck(
      Sinks sinks,
      Statuses statuses,
      SyncVerifier verifier,
      List<Project> projects,
      Options options,
      Consumer<Line> told) {
    this.sinks = sinks;
    this.statuses = statuses;
    this.verifier = verifier;
    this.projects = projects;
    this.options = options;
    this.told = told;
  }

  /** Ends it at the next mapping. */
  void end() {
    isEnded = true;
  }

  /**
   * Does it.
   *
   * @return the last line
   */
  public Line run() {
    boolean isPaused = statuses.all().isPaused("tail");
    for (SinkRow sink : sinks.now()) {
      if (options.sink() == null || options.sink().equals(sink.id())) {
        String obstacle =
            isPaused
                ? "The stage tail is paused"
                : sink.isPaused()
                    ? "The sink is paused"
                    : sinks.isWithinReach(sink)
                        ? null
                        : "Another process has it open: ask that server, by --url";
        if (obstacle == null) {
          verify(sink);
        } else {
          unknown(sink, null, obstacle);
        }
      }
    }
    long missing = count(Difference.Kind.MISSING);
    long extra = count(Difference.Kind.EXTRA);
    long altered = count(Difference.Kind.ALTERED);
    long quarantined = count(Difference.Kind.QUARANTINED);
    return Line.of(
        new SummaryJson(
            unknown == 0 && missing + extra + altered + quarantined == repaired,
            compared,
            unknown,
            rows,
            held,
            missing,
            extra,
            altered,
            quarantined,
            repaired,
            Duration.ofNanos(System.nanoTime() - beganAt).toMillis()));
  }

  private long count(Difference.Kind kind) {
    return kinds.getOrDefault(kind, 0L);
  }

  private void unknown(SinkRow sink, @Nullable Project project, String why) {
    unknown++;
    told.accept(
        Line.of(
            new ComparisonJson(
                sink.id(),
                sink.name(),
                project == null ? null : project.id(),
                project == null ? null : project.name(),
                null,
                0,
                0,
                0,
                0,
                why)));
  }

  private void verify(SinkRow sink) {
    for (Project project : projects) {
      if (isEnded) {
        throw new Ended();
      }
      boolean isAsked = options.project() == null || options.project().equals(project.id());
      if (isAsked && sink.takes(project.id())) {
        try {
          verify(sink, project);
        } catch (SinkException | SyncVerifier.Busy obstacle) {
          unknown(sink, project, String.valueOf(obstacle.getMessage()));
        }
      }
    }
  }

  private void verify(SinkRow sink, Project project) throws SinkException {
    List<Comparison> found = verifier.verify(sink, project.id(), options.repair());
    boolean differs = found.stream().anyMatch(each -> !each.differences().isEmpty());
    Map<String, Comparison> again =
        options.repair() && differs
            ? verifier.verify(sink, project.id(), false).stream()
                .collect(Collectors.toMap(Comparison::mapping, each -> each))
            : Map.of();
    found.forEach(each -> tell(sink, project, each, again.get(each.mapping())));
  }

  private void tell(SinkRow sink, Project project, Comparison found, @Nullable Comparison again) {
    Set<List<Object>> left = new HashSet<>();
    if (again != null) {
      again.differences().forEach(each -> left.add(each.key()));
    }
    boolean isTried = again != null && again.unknown() == null;
    long mended = 0;
    int lines = 0;
    for (Difference difference : found.differences()) {
      boolean isMended = isTried && !left.contains(difference.key());
      mended += isMended ? 1 : 0;
      kinds.merge(difference.kind(), 1L, Long::sum);
      if (lines++ < MOST_TOLD) {
        told.accept(Line.of(json(sink, project, difference, isTried ? (Boolean) isMended : null)));
      }
    }
    if (found.unknown() == null) {
      compared++;
    } else {
      unknown++;
    }
    rows += found.rows();
    held += found.held();
    repaired += mended;
    told.accept(
        Line.of(
            new ComparisonJson(
                sink.id(),
                sink.name(),
                project.id(),
                project.name(),
                found.mapping(),
                found.rows(),
                found.held(),
                found.differences().size(),
                mended,
                found.unknown())));
  }

  private static DifferenceJson json(
      SinkRow sink, Project project, Difference difference, @Nullable Boolean repaired) {
    return new DifferenceJson(
        sink.id(),
        sink.name(),
        project.id(),
        project.name(),
        difference.mapping(),
        difference.kind().name().toLowerCase(Locale.ROOT),
        difference.key().stream().map(String::valueOf).toList(),
        repaired);
  }
}

package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import dev.backspool.verify.Finding;
import dev.backspool.verify.Kind;
import dev.backspool.verify.Progress;
import dev.backspool.verify.Summary;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a verification tells, as our API and the command write it. */
public final class VerifyJson {
  private VerifyJson() {}

  /**
   * A line of the answer: one of these, and the others null. The last line is the summary or the
   * failure.
   *
   * @param failure why it ended in the middle
   */
  @JsonInclude(Include.NON_NULL)
  public record Line(
      @Nullable ProgressJson progress,
      @Nullable FindingJson finding,
      @Nullable SummaryJson summary,
      @Nullable String failure) {
    public static Line of(Progress progress) {
      return new Line(ProgressJson.of(progress), null, null, null);
    }

    /** A finding; its project's name is null when there is no such project. */
    public static Line of(Finding finding, @Nullable String projectName) {
      return new Line(null, FindingJson.of(finding, projectName), null, null);
    }

    public static Line of(Summary summary) {
      return new Line(null, null, SummaryJson.of(summary), null);
    }

    public static Line failure(String why) {
      return new Line(null, null, null, why);
    }
  }

  /** How far it is; {@code total} is 0 where that is not known. */
  public record ProgressJson(String step, long done, long total, long bytes) {
    static ProgressJson of(Progress progress) {
      return new ProgressJson(
          progress.step().code(), progress.done(), progress.total(), progress.bytes());
    }
  }

  /** Something that is wrong; see {@link Finding}. */
  public record FindingJson(
      String kind,
      String severity,
      @Nullable UUID project,
      @Nullable String projectName,
      @Nullable UUID session,
      @Nullable String tab,
      List<Long> frames,
      @Nullable String name,
      String message,
      @Nullable Boolean repaired,
      @Nullable String advice) {
    static FindingJson of(Finding finding, @Nullable String projectName) {
      return new FindingJson(
          code(finding.kind()),
          code(finding.kind().severity()),
          finding.place().project(),
          projectName,
          finding.place().session(),
          finding.place().tab(),
          finding.place().frames(),
          finding.place().name(),
          finding.message(),
          finding.repaired(),
          finding.advice());
    }
  }

  /** What was looked at and what was wrong; see {@link Summary}. */
  public record SummaryJson(
      boolean clean,
      long sessions,
      long uploads,
      long objects,
      long objectsListed,
      long events,
      long bytes,
      long tookMs,
      List<KindJson> kinds) {
    static SummaryJson of(Summary summary) {
      return new SummaryJson(
          summary.clean(),
          summary.sessions(),
          summary.uploads(),
          summary.objects(),
          summary.listed(),
          summary.events(),
          summary.bytes(),
          summary.took().toMillis(),
          Arrays.stream(Kind.values())
              .filter(summary.kinds()::containsKey)
              .map(kind -> KindJson.of(kind, summary.kinds().get(kind)))
              .toList());
    }
  }

  /** How often a kind was found, and how often it is right now. */
  public record KindJson(String kind, String severity, long found, long repaired) {
    static KindJson of(Kind kind, Summary.@Nullable Count count) {
      return new KindJson(
          code(kind),
          code(kind.severity()),
          count == null ? 0 : count.found(),
          count == null ? 0 : count.repaired());
    }
  }

  private static String code(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }
}

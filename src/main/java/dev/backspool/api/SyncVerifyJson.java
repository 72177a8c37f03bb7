package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a verification of copies tells, as our API and the command write it. */
public final class SyncVerifyJson {
  private SyncVerifyJson() {}

  /**
   * A line of the answer: one of these, and the others null. The last line is the summary or the
   * failure.
   *
   * @param failure why it ended in the middle
   */
  @JsonInclude(Include.NON_NULL)
  public record Line(
      @Nullable DifferenceJson difference,
      @Nullable ComparisonJson comparison,
      @Nullable SummaryJson summary,
      @Nullable String failure) {
    static Line of(DifferenceJson difference) {
      return new Line(difference, null, null, null);
    }

    static Line of(ComparisonJson comparison) {
      return new Line(null, comparison, null, null);
    }

    static Line of(SummaryJson summary) {
      return new Line(null, null, summary, null);
    }

    static Line failure(String why) {
      return new Line(null, null, null, why);
    }
  }

  /**
   * A row of which a sink does not hold what PostgreSQL does.
   *
   * @param kind {@code missing}, {@code extra}, {@code altered}, {@code quarantined}
   * @param key the values of its key columns, as text
   * @param repaired null where nothing was tried
   */
  public record DifferenceJson(
      UUID sink,
      String sinkName,
      UUID project,
      String projectName,
      String mapping,
      String kind,
      List<String> key,
      @Nullable Boolean repaired) {}

  /**
   * One mapping of a project at a sink, compared.
   *
   * @param mapping null where not even the sink could be asked
   * @param rows in PostgreSQL
   * @param held in the sink
   * @param differences how many rows differ; more than are told one by one, perhaps
   * @param repaired how many of them do not any more
   * @param unknown why the two could not be compared; null when they were
   */
  public record ComparisonJson(
      UUID sink,
      String sinkName,
      @Nullable UUID project,
      @Nullable String projectName,
      @Nullable String mapping,
      long rows,
      long held,
      long differences,
      long repaired,
      @Nullable String unknown) {}

  /**
   * All of it.
   *
   * @param clean whether everything was compared, and nothing differs any more
   * @param compared how many mappings of projects at sinks
   * @param unknown how many of these could not be compared
   */
  public record SummaryJson(
      boolean clean,
      long compared,
      long unknown,
      long rows,
      long held,
      long missing,
      long extra,
      long altered,
      long quarantined,
      long repaired,
      long tookMs) {}
}

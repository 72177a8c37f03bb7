package dev.backspool.retention;

import dev.backspool.RetentionDays;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One project in a run. One thread. */
final class ProjectRun {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectRun.class);
  private static final RetentionDays NO_LIMIT = new RetentionDays(null, null, null, null);

  private final UUID id;
  private final Function<RetentionDays, Terms> termsOf;
  private Terms terms;
  private @Nullable String error;

  /**
   * Nothing is done yet.
   *
   * @param id of its report
   * @param days how long the project keeps what, as it begins
   * @param termsOf what has expired by such days
   */
  ProjectRun(UUID id, RetentionDays days, Function<RetentionDays, Terms> termsOf) {
    this.id = id;
    this.termsOf = termsOf;
    terms = termsOf.apply(days);
  }

  UUID id() {
    return id;
  }

  UUID project() {
    return terms.project();
  }

  Terms terms() {
    return terms;
  }

  /**
   * Looks how long the project keeps things by now, and lets nobody change it until the end of the
   * caller's transaction: a member who was told that they are kept longer loses none any more. What
   * is kept less long goes with the next run.
   */
  void comply(Handle handle) {
    RetentionDays days =
        handle
            .createQuery(
                """
                select recording_days, event_days, kept_days, cold_after_days from project
                where id = :project
                for share
                """)
            .bind("project", project())
            .map((row, _) ->
                new RetentionDays(
                    row.getObject("recording_days", Integer.class),
                    row.getObject("event_days", Integer.class),
                    row.getObject("kept_days", Integer.class),
                    row.getObject("cold_after_days", Integer.class)))
            .findOne()
            .orElse(NO_LIMIT); // Of a project that is gone there is nothing to remove.
    terms = terms.and(termsOf.apply(days));
  }

  /** Notes that something was left undone; the first of several is what the report says. */
  void fail(String what, Exception why) {
    // Anything else is expected now and then, and its message says it all.
    @Nullable Exception trace = why instanceof RuntimeException ? why : null;
    LOG.warn("Retention of project {}: {}: {}", project(), what, Runs.reason(why), trace);
    if (error == null) {
      error = what + ": " + Runs.reason(why);
    }
  }

  @Nullable String error() {
    return error;
  }
}

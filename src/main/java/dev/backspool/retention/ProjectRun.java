package dev.backspool.retention;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One project in a run. One thread. */
final class ProjectRun {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectRun.class);

  private final UUID id;
  private final Terms terms;
  private @Nullable String error;

  /**
   * Nothing is done yet.
   *
   * @param id of its report
   */
  ProjectRun(UUID id, Terms terms) {
    this.id = id;
    this.terms = terms;
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

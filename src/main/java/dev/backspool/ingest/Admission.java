package dev.backspool.ingest;

import dev.backspool.Project;

/** Whether an upload may come in. */
public sealed interface Admission {
  /**
   * Let in.
   *
   * @param secretVerified whether the sender showed the project's client secret
   */
  record Admitted(Project project, boolean secretVerified) implements Admission {}

  /** Turned away, and counted. */
  record Refused(Outcome.Refused why) implements Admission {}
}

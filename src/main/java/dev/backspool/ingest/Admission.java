package dev.backspool.ingest;

import dev.backspool.Project;

/** Whether an upload may come in. */
public sealed interface Admission {
  record Admitted(Project project) implements Admission {}

  record Refused(Outcome.Refused why) implements Admission {}
}

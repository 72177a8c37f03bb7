package dev.backspool.verify;

import java.util.Locale;

/**
 * How far it is.
 *
 * @param done units of the step that are done
 * @param total how many there are, as far as known; 0 when that is not known
 * @param bytes read so far and compared with their checksums, in all steps
 */
public record Progress(Step step, long done, long total, long bytes) {
  /** The steps, in their order. */
  public enum Step {
    /** Tables and jobs; the unit is a table. */
    TABLES,
    /** Sessions with all that they consist of; the unit is a session. */
    SESSIONS,
    /** What names sessions that are not there; the unit is a table. */
    REFERENCES,
    /** The archive, for what nothing names; the unit is an object. */
    ARCHIVE,
    /** What was found wrong is looked at again, and repaired; the unit is a finding's place. */
    AGAIN;

    /** The step's name for programs. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

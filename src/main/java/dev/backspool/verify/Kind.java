package dev.backspool.verify;

import static dev.backspool.verify.Severity.INCONSISTENT;
import static dev.backspool.verify.Severity.LEFTOVER;
import static dev.backspool.verify.Severity.LOST;

/** What can be wrong. The names, in lower case, are the codes that programs branch on. */
public enum Kind {
  /** An upload's row in PostgreSQL does not hold what was uploaded. */
  PAYLOAD_DAMAGED(
      LOST,
      "Restore the row from a backup of the database. Until then the session plays with a gap."),
  /** Uploads of a tab are in PostgreSQL no more, and in no object. */
  UPLOADS_MISSING(
      LOST,
      "Restore the database from a backup. Until then the session plays with a gap; or delete the"
          + " session."),
  /** The archive has no such object. */
  OBJECT_MISSING(
      LOST,
      "Put the object back under its key, from a backup of the archive. Until then the session"
          + " plays with a gap; or delete the session."),
  /** The object is not what was written. */
  OBJECT_DAMAGED(
      LOST,
      "Put an undamaged copy of the object in its place, from a backup of the archive. What is not"
          + " named still plays."),
  /** The key in the part's row does not belong to the project's. */
  KEY_LOST(
      LOST,
      "Restore recording_part.data_key and project_key from a backup of the database: nothing else"
          + " opens the object."),
  /** What a project has in the archive is encrypted, and its key is gone. */
  PROJECT_KEY_MISSING(
      LOST,
      "Restore the row of project_key from a backup of the database: nothing else opens what the"
          + " project has in the archive."),
  /** PostgreSQL cannot read a table. */
  TABLE_UNREADABLE(LOST, "See PostgreSQL's log and its disk; restore the database from a backup."),
  /** The archive did not say whether the object is there. */
  OBJECT_UNCHECKED(INCONSISTENT, "Verify again when the archive answers."),

  /** A session's count of what is in PostgreSQL is wrong. */
  HOT_COUNT(INCONSISTENT, "--repair counts again."),
  /** A session's count of its objects is wrong. */
  PART_COUNT(INCONSISTENT, "--repair counts again."),
  /** A session's count of its uploads or their events is wrong. */
  UPLOAD_COUNT(INCONSISTENT, "--repair counts again."),
  /** A tab's count of its uploads is wrong. */
  TAB_COUNT(INCONSISTENT, "--repair counts again."),
  /** Uploads belong to a tab that has no row. */
  TAB_MISSING(INCONSISTENT, "--repair makes it from its uploads."),
  /** An upload's row counts other events or bytes than it holds. */
  PAYLOAD_COUNT(INCONSISTENT, "--repair counts again."),
  /** A part's row tells other figures than its object. */
  OBJECT_COUNT(INCONSISTENT, "--repair counts again."),
  /** Two uploads of a tab have one number. */
  ORDINAL_TWICE(INCONSISTENT, "Both play, in order of their time. Nothing is lost."),
  /** An upload is in PostgreSQL and in an object. */
  UPLOAD_TWICE(
      INCONSISTENT, "The one in PostgreSQL plays. The two differ, so both are kept: compare them."),
  /** An upload is in two objects. */
  UPLOAD_IN_TWO_OBJECTS(INCONSISTENT, "It plays once. Both objects are kept."),
  /** A session's counts of its analytics events are wrong. */
  EVENT_COUNT(INCONSISTENT, "--repair counts again."),
  /** Analytics events name a session that is not there. */
  EVENT_SESSION_GONE(
      INCONSISTENT,
      "The events are shown in lists and counts, and in no session. Nothing is lost."),
  /** An object is to be deleted, and a row is in charge of it. */
  NEEDED_OBJECT_DOOMED(
      INCONSISTENT,
      "Its deletion has begun. Copy the object away now, and put it back when the row of"
          + " doomed_object is gone."),
  /** Who was erased is named by a row, though the receipt says that none is left. */
  ERASED_THERE(
      INCONSISTENT,
      "Erase it once more: DELETE /api/projects/{p}/sessions/{s}, or of the profile. Then find out"
          + " how it came back: from a backup, or past the server."),
  /** An object that an erasure's receipt lists is in the archive. */
  ERASED_OBJECT_THERE(INCONSISTENT, "--repair deletes it."),
  /** An erasure was begun, and does not end. */
  ERASURE_UNFINISHED(
      INCONSISTENT, "A server goes on with it while it runs; its log tells what holds it up."),
  /** A lease that runs for longer than any is taken. */
  LEASE_STUCK(INCONSISTENT, "--repair gives it back."),
  /** A table for a day, or the one for all other days, is not where rows are looked for. */
  PARTITION_MISSING(INCONSISTENT, "--repair puts it in place."),
  /** A table does not keep projects apart. */
  POLICY_MISSING(INCONSISTENT, "--repair makes it."),

  /** An object that no row names. */
  OBJECT_ORPHANED(
      LEFTOVER, "It may be the only copy of what it holds. Delete it when you know it is not."),
  /** An object should have been deleted long ago. */
  DELETION_STUCK(LEFTOVER, "It is tried again by the server and by --repair; see why it fails."),
  /** Uploads of a session that is not there. */
  UPLOAD_SESSION_GONE(
      LEFTOVER,
      "Nobody can see them. Restore the session's row from a backup, or delete the rows of chunk."),
  /** Receipts of a session that is not there, beyond the time that they are kept. */
  RECEIPT_SESSION_GONE(LEFTOVER, "--repair deletes them.");

  private final Severity severity;
  private final String advice;

  Kind(Severity severity, String advice) {
    this.severity = severity;
    this.advice = advice;
  }

  public Severity severity() {
    return severity;
  }

  /** What an operator can do about one that is not repaired, in a sentence or two. */
  public String advice() {
    return advice;
  }
}

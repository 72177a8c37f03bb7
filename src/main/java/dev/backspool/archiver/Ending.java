package dev.backspool.archiver;

/** How it went with a packed file. */
sealed interface Ending {
  Packed packed();

  /** It is in the archive, its row in PostgreSQL, and what it was made of is gone. */
  record Recorded(Packed packed) implements Ending {}

  /** Nothing changed but the plan; try again later. */
  record Failed(Packed packed, Trouble trouble, String message) implements Ending {}

  /** Nothing was tried, as others showed that it would fail. */
  record Untried(Packed packed) implements Ending {}

  /** Somebody else was at the session, or it is gone: its object goes too. */
  record Overtaken(Packed packed) implements Ending {}
}

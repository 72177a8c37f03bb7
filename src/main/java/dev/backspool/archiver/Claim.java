package dev.backspool.archiver;

import java.time.Instant;
import java.util.UUID;

/**
 * A session that this process may archive or merge until the lease runs out.
 *
 * @param idle whether nothing came for so long that all of it may go; else only what is old
 * @param from when the first upload of the session came
 * @param to when the last one came
 * @param chunks how many uploads are not archived, as the session's row counts them
 * @param failures how often this failed in a row
 * @param leaseMs the lease's end, in epoch ms: who finds another one in the row has lost it
 */
record Claim(
    UUID project,
    UUID session,
    boolean idle,
    Instant from,
    Instant to,
    int chunks,
    int failures,
    long leaseMs) {

  Claim renewed(long untilMs) {
    return new Claim(project, session, idle, from, to, chunks, failures, untilMs);
  }

  SessionKey key() {
    return new SessionKey(project, session);
  }

  /** Names a session. */
  record SessionKey(UUID project, UUID session) {}
}

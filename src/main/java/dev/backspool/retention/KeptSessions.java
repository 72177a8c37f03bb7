package dev.backspool.retention;

import dev.backspool.postgres.Database;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.UUID;

/** Sessions that members keep: they outlive others, with their recording and their events. */
public final class KeptSessions {
  private final Database database;
  private final InstantSource clock;

  public KeptSessions(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Keeps a session; one that is kept stays so since when it is.
   *
   * @return false when there is no such session
   */
  public boolean keep(UUID project, UUID session) {
    return database.write(handle ->
        handle
            .createUpdate(
                """
                update session set kept_at = coalesce(kept_at, :now)
                where project_id = :project and id = :session
                """)
            .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
            .bind("project", project)
            .bind("session", session)
            .execute())
        > 0;
  }

  /**
   * Keeps it no longer than others; the next run removes what of it has expired.
   *
   * @return false when there is no such session
   */
  public boolean release(UUID project, UUID session) {
    return database.write(handle ->
        handle
            .createUpdate(
                """
                update session set kept_at = null
                where project_id = :project and id = :session
                """)
            .bind("project", project)
            .bind("session", session)
            .execute())
        > 0;
  }
}

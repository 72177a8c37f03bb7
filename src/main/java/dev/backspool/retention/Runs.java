package dev.backspool.retention;

import dev.backspool.Ids;
import dev.backspool.postgres.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The reports of runs, a row for each project and one for the day's run as a whole. */
final class Runs {
  private static final int MOST_SHOWN = 50;
  private static final int MOST_ERROR = 500;

  private final Database database;

  Runs(Database database) {
    this.database = database;
  }

  /**
   * Begins a report. One of the same project that has no end has lost its node: it gets one.
   *
   * @param project null for the day's run as a whole
   */
  UUID begin(@Nullable UUID project, Instant at) {
    UUID id = Ids.uuid();
    database.write(handle -> {
      handle
          .createUpdate(
              """
              update retention_run set finished_at = :at, error = 'Its node stopped during the run'
              where project_id is not distinct from cast(:project as uuid) and finished_at is null
              """)
          .bind("at", at.atOffset(ZoneOffset.UTC))
          .bind("project", project)
          .execute();
      return handle
          .createUpdate(
              "insert into retention_run (id, project_id, started_at) values (:id, cast(:project as uuid), :at)")
          .bind("id", id)
          .bind("project", project)
          .bind("at", at.atOffset(ZoneOffset.UTC))
          .execute();
    });
    return id;
  }

  /** Adds to a report, in the transaction that removes. */
  static void add(Handle handle, UUID run, Removed removed) {
    handle
        .createUpdate(
            """
            update retention_run set
              recordings = recordings + :recordings,
              objects = objects + :objects,
              bytes = bytes + :bytes,
              sessions = sessions + :sessions,
              events = events + :events,
              moved_to_cold = moved_to_cold + :movedToCold
            where id = :run
            """)
        .bindMethods(removed)
        .bind("run", run)
        .execute();
  }

  /** What a report says of a failure: no statement, and no row of it. */
  static String reason(Throwable failure) {
    Throwable cause = failure;
    while (failure instanceof RuntimeException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  void finish(UUID run, Instant at, @Nullable String error) {
    database.write(handle ->
        handle
            .createUpdate(
                "update retention_run set finished_at = :at, error = :error where id = :run")
            .bind("at", at.atOffset(ZoneOffset.UTC))
            .bind(
                "error",
                error == null || error.length() <= MOST_ERROR
                    ? error
                    : error.substring(0, MOST_ERROR))
            .bind("run", run)
            .execute());
  }

  /** Whether a day's run that began at this moment or later was done to its end. */
  boolean isDoneSince(Instant since) {
    return isAnySince(since, "finished_at is not null and error is null");
  }

  /** Whether a day's run began at this moment or later, whatever became of it. */
  boolean isTriedSince(Instant since) {
    return isAnySince(since, "true");
  }

  private boolean isAnySince(Instant since, String condition) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select exists (
                  select from retention_run
                  where project_id is null and started_at >= :since and %s)
                """
                    .formatted(condition))
            .bind("since", since.atOffset(ZoneOffset.UTC))
            .mapTo(Boolean.class)
            .one());
  }

  /** When the day's run was last done to its end. */
  Optional<Instant> lastDone() {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select max(finished_at) from retention_run
                where project_id is null and error is null
                """)
            .mapTo(OffsetDateTime.class)
            .findOne()
            .map(OffsetDateTime::toInstant));
  }

  /** A project's last runs, newest first. */
  static List<RetentionRun> of(Handle handle, UUID project) {
    return handle
        .createQuery(
            """
            select * from retention_run
            where project_id = :project
            order by started_at desc, id desc
            limit :most
            """)
        .bind("project", project)
        .bind("most", MOST_SHOWN)
        .map((row, _) -> run(row))
        .list();
  }

  private static RetentionRun run(ResultSet row) throws SQLException {
    OffsetDateTime finished = row.getObject("finished_at", OffsetDateTime.class);
    return new RetentionRun(
        row.getObject("id", UUID.class),
        row.getObject("started_at", OffsetDateTime.class).toInstant(),
        finished == null ? null : finished.toInstant(),
        new Removed(
            row.getLong("recordings"),
            row.getLong("objects"),
            row.getLong("bytes"),
            row.getLong("sessions"),
            row.getLong("events"),
            row.getLong("moved_to_cold")),
        row.getString("error"));
  }
}

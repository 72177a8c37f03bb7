package dev.backspool.verify;

import dev.backspool.postgres.Database;
import dev.backspool.verify.Finding.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether the tables for days are where rows are looked for, can be read, and keep projects
 * apart; and at what belongs to a whole project or to the installation.
 */
final class TableCheck {
  private static final Pattern DAY =
      Pattern.compile("(chunk|event)_([0-9]{4})([0-9]{2})([0-9]{2})");

  private final Database database;
  private final @Nullable UUID project;
  private final boolean quick;

  TableCheck(Database database, @Nullable UUID project, boolean quick) {
    this.database = database;
    this.project = project;
    this.quick = quick;
  }

  /**
   * A table for a day, or for all other days.
   *
   * @param parent {@code chunk} or {@code event}
   * @param attached whether it is a partition of it
   * @param apart whether it has row-level security and both of its policies
   */
  record Table(String parent, String name, boolean attached, boolean apart) {}

  /** All tables for days, and the two for all others if they are there. */
  List<Table> tables() {
    return database.snapshot(TableCheck::tables);
  }

  private static List<Table> tables(Handle handle) {
    return handle
        .createQuery(
            """
            select
              split_part(relname, '_', 1) as parent, relname as name,
              exists (
                select from pg_inherits
                where inhrelid = pg_class.oid
                  and inhparent = to_regclass(split_part(relname, '_', 1))
              ) as attached,
              relrowsecurity and (
                select count(*) from pg_policy
                where polrelid = pg_class.oid and polname in ('read', 'write')
              ) = 2 as apart
            from pg_class
            where relkind = 'r' and relnamespace = 'public'::regnamespace
              and relname ~ '^(chunk|event)_([0-9]{8}|default)$'
            order by relname
            """)
        .map((row, _) ->
            new Table(
                row.getString("parent"),
                row.getString("name"),
                row.getBoolean("attached"),
                row.getBoolean("apart")))
        .list();
  }

  /** Looks at the tables as such. */
  List<Suspicion> lookAtTables() {
    List<Table> tables = tables();
    var found = new ArrayList<Suspicion>();
    for (String parent : List.of("chunk", "event")) {
      if (tables.stream().noneMatch(table -> table.name().equals(parent + "_default"))) {
        found.add(
            Suspicion.of(
                Kind.PARTITION_MISSING,
                Place.table(parent + "_default"),
                "The table is not there: what comes on a day without one of its own is refused",
                () -> makeDefault(parent)));
      }
    }
    for (Table table : tables) {
      Place place = Place.table(table.name());
      if (!table.attached()) {
        found.add(
            Suspicion.of(
                Kind.PARTITION_MISSING,
                place,
                "The table is there and no partition of " + table.parent() + ": nobody sees it",
                () -> attach(table)));
      }
      if (!table.apart()) {
        found.add(
            Suspicion.of(
                Kind.POLICY_MISSING,
                place,
                "Row-level security does not keep the projects of the table apart",
                () -> keepApart(table.name())));
      }
    }
    return found;
  }

  private void makeDefault(String parent) {
    String name = parent + "_default";
    database.own(handle -> {
      handle.execute(
          "create table if not exists %s partition of %s default".formatted(name, parent));
      if (parent.equals("chunk")) {
        handle.execute("alter table chunk_default alter column payload set storage external");
      } else {
        handle
            .createQuery("select sync_watch('event_default', 8, false)")
            .mapTo(String.class)
            .list();
      }
      return keepApart(handle, name);
    });
  }

  private void attach(Table table) {
    Matcher day = DAY.matcher(table.name());
    String bounds =
        day.matches()
            ? """
            for values from ('%1$s-%2$s-%3$s 00:00:00+00')
            to (timestamptz '%1$s-%2$s-%3$s 00:00:00+00' + interval '1 day')
            """
                .formatted(day.group(2), day.group(3), day.group(4))
            : "default";
    database.own(handle ->
        handle.execute(
            "alter table %s attach partition %s %s"
                .formatted(table.parent(), table.name(), bounds)));
  }

  private void keepApart(String table) {
    database.own(handle -> keepApart(handle, table));
  }

  private static int keepApart(Handle handle, String table) {
    handle.execute("alter table %s enable row level security".formatted(table));
    handle.execute("drop policy if exists read on %s".formatted(table));
    handle.execute("drop policy if exists write on %s".formatted(table));
    handle.execute(
        "create policy read on %s for select to backspool_reader using (project_id = backspool_project())"
            .formatted(table));
    return handle.execute(
        "create policy write on %s to backspool_writer using (true) with check (true)"
            .formatted(table));
  }

  /**
   * Reads a table of events from its first row to its last.
   *
   * @return what PostgreSQL says when it cannot
   */
  List<Suspicion> read(Table table) {
    if (quick || !table.parent().equals("event")) {
      return List.of(); // Chunks are opened one by one.
    }
    try {
      database.snapshot(handle -> {
        handle.execute("set local max_parallel_workers_per_gather = 0");
        return handle
            .createQuery(
                """
                select sum(length(properties)), sum(length(name)), max(at), max(profile_id)
                from only %s
                where cast(:project as uuid) is null or project_id = cast(:project as uuid)
                """
                    .formatted(table.name()))
            .bind("project", project)
            .map((row, _) -> row.getLong(1))
            .one();
      });
      return List.of();
    } catch (RuntimeException failure) {
      if (Unreadable.isDropped(failure)) {
        return List.of();
      }
      return Unreadable.of(failure, Place.table(table.name()))
          .map(List::of)
          .orElseThrow(() -> failure);
    }
  }

  /** Looks for recordings that are encrypted by the key of a project that has none. */
  List<Suspicion> lookAtKeys() {
    return database.snapshot(handle ->
        handle
            .createQuery(
                """
                select id
                from project
                where (cast(:project as uuid) is null or id = cast(:project as uuid))
                  and not exists (select from project_key where project_id = project.id)
                  and (
                    exists (
                      select from recording_part
                      where project_id = project.id and data_key is not null)
                    or exists (
                      select from event_day
                      where project_id = project.id and data_key is not null))
                order by id
                """)
            .bind("project", project)
            .mapTo(UUID.class)
            .list()
            .stream()
            .map(id ->
                Suspicion.of(
                    Kind.PROJECT_KEY_MISSING,
                    Place.project(id),
                    "What it has in the archive is encrypted, and the key that opens it is gone"))
            .toList());
  }

  /**
   * Looks for jobs that nobody can take, or that nobody has taken over from who died though a
   * server ran: it has finished another job since.
   */
  List<Suspicion> lookAtJobs() {
    return database.snapshot(handle ->
        handle
            .createQuery(
                """
                select name, leased_until > now() as is_held
                from job
                where leased_until > now() + cast(:longest as interval)
                  or holder is not null and exists (
                    select from job other
                    where other.name <> :verify
                      and other.finished_at > job.leased_until + cast(:longest as interval))
                order by name
                """)
            .bind("longest", SessionReader.LONGEST_LEASE.toString())
            .bind("verify", Verification.JOB)
            .map((row, _) -> stuck(row.getString(1), row.getBoolean(2)))
            .list());
  }

  private Suspicion stuck(String job, boolean held) {
    return Suspicion.of(
        Kind.LEASE_STUCK,
        Place.table(job),
        held
            ? "The job's lease runs for longer than any that is taken: nobody does the job"
            : "Whoever did the job ended in the middle of it, and nobody has done it since",
        () ->
            database.write(handle ->
                handle.execute(
                    """
                    update job set holder = null, leased_until = null
                    where name = ? and (
                      leased_until > now() + cast(? as interval)
                      or leased_until < now() - cast(? as interval))
                    """,
                    job,
                    SessionReader.LONGEST_LEASE.toString(),
                    SessionReader.LONGEST_LEASE.toString())));
  }
}

package dev.backspool.erasure;

import dev.backspool.Ids;
import dev.backspool.erasure.Task.Kind;
import dev.backspool.ingest.Transaction;
import dev.backspool.postgres.Columns;
import dev.backspool.postgres.Cursor;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.Page;
import dev.backspool.session.Mark;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The rows of erasures: their receipts, what they have still to do, their tombstones. */
final class Ledger {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int SECRET_BYTES = 32;

  private static final String RECEIPT =
      """
      select
        id, kind, requested_at, rows_removed_at, objects_removed_at, lifted_at, removed::text,
        array(
          select object from erasure_object
          where erasure_object.project_id = erasure.project_id and erasure_id = erasure.id
          order by object) as objects
      from erasure
      """;

  private final Database database;

  Ledger(Database database) {
    this.database = database;
  }

  /**
   * Begins an erasure, with the tombstone of its subject; or finds the one that is going on.
   *
   * @param isKnown whether there is something to erase, whatever the rows tell
   * @return empty when there is nothing to erase
   */
  Optional<Going> begin(Mark subject, boolean isKnown) {
    return Transaction.run(database, connection -> begin(connection, subject, isKnown));
  }

  private static Optional<Going> begin(Connection connection, Mark subject, boolean isKnown)
      throws SQLException {
    byte[] secret = secret(connection, subject.project());
    byte[] hash = subject.hash(secret);
    Optional<UUID> known = goingOn(connection, subject.project(), hash);
    if (known.isPresent()) {
      return known.map(id -> new Going(id, subject, secret));
    }
    if (!isKnown && !exists(connection, subject)) {
      return Optional.empty();
    }
    var going = new Going(Ids.uuid(), subject, secret);
    var nothing = new TreeMap<String, Long>();
    for (Removed each : Removed.values()) {
      nothing.put(each.code(), 0L);
    }
    try (var statement =
        connection.prepareStatement(
            """
            insert into erasure (project_id, id, kind, subject, removed)
            values (?, ?, ?, ?, ?::jsonb)
            on conflict do nothing
            """)) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      statement.setString(3, subject.kind().name().toLowerCase(Locale.ROOT));
      statement.setBytes(4, hash);
      statement.setString(5, JSON.writeValueAsString(nothing));
      if (statement.executeUpdate() == 0) {
        throw new Transaction.Overtaken();
      }
    }
    add(
        connection,
        going,
        List.of(
            new Task(
                subject.kind() == Mark.Kind.PROFILE ? Kind.PROFILE : Kind.SESSION,
                subject.value())));
    bury(connection, going, List.of(subject));
    return Optional.of(going);
  }

  private static byte[] secret(Connection connection, UUID project) throws SQLException {
    byte[] fresh = new byte[SECRET_BYTES];
    RANDOM.nextBytes(fresh);
    try (var statement =
        connection.prepareStatement(
            "insert into erasure_secret (project_id, secret) values (?, ?) on conflict do nothing")) {
      statement.setObject(1, project);
      statement.setBytes(2, fresh);
      if (statement.executeUpdate() > 0) {
        return fresh;
      }
    }
    try (var statement =
        connection.prepareStatement("select secret from erasure_secret where project_id = ?")) {
      statement.setObject(1, project);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getBytes(1);
      }
    }
  }

  private static Optional<UUID> goingOn(Connection connection, UUID project, byte[] hash)
      throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select id from erasure
            where project_id = ? and subject = ? and rows_removed_at is null
            """)) {
      statement.setObject(1, project);
      statement.setBytes(2, hash);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(rows.getObject(1, UUID.class)) : Optional.empty();
      }
    }
  }

  private static boolean exists(Connection connection, Mark subject) throws SQLException {
    String sql =
        subject.kind() == Mark.Kind.SESSION
            ? "select exists (select from session where project_id = ? and id = ?::uuid)"
            : """
            select
              exists (select from profile where project_id = person.project and id = person.id)
              or exists (
                select from session
                where project_id = person.project and profile_id = person.id)
              or exists (
                select from session
                where project_id = person.project and device_id = person.id
                  and device_id is not null and (profile_id is null or profile_id = device_id))
              or exists (
                select from session
                where project_id = person.project and devices && array[person.id]
                  and devices <> '{}' and (profile_id is null or profile_id = person.id))
              or exists (
                select from event
                where project_id = person.project and profile_id = person.id
                  and profile_id is distinct from device_id)
            from (select ?::uuid as project, ?::text as id) as person
            """;
    try (var statement = connection.prepareStatement(sql)) {
      statement.setObject(1, subject.project());
      statement.setString(2, subject.value());
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() && rows.getBoolean(1);
      }
    }
  }

  /**
   * Notes what is to be removed, in the caller's transaction.
   *
   * @return how many tasks are new
   */
  static int add(Connection connection, Going going, Collection<Task> tasks) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into erasure_task (project_id, erasure_id, kind, value)
            select ?, ?, kind, value
            from unnest(?::text[], ?::text[]) as task (kind, value)
            on conflict do nothing
            """)) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      new Columns<>(statement, List.copyOf(tasks), 3)
          .text(task -> task.kind().code())
          .text(Task::value);
      return statement.executeUpdate();
    }
  }

  /**
   * Puts up tombstones, in the caller's transaction.
   *
   * @return how many are new
   */
  static int bury(Connection connection, Going going, Collection<Mark> marks) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into tombstone (project_id, erasure_id, mark)
            select ?, ?, mark
            from unnest(?::bytea[]) as buried (mark)
            order by mark
            on conflict do nothing
            """)) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      new Columns<>(statement, marks.stream().distinct().toList(), 3)
          .bytes(mark -> mark.hash(going.secret()));
      return statement.executeUpdate();
    }
  }

  /** What an erasure has to remove, of one kind. */
  List<String> tasks(Going going, Kind kind) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select value from erasure_task
                where project_id = :project and erasure_id = :id and kind = :kind
                order by value
                """)
            .bind("project", going.project())
            .bind("id", going.id())
            .bind("kind", kind.code())
            .mapTo(String.class)
            .list());
  }

  /**
   * Keeps an erasure from being finished before the caller's transaction ends.
   *
   * @throws Finished when it is by now
   */
  static void hold(Connection connection, Going going) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            select 1 from erasure
            where project_id = ? and id = ? and rows_removed_at is null
            for key share
            """)) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          throw new Finished();
        }
      }
    }
  }

  /**
   * Counts what the caller's transaction removes or changes.
   *
   * @param tables whose rows these are
   * @throws Finished when somebody else has finished the erasure
   */
  static void count(
      Connection connection, Going going, List<String> tables, Map<Removed, Long> removed)
      throws SQLException {
    var counts = new HashMap<String, Long>();
    removed.forEach((kind, count) -> counts.put(kind.code(), count));
    try (var statement =
        connection.prepareStatement(
            """
            update erasure set
              removed = sum_counts(removed, ?::jsonb),
              touched = array(select distinct unnest(touched || ?) order by 1)
            where project_id = ? and id = ? and rows_removed_at is null
            """)) {
      statement.setString(1, JSON.writeValueAsString(counts));
      statement.setArray(2, connection.createArrayOf("text", tables.toArray()));
      statement.setObject(3, going.project());
      statement.setObject(4, going.id());
      if (statement.executeUpdate() == 0) {
        throw new Finished();
      }
    }
  }

  /** Lists objects in the receipt, in the caller's transaction. */
  static void list(Connection connection, Going going, List<String> objects) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            """
            insert into erasure_object (project_id, erasure_id, object)
            select ?, ?, object from unnest(?::text[]) as gone (object)
            on conflict do nothing
            """)) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      new Columns<>(statement, objects, 3).text(object -> object);
      statement.executeUpdate();
    }
  }

  /** Notes that no row is left, and forgets whom it was about. */
  void finish(Going going) {
    Transaction.run(
        database,
        connection -> {
          // Whoever writes tasks down holds the row: they are done, and others come too late.
          lock(connection, going);
          execute(
              connection,
              "delete from erasure_task where project_id = ? and erasure_id = ?",
              going.project(),
              going.id());
          execute(
              connection,
              """
              update erasure set
                rows_removed_at = now(),
                touched = touched || array['erasure_task']
              where project_id = ? and id = ? and rows_removed_at is null
              """,
              going.project(),
              going.id());
          return going;
        });
  }

  private static void lock(Connection connection, Going going) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select 1 from erasure where project_id = ? and id = ? for update")) {
      statement.setObject(1, going.project());
      statement.setObject(2, going.id());
      statement.executeQuery().close();
    }
  }

  /** Forgets whom finished erasures were about, whoever wrote it down. */
  void forget() {
    database.write(handle ->
        handle.execute(
            """
            delete from erasure_task using erasure
            where erasure.project_id = erasure_task.project_id
              and erasure.id = erasure_task.erasure_id and rows_removed_at is not null
            """));
  }

  private static int execute(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  /** Notes of which erasures no object waits to be deleted any more. */
  int noteObjects() {
    return database.write(handle ->
        handle.execute(
            """
            update erasure set objects_removed_at = now()
            where objects_removed_at is null and rows_removed_at is not null
              and not exists (
                select from erasure_object as listed
                join doomed_object as waiting
                  on waiting.project_id = listed.project_id and waiting.object = listed.object
                where listed.project_id = erasure.project_id and listed.erasure_id = erasure.id)
            """));
  }

  /** Those that have rows to remove and were begun so long ago, or are among the held up. */
  List<Going> unfinished(Instant begunBefore, Collection<UUID> heldUp) {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select erasure.project_id, erasure.id, task.kind, task.value, secret
                from erasure
                join erasure_task as task
                  on task.project_id = erasure.project_id and task.erasure_id = erasure.id
                  and task.kind = erasure.kind
                join erasure_secret on erasure_secret.project_id = erasure.project_id
                where rows_removed_at is null
                  and (requested_at <= :before or erasure.id = any(:held_up))
                order by requested_at
                """)
            .bind("before", begunBefore.atOffset(ZoneOffset.UTC))
            .bindArray("held_up", UUID.class, heldUp)
            .map((row, _) -> {
              UUID project = row.getObject("project_id", UUID.class);
              var kind = Mark.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT));
              return new Going(
                  row.getObject("id", UUID.class),
                  new Mark(project, kind, row.getString("value")),
                  row.getBytes("secret"));
            })
            .list());
  }

  /** Tables whose dead rows take up place, of erasures that are through with their rows. */
  List<String> toVacuum() {
    return database.write(handle ->
        handle
            .createQuery(
                """
                select distinct unnest(touched) from erasure
                where vacuumed_at is null and rows_removed_at is not null
                order by 1
                """)
            .mapTo(String.class)
            .list());
  }

  /**
   * Notes that tables are vacuumed.
   *
   * @param began before it; of erasures that were through with their rows by then nothing is left
   *     in these tables
   */
  void vacuumed(Collection<String> tables, Instant began) {
    database.write(handle ->
        handle
            .createUpdate(
                """
                update erasure set
                  touched = left_over,
                  vacuumed_at = case when left_over = '{}' then now() end
                from (
                  select project_id, id, array(
                      select unnest(touched) except select unnest(:tables) order by 1) as left_over
                  from erasure
                  where vacuumed_at is null and rows_removed_at <= :began
                  for update
                ) as waiting
                where erasure.project_id = waiting.project_id and erasure.id = waiting.id
                """)
            .bind("began", began.atOffset(ZoneOffset.UTC))
            .bindArray("tables", String.class, tables)
            .execute());
  }

  /** The database's clock, by which rows are dated. */
  Instant now() {
    return database.write(
        handle -> handle.createQuery("select now()").mapTo(OffsetDateTime.class).one().toInstant());
  }

  /** The receipts of a project, newest first. */
  Page<Receipt, UUID> page(UUID project, @Nullable Cursor<UUID> after, int limit) {
    noteObjects();
    List<Receipt> found =
        database.read(
            project,
            handle -> {
              String behind =
                  after == null ? "" : "and (requested_at, id) < (:at, cast(:after as uuid))";
              Query query =
                  handle
                      .createQuery(
                          RECEIPT
                              + "where project_id = :project "
                              + behind
                              + " order by requested_at desc, id desc limit :limit")
                      .bind("project", project)
                      .bind("limit", limit + 1);
              if (after != null) {
                query.bind("at", after.at().atOffset(ZoneOffset.UTC)).bind("after", after.id());
              }
              return query.map((row, _) -> receipt(row)).list();
            });
    return Page.of(found, limit, receipt -> new Cursor<>(receipt.requestedAt(), receipt.id()));
  }

  /** A receipt of a project. */
  Optional<Receipt> byId(UUID project, UUID id) {
    noteObjects();
    return database.read(
        project,
        handle ->
            handle
                .createQuery(RECEIPT + "where project_id = :project and id = :id")
                .bind("project", project)
                .bind("id", id)
                .map((row, _) -> receipt(row))
                .findOne());
  }

  /** The receipt of a subject that was erased before and is still not recorded. */
  Optional<Receipt> last(Mark subject) {
    Optional<UUID> id =
        Transaction.run(
            database,
            connection -> {
              byte[] hash = subject.hash(secret(connection, subject.project()));
              try (var statement =
                  connection.prepareStatement(
                      """
                      select id from erasure
                      where project_id = ? and subject = ? and lifted_at is null
                      order by requested_at desc
                      limit 1
                      """)) {
                statement.setObject(1, subject.project());
                statement.setBytes(2, hash);
                try (ResultSet rows = statement.executeQuery()) {
                  return rows.next()
                      ? Optional.of(rows.getObject(1, UUID.class))
                      : Optional.<UUID>empty();
                }
              }
            });
    return id.flatMap(found -> byId(subject.project(), found));
  }

  /** Takes an erasure's tombstones away. */
  void lift(UUID project, UUID id) {
    Transaction.run(
        database,
        connection -> {
          execute(
              connection,
              "delete from tombstone where project_id = ? and erasure_id = ?",
              project,
              id);
          return execute(
              connection,
              """
              update erasure set lifted_at = now()
              where project_id = ? and id = ? and lifted_at is null
              """,
              project,
              id);
        });
  }

  private static Receipt receipt(ResultSet row) throws SQLException {
    var removed = new TreeMap<String, Long>();
    JSON.readTree(row.getString("removed"))
        .properties()
        .forEach(count -> removed.put(count.getKey(), count.getValue().asLong()));
    return new Receipt(
        row.getObject("id", UUID.class),
        row.getString("kind"),
        row.getObject("requested_at", OffsetDateTime.class).toInstant(),
        instant(row, "rows_removed_at"),
        instant(row, "objects_removed_at"),
        instant(row, "lifted_at"),
        removed,
        List.of((String[]) row.getArray("objects").getArray()));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}

package dev.backspool.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.Test;

/** Pools, roles and row-level security, on the embedded server and on a PostgreSQL 15. */
class DatabaseTest {
  private static final UUID ONE = UUID.fromString("00000000-0000-0000-0000-000000000001");
  private static final UUID TWO = UUID.fromString("00000000-0000-0000-0000-000000000002");

  @Test
  void a_reader_sees_the_rows_of_its_project_only() {
    try (Database database = TestPostgres.freshDatabase().open()) {
      seesOnlyItsProject(database);
    }
  }

  @Test
  void works_on_postgresql_15() {
    var address = TestPostgres.externalDatabase();
    assumeThat(address).isPresent();
    try (Database database = address.orElseThrow().open()) {
      seesOnlyItsProject(database);
    }
    // A second database on a server where the roles are there already.
    try (Database database = TestPostgres.externalDatabase().orElseThrow().open()) {
      seesOnlyItsProject(database);
    }
  }

  private static void seesOnlyItsProject(Database database) {
    makeNotes(database);
    assertThat(notes(database, ONE)).containsExactly("of one");
    assertThat(notes(database, TWO)).containsExactly("of two");
    assertThat(notes(database, UUID.randomUUID())).isEmpty();
    List<String> withoutProject =
        database.read(
            ONE,
            handle -> {
              handle
                  .createQuery("select set_config('backspool.project', '', true)")
                  .mapToMap()
                  .list();
              return handle.select("select text from note").mapTo(String.class).list();
            });
    assertThat(withoutProject).isEmpty();
  }

  @Test
  void a_reader_cannot_write_and_a_writer_cannot_change_tables() {
    try (Database database = TestPostgres.freshDatabase().open()) {
      makeNotes(database);
      assertThatThrownBy(() ->
              database.read(
                  ONE,
                  handle -> {
                    handle.execute("set transaction read write");
                    return handle.execute("delete from note");
                  }))
          .isInstanceOf(JdbiException.class);
      assertThatThrownBy(() -> database.write(handle -> handle.execute("drop table note")))
          .isInstanceOf(JdbiException.class)
          .hasMessageContaining("must be owner");
      assertThat(database.<String>write(DatabaseTest::role)).isEqualTo("backspool_writer");
      assertThat(database.<String>read(ONE, DatabaseTest::role)).isEqualTo("backspool_reader");
      assertThat(database.<String>own(DatabaseTest::role)).isEqualTo("backspool");
    }
  }

  @Test
  void a_write_that_fails_leaves_nothing() {
    try (Database database = TestPostgres.freshDatabase().open()) {
      makeNotes(database);
      assertThatThrownBy(() ->
              database.write(handle -> {
                handle.execute("delete from note");
                throw new IllegalStateException("changed my mind");
              }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(notes(database, ONE)).isNotEmpty();
    }
  }

  @Test
  void the_connection_of_a_writer_commits_by_hand() throws SQLException {
    try (Database database = TestPostgres.freshDatabase().open()) {
      makeNotes(database);
      try (Connection connection = database.writer();
          var statement = connection.createStatement()) {
        statement.execute("delete from note");
        connection.rollback();
        statement.execute("update note set text = 'changed'");
        connection.commit();
      }
      assertThat(notes(database, ONE)).containsExactly("changed");
    }
  }

  @Test
  void several_programs_may_open_new_databases_of_one_server_at_once() throws Exception {
    var folder = TestPostgres.reachableFolder("crowd");
    try (EmbeddedPostgres server = EmbeddedPostgres.start(folder)) {
      try (Connection superuser = server.superuser();
          var statement = superuser.createStatement()) {
        statement.execute("create database other owner backspool");
      }
      try (var crowd = Executors.newVirtualThreadPerTaskExecutor()) {
        var opened =
            List.of("backspool", "other", "backspool", "other").stream()
                .map(name ->
                    crowd.submit(() ->
                        Database.open(server.jdbcUrl(name), server.user(), server.password())))
                .toList();
        for (var database : opened) {
          try (Database open = database.get()) {
            assertThat(open.<String>write(DatabaseTest::role)).isEqualTo("backspool_writer");
          }
        }
      }
    }
    Binaries.delete(folder);
  }

  @Test
  void a_user_that_may_not_make_the_roles_is_told_what_to_do() throws Exception {
    var folder = TestPostgres.reachableFolder("strict");
    try (EmbeddedPostgres server = EmbeddedPostgres.start(folder)) {
      try (Connection superuser = server.superuser();
          var statement = superuser.createStatement()) {
        statement.execute("create role plain login password 'plain'");
        statement.execute("create database plain owner plain");
        assertThatThrownBy(() -> Database.open(server.jdbcUrl("plain"), "plain", "plain"))
            .isInstanceOf(PostgresStartException.class)
            .hasMessageContaining("create role backspool_reader nologin");
        statement.execute("create role backspool_reader nologin");
        statement.execute("create role backspool_writer nologin");
        assertThatThrownBy(() -> Database.open(server.jdbcUrl("plain"), "plain", "plain"))
            .isInstanceOf(PostgresStartException.class)
            .hasMessageContaining("grant backspool_reader, backspool_writer to plain");
        statement.execute("grant backspool_reader, backspool_writer to plain");
        try (Database database = Database.open(server.jdbcUrl("plain"), "plain", "plain")) {
          seesOnlyItsProject(database);
        }
      }
    }
    Binaries.delete(folder);
  }

  @Test
  void opening_again_changes_nothing() {
    var address = TestPostgres.freshDatabase();
    try (Database database = address.open()) {
      makeNotes(database);
    }
    try (Database database = address.open()) {
      assertThat(notes(database, TWO)).containsExactly("of two");
    }
  }

  @Test
  void an_unreachable_server_is_named_without_its_password() {
    assertThatThrownBy(
            () -> Database.open("postgres://someone:secret@127.0.0.1:1/nowhere", null, null))
        .isInstanceOf(PostgresStartException.class)
        .hasMessageContaining("postgresql://127.0.0.1:1/nowhere")
        .hasMessageContaining("refused")
        .hasMessageNotContaining("secret");
  }

  @Test
  void a_server_that_stopped_is_unavailable_and_not_an_error_of_the_request() throws Exception {
    var folder = TestPostgres.reachableFolder("stopped");
    EmbeddedPostgres server = EmbeddedPostgres.start(folder);
    try (Database database = Database.open(server.jdbcUrl(), server.user(), server.password())) {
      server.close();
      assertThatThrownBy(() -> database.read(ONE, DatabaseTest::role))
          .isInstanceOf(DatabaseUnavailable.class);
      assertThatThrownBy(() -> database.own(DatabaseTest::role))
          .isInstanceOf(DatabaseUnavailable.class);
    }
    Binaries.delete(folder);
  }

  private static String role(org.jdbi.v3.core.Handle handle) {
    return handle.select("select current_user").mapTo(String.class).one();
  }

  private static List<String> notes(Database database, UUID project) {
    return database.read(
        project, handle -> handle.select("select text from note").mapTo(String.class).list());
  }

  private static void makeNotes(Database database) {
    database.own(handle -> {
      handle.execute("create table note (project uuid not null, text text not null)");
      handle.execute("alter table note enable row level security");
      handle.execute(
          "create policy own_project on note to backspool_reader using (project = backspool_project())");
      handle.execute("create policy all_projects on note to backspool_writer using (true)");
      return handle.execute("create index note_project on note (project)");
    });
    database.write(
        handle -> handle.execute("insert into note values (?, 'of one'), (?, 'of two')", ONE, TWO));
  }
}

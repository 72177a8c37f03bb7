package dev.backspool.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings a database to the schema of this program, {@code classpath:db/migration}. */
final class Migrations {
  private static final int OLDEST_MAJOR = 15;

  /** Says "backspool" to whoever looks into pg_locks. */
  private static final long LOCK = 0x6261636b73706fL;

  private Migrations() {}

  /**
   * Checks the server and runs what it lacks, as the owner of the tables. Safe when several
   * programs do it at the same time.
   *
   * @throws PostgresStartException when the server cannot be reached, is too old, or refuses
   */
  static void run(DataSource owner, DatabaseUrl url) {
    check(owner, url);
    try (Connection queue = owner.getConnection();
        Statement statement = queue.createStatement()) {
      // Flyway's own lock comes after it made its table, where two programs can meet already. Ours
      // is
      // given back when the connection closes.
      statement.execute("select pg_advisory_lock(" + LOCK + ")");
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(owner)
          .locations("classpath:db/migration")
          .defaultSchema("public")
          .placeholderReplacement(false)
          .validateMigrationNaming(true)
          // A managed server's extensions may have put their views into the empty schema.
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .loggers("slf4j")
          .load()
          .migrate();
    } catch (SQLException | FlywayException failure) {
      throw new PostgresStartException(
          "The database %s could not be brought up to date: %s".formatted(url, reason(failure)),
          failure);
    }
  }

  private static void check(DataSource owner, DatabaseUrl url) {
    try (Connection connection = owner.getConnection();
        Statement statement = connection.createStatement()) {
      if (connection.getMetaData().getDatabaseMajorVersion() < OLDEST_MAJOR) {
        throw new PostgresStartException(
            "Backspool needs PostgreSQL %d or newer; %s is %s."
                .formatted(
                    OLDEST_MAJOR, url, connection.getMetaData().getDatabaseProductVersion()));
      }
      try (ResultSet row =
          statement.executeQuery(
              "select current_user, has_schema_privilege('public', 'create, usage')")) {
        row.next();
        if (!row.getBoolean(2)) {
          throw new PostgresStartException(
              "The user %1$s may not create tables in %2$s: make it the owner of the database, or run: grant create, usage on schema public to \"%1$s\""
                  .formatted(row.getString(1), url));
        }
      }
    } catch (SQLException failure) {
      throw new PostgresStartException(
          "The database %s cannot be used: %s".formatted(url, failure.getMessage()), failure);
    }
  }

  private static String reason(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return String.valueOf(sql.getMessage());
      }
    }
    return String.valueOf(failure.getMessage());
  }
}

package dev.backspool.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections and transactions over a PostgreSQL, embedded or the operator's own.
 *
 * <p>Four ways in, by what they may do: {@link #read} sees one project and changes nothing, {@link
 * #write} changes rows of all projects, {@link #own} changes tables, {@link #snapshot} sees all
 * projects at one moment. A database that does not answer is a {@link DatabaseUnavailable} from
 * each of them. Threads share one instance.
 */
public final class Database implements AutoCloseable {
  private static final int WRITERS = 6;
  private static final int READERS = 10;
  private static final int VIEWERS = 4;
  private static final Duration READ_LIMIT = Duration.ofSeconds(30);
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(60);

  /** How long a request waits for a connection before it is told that the database is away. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Writers find rows by their keys. A plan is kept for as long as its connection, and one made
   * while a table was young would go on reading the whole of it.
   */
  private static final String BY_KEYS =
      """
      set enable_seqscan = off;
      set enable_hashjoin = off;
      set enable_mergejoin = off;
      set jit = off
      """;

  /** What is read for varies: a plan for any value suits neither the rare nor the frequent one. */
  private static final String BY_VALUES = "set plan_cache_mode = 'force_custom_plan'";

  /**
   * Statistics quote rows. Analysing does not renew those of a table that has become empty, nor
   * those that somebody once had made of all partitions together. Before PostgreSQL 18 nobody but a
   * superuser can take the first away.
   */
  private static final String FORGET_STATISTICS =
      """
      do $$
      declare
        vacuumed regclass := 'the_table';
        whole regclass := (select inhparent from pg_inherits where inhrelid = vacuumed);
        forget text := '
          select pg_clear_attribute_stats(nspname, relname, attname, $2)
          from pg_attribute
          join pg_class on pg_class.oid = attrelid
          join pg_namespace on pg_namespace.oid = relnamespace
          where attrelid = $1 and attnum > 0 and not attisdropped';
      begin
        if current_setting('server_version_num')::int >= 180000 then
          if not exists (select from the_table) then
            execute forget using vacuumed, false;
          end if;
          if whole is not null then
            execute forget using whole, true;
          end if;
        elsif exists (
          select from pg_stats
          where (schemaname, tablename) = (
              select nspname, relname from pg_class
              join pg_namespace on pg_namespace.oid = relnamespace
              where pg_class.oid = whole)
            and inherited)
        then
          execute 'analyze ' || whole;
        end if;
      end $$
      """;

  private final Jdbi owner;
  private final HikariDataSource writers;
  private final HikariDataSource readers;
  private final Jdbi writing;
  private final Jdbi reading;
  private final HikariDataSource viewers;
  private final Jdbi viewing;
  private final DatabaseUrl url;

  private Database(DatabaseUrl url) {
    this.url = url;
    PGSimpleDataSource owning = source(url, "backspool owner");
    owner = Jdbi.create(owning);
    Migrations.run(owning, url);
    writers = pool(url, "writer", WRITERS, WRITE_LIMIT);
    try {
      readers = pool(url, "reader", READERS, READ_LIMIT);
    } catch (RuntimeException failure) {
      writers.close();
      throw failure;
    }
    writing = Jdbi.create(writers);
    reading = Jdbi.create(readers);
    viewers = viewers(url);
    viewing = Jdbi.create(viewers);
  }

  /**
   * Brings the database up to date and opens the pools.
   *
   * @param url {@code postgresql://user:password@host:5432/name}, {@code postgres://…} or {@code
   *     jdbc:postgresql://…}
   * @param user for a url without one
   * @param password for a url without one
   * @throws PostgresStartException when the server cannot be reached, is older than PostgreSQL 15,
   *     or does not let this user make tables and the two roles
   */
  public static Database open(String url, @Nullable String user, @Nullable String password) {
    DatabaseUrl parsed = DatabaseUrl.parse(url, user, password);
    try {
      return new Database(parsed);
    } catch (HikariPool.PoolInitializationException failure) {
      throw new PostgresStartException(
          "The database %s cannot be used: %s".formatted(parsed, failure.getMessage()), failure);
    }
  }

  /**
   * Reads, in one transaction that sees only the rows of a project: row-level security compares
   * them with {@code backspool_project()}.
   */
  public <T extends @Nullable Object> T read(UUID project, HandleFunction<T> work) {
    try {
      return reading.inTransaction(handle -> {
        handle
            .createQuery("select set_config('backspool.project', :project, true)")
            .bind("project", project.toString())
            .mapTo(String.class)
            .one();
        return work.in(handle);
      });
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /** Reads and writes rows of any project, in one transaction. Rolled back when the work throws. */
  public <T extends @Nullable Object> T write(HandleFunction<T> work) {
    try {
      return writing.inTransaction(work::in);
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /**
   * Changes tables, in one transaction, as their owner and past row-level security: partitions and
   * maintenance. On a connection of its own, without a time limit.
   */
  public <T extends @Nullable Object> T own(HandleFunction<T> work) {
    try {
      return owner.inTransaction(work::in);
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /**
   * Reads rows of all projects as they were at one moment, in one transaction that changes nothing.
   * On a connection of its own, without a time limit: keep it short, as what is deleted meanwhile
   * stays until its end.
   */
  public <T extends @Nullable Object> T snapshot(HandleFunction<T> work) {
    try {
      return owner.inTransaction(
          TransactionIsolationLevel.REPEATABLE_READ,
          handle -> {
            handle.execute("set transaction read only");
            return work.in(handle);
          });
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /**
   * Reads rows of all projects as they were at one moment, by their keys, in one transaction that
   * changes nothing: as {@link #snapshot}, but often, and within a minute.
   */
  public <T extends @Nullable Object> T view(HandleFunction<T> work) {
    try {
      return viewing.inTransaction(work::in);
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /**
   * A connection of its own as the tables' owner, outside all pools, for one that is kept.
   *
   * @param name tells the database's administrator what it is for
   */
  public Connection alone(String name) {
    try {
      return source(url, name).getConnection();
    } catch (SQLException failure) {
      throw new DatabaseUnavailable(failure);
    }
  }

  /**
   * Frees the place of a table's dead rows and renews its statistics, as the table's owner; it
   * blocks nobody, and is slow for their sake.
   *
   * @param table as SQL spells its name; not a partitioned one, whose rows lie in its partitions
   */
  public void vacuum(String table) {
    try (var handle = owner.open()) {
      handle.execute("set vacuum_cost_delay = '1ms'");
      handle.execute("vacuum (analyze) " + table);
      handle.execute(FORGET_STATISTICS.replace("the_table", table));
    } catch (RuntimeException failure) {
      throw DatabaseUnavailable.translate(failure);
    }
  }

  /**
   * A writer's connection for the group commit. Auto-commit is off: the caller commits or rolls
   * back, and closes it. For failures of the connection itself ask {@link
   * DatabaseUnavailable#isCauseOf}.
   */
  public Connection writer() {
    try {
      Connection connection = writers.getConnection();
      connection.setAutoCommit(false); // the pool turns it on again when it gets it back
      return connection;
    } catch (SQLException failure) {
      throw new DatabaseUnavailable(failure);
    }
  }

  /** Closes the pools; transactions that run are cut off. */
  @Override
  public void close() {
    viewers.close();
    readers.close();
    writers.close();
  }

  /** Opened when they are first needed. */
  private static HikariDataSource viewers(DatabaseUrl url) {
    HikariConfig config = config(url, "viewer", "writer", VIEWERS, WRITE_LIMIT);
    config.setMinimumIdle(0);
    // Pages of a few keys and of many: a plan made while a table was empty finds a row in it by any
    // index.
    config.setConnectionInitSql(config.getConnectionInitSql() + ";\n" + BY_VALUES);
    config.setReadOnly(true);
    config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  private static HikariDataSource pool(DatabaseUrl url, String role, int size, Duration limit) {
    HikariConfig config = config(url, role, role, size, limit);
    config.setReadOnly(role.equals("reader"));
    return new HikariDataSource(config);
  }

  private static HikariConfig config(
      DatabaseUrl url, String name, String role, int size, Duration limit) {
    PGSimpleDataSource source = source(url, "backspool " + name);
    // Later than the server's own limit: this one is for a server that says nothing any more.
    source.setSocketTimeout(Math.toIntExact(limit.plusSeconds(30).toSeconds()));
    HikariConfig config = new HikariConfig();
    config.setPoolName("postgres-" + name);
    config.setDataSource(source);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(2);
    config.setConnectionTimeout(PATIENCE.toMillis());
    config.setConnectionInitSql(
        """
        set role backspool_%s;
        set statement_timeout = '%ds';
        set lock_timeout = '10s';
        set idle_in_transaction_session_timeout = '%2$ds';
        %s
        """
            .formatted(role, limit.toSeconds(), role.equals("reader") ? BY_VALUES : BY_KEYS));
    return config;
  }

  private static PGSimpleDataSource source(DatabaseUrl url, String name) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setApplicationName(name);
    source.setConnectTimeout(10);
    source.setTcpKeepAlive(true);
    // PostgreSQL's details quote rows, and what is thrown may come to be logged.
    source.setLogServerErrorDetail(false);
    source.setUrl(url.jdbc());
    source.setUser(url.user());
    source.setPassword(url.password());
    return source;
  }
}

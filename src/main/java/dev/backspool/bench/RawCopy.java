package dev.backspool.bench;

import dev.backspool.postgres.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * The limit that PostgreSQL sets: stored events once more by binary COPY, a transaction for so
 * many, into a partitioned table with the same columns and indexes.
 */
final class RawCopy implements Stress.Client {
  private final Connection connection;
  private final byte[] rows;
  private final int count;

  RawCopy(Database database, int count) throws IOException {
    this.count = count;
    database.own(handle -> {
      handle.execute("select pg_advisory_xact_lock(20260608)"); // the clients start together
      handle.execute(
          """
          do $$ begin
            if to_regclass('event_limit') is null then
              create table event_limit (like event including indexes) partition by range (received_at);
              create table event_limit_all partition of event_limit default;
              grant all on event_limit, event_limit_all to backspool_writer;
            end if;
          end $$
          """);
      return 0;
    });
    rows =
        database.own(handle -> {
          var out = new ByteArrayOutputStream();
          try {
            handle
                .getConnection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut(
                    "copy (select * from event limit " + count + ") to stdout (format binary)",
                    out);
          } catch (SQLException | IOException e) {
            throw new IllegalStateException(e);
          }
          return out.toByteArray();
        });
    connection = database.writer();
  }

  @Override
  public int send() throws IOException {
    try {
      var copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("copy event_limit from stdin (format binary)");
      copy.writeToCopy(rows, 0, rows.length);
      copy.endCopy();
      connection.commit();
      return count;
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}

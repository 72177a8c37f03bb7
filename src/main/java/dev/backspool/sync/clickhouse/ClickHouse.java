package dev.backspool.sync.clickhouse;

import com.clickhouse.client.api.ServerException;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import dev.backspool.sync.SinkOpener;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/**
 * A database in a ClickHouse: what is copied goes there by its {@link #sink}, and questions about
 * it are asked here. For any number of threads.
 */
public final class ClickHouse implements AutoCloseable {
  private final ClickHouseUrl url;
  private final Connection connection;
  private final ClickHouseSink sink;

  private ClickHouse(ClickHouseUrl url, Connection connection) {
    this.url = url;
    this.connection = connection;
    sink = new ClickHouseSink(url, Patience.STANDARD, connection);
  }

  /**
   * Opens one; nothing is asked of the server yet.
   *
   * @param address as an operator gives it, see {@link ClickHouseUrl}
   * @throws IllegalArgumentException saying what is wrong with the address, without repeating it
   */
  public static ClickHouse open(String address) {
    try {
      ClickHouseUrl url = ClickHouseUrl.parse(address);
      return new ClickHouse(url, new Connection(url, Patience.STANDARD, null));
    } catch (SinkException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  /**
   * Opens such sinks.
   *
   * @param isPrivateAllowed whether they may lie in private and local networks, without TLS
   */
  public static SinkOpener opener(boolean isPrivateAllowed) {
    return address -> {
      try {
        ClickHouseUrl url = ClickHouseUrl.parse(address);
        return new ClickHouseSink(
            url,
            Patience.STANDARD,
            isPrivateAllowed
                ? new Connection(url, Patience.STANDARD, null)
                : Connection.toPublic(url, Patience.STANDARD));
      } catch (IllegalArgumentException wrong) {
        throw new SinkException(Kind.REFUSED, "The connection " + wrong.getMessage(), null);
      }
    };
  }

  /** It as a destination of the sync; closed with it. */
  public Sink sink() {
    return sink;
  }

  /** Names the database: all nodes that have the same address give it the same. */
  public UUID id() {
    return UUID.nameUUIDFromBytes(url.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Where it is, without credentials. */
  public String place() {
    return url.toString();
  }

  /** The database's name: it has the views, by the names of the mappings. */
  public String database() {
    return url.database();
  }

  /**
   * A question.
   *
   * @param id names it while it runs; nobody may have used it before
   * @param sql a select that refers to its parameters as {@code {name:Type}}, and names no format
   * @param parameters values as ClickHouse reads them in text
   * @param settings of ClickHouse, for example {@code max_result_rows}; the text cannot change them
   * @param format of the answer, for example {@code JSONCompactEachRowWithNamesAndTypes}
   * @param most after which it is given up here and stopped there
   */
  public record Select(
      String id,
      String sql,
      Map<String, String> parameters,
      Map<String, String> settings,
      String format,
      Duration most) {
    public Select {
      parameters = Map.copyOf(parameters);
      settings = Map.copyOf(settings);
    }
  }

  /** Takes an answer; what it leaves unread is thrown away. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(InputStream answer) throws IOException;
  }

  /** The server does not answer a question. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final int code;

    Refused(ServerException cause) {
      super(cause.getMessage(), cause);
      code = cause.getCode();
    }

    /** ClickHouse's number for the reason; the message is its own, and may quote anything. */
    public int code() {
      return code;
    }
  }

  /**
   * Asks a question. It can only read: neither its text nor its settings can change that.
   * ClickHouse answers when it is done, so that what fails gives no part of an answer.
   *
   * @throws Refused when the server says why it does not answer
   * @throws IOException when it says nothing in time, or the answer cannot be read
   */
  public <T> T select(Select select, Reader<T> reader) throws Refused, IOException {
    return connection.select(select, reader);
  }

  /**
   * Stops a question wherever it is, soon; nothing happens when it is done already. The server has
   * a few seconds to say that it heard.
   */
  public void cancel(String id) throws SinkException {
    connection.run(
        "kill query where query_id = %s async".formatted(Sql.text(id)),
        Map.of(),
        Patience.STANDARD.connect());
  }

  @Override
  public void close() {
    sink.close();
  }

  /** The address without its credentials. */
  @Override
  public String toString() {
    return url.toString();
  }
}

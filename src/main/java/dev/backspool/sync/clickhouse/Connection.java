package dev.backspool.sync.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ClientConfigProperties;
import com.clickhouse.client.api.ClientFaultCause;
import com.clickhouse.client.api.CompressionMethod;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.command.CommandResponse;
import com.clickhouse.client.api.command.CommandSettings;
import com.clickhouse.client.api.data_formats.ClickHouseBinaryFormatReader;
import com.clickhouse.client.api.enums.ProxyType;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.backspool.sync.PublicSockets;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Statements to a server, each within its time; its errors as the sync's. */
final class Connection implements AutoCloseable {
  /** What no address changes: else an insert returns before its rows are stored. */
  private static final Map<String, String> FIXED =
      Map.of("async_insert", "0", "wait_end_of_query", "1");

  /** The server's own clock comes first. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** For statements with long lists. */
  static final Map<String, String> LONG =
      Map.of(
          "max_query_size", "67108864",
          "max_ast_elements", "1000000",
          "max_expanded_ast_elements", "1000000");

  private final ClickHouseUrl url;
  private final Patience patience;
  private final @Nullable Gate gate;
  private final boolean publicOnly;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Client client;

  /**
   * Opens one; nothing is asked of the server yet.
   *
   * @param gate through which alone it connects, closed with it; null is any way
   */
  Connection(ClickHouseUrl url, Patience patience, @Nullable Gate gate) throws SinkException {
    this(url, patience, gate, false);
  }

  private Connection(ClickHouseUrl url, Patience patience, @Nullable Gate gate, boolean publicOnly)
      throws SinkException {
    this.url = url;
    this.patience = patience;
    this.gate = gate;
    this.publicOnly = publicOnly;
    Client.Builder builder =
        new Client.Builder()
            .addEndpoint(url.endpoint().toString())
            .setUsername(url.user())
            .setPassword(url.password())
            .useHTTPBasicAuth(true)
            .setClientName("backspool")
            .setConnectTimeout(patience.connect().toMillis())
            .setSocketTimeout(patience.silence().toMillis())
            .setConnectionRequestTimeout(patience.statement().toMillis(), ChronoUnit.MILLIS)
            // The server may close a connection just when it is used again. What else fails is
            // tried again by whoever calls.
            .retryOnFailures(ClientFaultCause.NoHttpResponse)
            .setMaxRetries(1)
            .compressClientRequest(true)
            .setOption(
                ClientConfigProperties.COMPRESSION_METHOD.getKey(), CompressionMethod.LZ4.name())
            .compressServerResponse(false)
            .useAsyncRequests(true)
            .setSharedOperationExecutor(threads);
    url.settings().forEach(builder::serverSetting);
    FIXED.forEach(builder::serverSetting);
    if (url.certificate() != null) {
      builder.setRootCertificate(url.certificate().toString());
    }
    if (gate != null) {
      builder.addProxy(
          ProxyType.HTTP, InetAddress.getLoopbackAddress().getHostAddress(), gate.port());
    }
    try {
      client = builder.build();
    } catch (RuntimeException failure) {
      throw new SinkException(
          Kind.REFUSED, "No connection to %s can be set up".formatted(url), failure);
    }
  }

  /**
   * Opens one to what a member gave: through TLS, to the public network, and with nothing of this
   * machine's files.
   */
  static Connection toPublic(ClickHouseUrl url, Patience patience) throws SinkException {
    if (!url.endpoint().getScheme().equals("https")) {
      throw new SinkException(
          Kind.REFUSED, "The address of a sink begins clickhouse:https://", null);
    }
    if (url.certificate() != null) {
      throw new SinkException(Kind.REFUSED, "The address names a file of the server", null);
    }
    var gate = new Gate(url.endpoint(), new PublicSockets(), patience.connect());
    try {
      return new Connection(url, patience, gate, true);
    } catch (SinkException | RuntimeException failure) {
      gate.close();
      throw failure;
    }
  }

  /** A row of an answer; columns count from 1. */
  interface Row {
    String text(int column);

    /** A whole number without a sign, of which the lower 64 bits are kept. */
    long number(int column);
  }

  /** Runs a statement that answers nothing. */
  @SuppressWarnings("try") // What close() throws is no interruption.
  void run(String sql, Map<String, String> settings, Duration most) throws SinkException {
    var options = new CommandSettings();
    String id = UUID.randomUUID().toString();
    options.setQueryId(id);
    settings.forEach(options::serverSetting);
    options.setNetworkTimeout(most.toMillis(), ChronoUnit.MILLIS);
    checkAddress();
    try (CommandResponse answer = await(id, client.execute(sql, options), most, false)) {
      checkAnswer(answer.getResponseHeaders());
    } catch (SinkException failure) {
      throw failure;
    } catch (Exception failure) {
      throw failed(failure);
    }
  }

  <T> List<T> ask(String sql, Function<Row, T> reader) throws SinkException {
    return ask(sql, Map.of(), reader);
  }

  /** Runs a question and reads its whole answer. */
  @SuppressWarnings("try") // What close() throws is no interruption.
  <T> List<T> ask(String sql, Map<String, String> settings, Function<Row, T> reader)
      throws SinkException {
    var options = new QuerySettings();
    String id = UUID.randomUUID().toString();
    options.setQueryId(id);
    options.setFormat(ClickHouseFormat.RowBinaryWithNamesAndTypes);
    settings.forEach(options::serverSetting);
    checkAddress();
    try (QueryResponse response =
        await(id, client.query(sql, options), patience.statement(), false)) {
      checkAnswer(response.getResponseHeaders());
      return rows(response, reader);
    } catch (SinkException failure) {
      throw failure;
    } catch (Exception failure) {
      throw failed(failure);
    }
  }

  @SuppressWarnings("try") // What close() throws is no interruption.
  private <T> List<T> rows(QueryResponse response, Function<Row, T> reader) throws Exception {
    List<T> rows = new ArrayList<>();
    try (ClickHouseBinaryFormatReader answer = client.newBinaryFormatReader(response)) {
      var row =
          new Row() {
            @Override
            public String text(int column) {
              return answer.getString(column);
            }

            @Override
            public long number(int column) {
              return answer.getBigInteger(column).longValue();
            }
          };
      while (answer.hasNext()) {
        answer.next();
        rows.add(reader.apply(row));
      }
    }
    return rows;
  }

  /** Runs a question of somebody else's, see {@link ClickHouse#select}. */
  @SuppressWarnings("try") // What close() throws is no interruption.
  <T> T select(ClickHouse.Select select, ClickHouse.Reader<T> reader)
      throws ClickHouse.Refused, IOException {
    var options = new QuerySettings();
    options.setQueryId(select.id());
    options.setDatabase(url.database());
    options.setFormat(ClickHouseFormat.valueOf(select.format()));
    options.setNetworkTimeout(select.most().plus(GRACE).toMillis(), ChronoUnit.MILLIS);
    select.settings().forEach(options::serverSetting);
    options.serverSetting(
        "max_execution_time", BigDecimal.valueOf(select.most().toMillis(), 3).toPlainString());
    options.serverSetting("readonly", "1");
    CompletableFuture<QueryResponse> answer =
        client.query(select.sql(), Map.copyOf(select.parameters()), options);
    try (QueryResponse response =
            answer.get(select.most().plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
        InputStream body = response.getInputStream()) {
      return reader.read(body);
    } catch (IOException failure) {
      throw failure;
    } catch (InterruptedException interrupted) {
      client.cancelTransportRequest(select.id());
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while waiting for " + url);
    } catch (TimeoutException late) {
      client.cancelTransportRequest(select.id());
      throw new IOException(url + " does not answer in time", late);
    } catch (Exception failure) {
      for (Throwable at = failure; at != null; at = at.getCause()) {
        if (at instanceof ServerException refusal && refusal.getCode() > 0) {
          throw new ClickHouse.Refused(refusal);
        }
      }
      throw new IOException(url + " does not answer", failure);
    }
  }

  /**
   * Stores rows.
   *
   * @param token by which a repeat is known
   */
  void insert(String table, List<String> columns, Encoded rows, String token) throws SinkException {
    var options = new InsertSettings();
    String id = UUID.randomUUID().toString();
    options.setQueryId(id);
    options.setDeduplicationToken(token);
    options.serverSetting("insert_deduplicate", "1");
    options.serverSetting("max_partitions_per_insert_block", "0");
    checkAddress();
    try (InsertResponse answer =
        await(
            id,
            client.insert(
                table,
                columns.stream().map(Sql::name).toList(),
                rows::writeTo,
                ClickHouseFormat.RowBinaryWithNamesAndTypes,
                options),
            patience.statement(),
            true)) {
      checkAnswer(answer.getResponseHeaders());
    }
  }

  /** Looks up a member's address, to say what is wrong with it: the gate says no without words. */
  private void checkAddress() throws SinkException {
    if (!publicOnly) {
      return;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(url.endpoint().getHost())) {
        if (PublicSockets.isPrivate(address)) {
          throw new SinkException(
              Kind.REFUSED,
              "%s lies in a private or local network, which BACKSPOOL_SYNC_PRIVATE_SINKS=on allows"
                  .formatted(url),
              null);
        }
      }
    } catch (UnknownHostException e) {
      throw new SinkException(Kind.UNREACHABLE, "The host of %s is not known".formatted(url), null);
    }
  }

  /** The client takes any friendly answer for success, and a redirect too. */
  private void checkAnswer(Map<String, String> headers) throws SinkException {
    if (headers.keySet().stream().noneMatch("X-ClickHouse-Query-Id"::equalsIgnoreCase)) {
      throw new SinkException(Kind.REFUSED, "%s is no ClickHouse".formatted(url), null);
    }
  }

  private SinkException failed(Exception failure) {
    return Failures.of(url, failure);
  }

  private <T> T await(String id, CompletableFuture<T> answer, Duration most, boolean hasRows)
      throws SinkException {
    try {
      return answer.get(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      client.cancelTransportRequest(id);
      throw new SinkException(
          Kind.UNREACHABLE, "%s took longer than %s s".formatted(url, most.toSeconds()), null);
    } catch (InterruptedException interrupted) {
      client.cancelTransportRequest(id);
      Thread.currentThread().interrupt();
      throw new SinkException(Kind.UNREACHABLE, "Interrupted while waiting for " + url, null);
    } catch (Exception failure) {
      throw Failures.of(url, failure, hasRows);
    }
  }

  @Override
  public void close() {
    client.close();
    threads.shutdownNow();
    if (gate != null) {
      gate.close();
    }
  }
}

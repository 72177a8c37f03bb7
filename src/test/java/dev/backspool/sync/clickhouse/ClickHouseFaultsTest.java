package dev.backspool.sync.clickhouse;

import static dev.backspool.sync.clickhouse.Rows.VISITS;
import static dev.backspool.sync.clickhouse.Rows.deleted;
import static dev.backspool.sync.clickhouse.Rows.row;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.sync.KeyRange;
import dev.backspool.sync.Mapping;
import dev.backspool.sync.Page;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What becomes of pages when the server or the way to it fails. */
final class ClickHouseFaultsTest {
  private static final Patience SHORT =
      new Patience(
          Duration.ofSeconds(2),
          Duration.ofSeconds(1),
          Duration.ofSeconds(3),
          Duration.ofMinutes(1));

  private final UUID project = UUID.randomUUID();
  private final UUID id = UUID.randomUUID();
  private final String database = TestClickHouse.freshName();
  private TestClickHouse server;

  @BeforeEach
  void find() {
    server = TestClickHouse.shared();
  }

  private static ClickHouseSink sink(int port, String database) throws SinkException {
    ClickHouseUrl url = ClickHouseUrl.parse(TestClickHouse.address(port, database));
    return new ClickHouseSink(url, SHORT, new Connection(url, SHORT, null));
  }

  private Page page(Page.Row... rows) {
    return new Page(project, VISITS, List.of(rows), "page " + rows[0].version());
  }

  private interface Attempt {
    void run() throws SinkException;
  }

  private static SinkException failure(Attempt attempt) {
    SinkException failure = catchThrowableOfType(SinkException.class, attempt::run);
    assertThat(failure).isNotNull();
    return failure;
  }

  @Test
  void a_server_that_is_away_is_unreachable_until_it_is_back() throws Exception {
    try (var proxy = new FaultyProxy(server.port());
        var sink = sink(proxy.url().getPort(), database)) {
      sink.prepare(List.of(VISITS));
      proxy.goAway();
      assertThat(failure(() -> sink.apply(page(row(1, id, "/one")))).kind())
          .isEqualTo(Kind.UNREACHABLE);
      proxy.comeBack();
      sink.apply(page(row(1, id, "/one")));
      assertThat(server.ask("select path from `%s`.visits".formatted(database))).isEqualTo("/one");
    }
  }

  @Test
  void what_was_applied_is_there_after_a_crash(@TempDir Path storage) throws Exception {
    try (TestClickHouse own = TestClickHouse.own(storage);
        var sink = sink(own.port(), database)) {
      sink.prepare(List.of(VISITS));
      for (int i = 1; i <= 40; i++) {
        sink.apply(page(row(i, new UUID(0, i), "/" + i)));
        if (i % 4 == 0) {
          sink.apply(page(deleted(100 + i, new UUID(0, i))));
        }
        if (i % 20 == 0) {
          own.kill();
          assertThat(failure(() -> sink.apply(page(row(500, id, "/")))).kind())
              .isEqualTo(Kind.UNREACHABLE);
          own.restart();
        }
      }
      assertThat(
              own.ask(
                  "select count(), sum(toUInt64(substring(path, 2))) from `%s`.visits"
                      .formatted(database)))
          .isEqualTo("30\t600");
      assertThat(
              own.ask(
                  "select count() from `%s`.sync_visits where sync_deleted = 1"
                      .formatted(database)))
          .isEqualTo("10");
    }
  }

  @Test
  void a_page_whose_answer_was_lost_is_stored_once() throws Exception {
    try (var proxy = new FaultyProxy(server.port());
        var sink = sink(proxy.url().getPort(), database)) {
      sink.prepare(List.of(VISITS));
      proxy.fault(FaultyProxy.Exchange::swallowAnswer);
      assertThat(failure(() -> sink.apply(page(row(1, id, "/one")))).kind())
          .isEqualTo(Kind.UNREACHABLE);
      proxy.fault(FaultyProxy.NONE);
      sink.apply(page(row(1, id, "/one")));
      assertThat(server.ask("select count() from `%s`.sync_visits".formatted(database)))
          .isEqualTo("1");
    }
  }

  @Test
  void a_server_that_says_nothing_is_given_up() throws Exception {
    try (var proxy = new FaultyProxy(server.port());
        var sink = sink(proxy.url().getPort(), database)) {
      proxy.fault(FaultyProxy.Exchange::ignore);
      long begun = System.nanoTime();
      assertThat(failure(() -> sink.apply(page(row(1, id, "/one")))).kind())
          .isEqualTo(Kind.UNREACHABLE);
      assertThat(failure(() -> sink.prepare(List.of(VISITS))).kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
    }
  }

  @Test
  void a_server_that_creeps_is_given_up() throws Exception {
    try (var creeping = new WebServer(200, 100, 200)) {
      long begun = System.nanoTime();
      try (var sink = sink(creeping.port(), database)) {
        assertThat(failure(() -> sink.sums(project, VISITS, List.of(KeyRange.ALL))).kind())
            .isEqualTo(Kind.UNREACHABLE);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 502, 503, 504})
  void a_gateway_that_is_busy_is_asked_again(int status) throws Exception {
    try (var gateway = new WebServer(status, 0, 0);
        var sink = sink(gateway.port(), database)) {
      assertThat(failure(() -> sink.apply(page(row(1, id, "/one")))).kind())
          .isEqualTo(Kind.UNREACHABLE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 204, 301, 302, 303, 307, 308, 401, 403, 404})
  void what_is_no_clickhouse_is_not_taken_for_one(int status) throws Exception {
    try (var elsewhere = new WebServer(200, 0, 0);
        var other = new WebServer(status, 0, 0);
        var sink = sink(other.port(), database)) {
      other.sendTo(elsewhere.port());
      for (Attempt attempt :
          List.<Attempt>of(
              () -> sink.apply(page(row(1, id, "/one"))),
              () -> sink.tidy(VISITS, Instant.now()),
              () -> sink.removeStale(project, VISITS, 1))) {
        assertThat(failure(attempt).kind()).isIn(Kind.REFUSED, Kind.UNREACHABLE);
      }
    }
  }

  @Test
  void a_wrong_password_is_refused_and_repeated_nowhere() throws Exception {
    String secret = "hunter2-%26-secret";
    String address =
        "clickhouse:http://%s:%s@127.0.0.1:%d/%s"
            .formatted(ChdbServer.USER, secret, server.port(), database);
    var log = new ListAppender<ILoggingEvent>();
    log.start();
    var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level level = root.getLevel();
    root.addAppender(log);
    root.setLevel(Level.TRACE);
    try (var sink = ClickHouse.opener(true).open(address)) {
      SinkException failure = failure(() -> sink.prepare(List.of(VISITS)));
      assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
      var trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      assertThat(trace + sink.toString()).contains("127.0.0.1").doesNotContain("hunter2");
    } finally {
      root.setLevel(level);
      root.detachAppender(log);
    }
    assertThat(log.list)
        .allSatisfy(event ->
            assertThat(event.getFormattedMessage())
                .doesNotContain("hunter2")
                .doesNotContain(
                    java.util.Base64.getEncoder()
                        .encodeToString((ChdbServer.USER + ":hunter2-&-secret").getBytes(UTF_8))));
  }

  @Test
  void tls_is_used_and_checked(@TempDir Path folder) throws Exception {
    try (var front = new TlsFront(folder, server.port(), "IP:127.0.0.1")) {
      String address =
          server
              .address(database)
              .replace("http:", "https:")
              .replace(":" + server.port(), ":" + front.port());
      try (var sink =
          ClickHouse.opener(true).open(address + "?certificate=" + front.certificate())) {
        sink.prepare(List.of(VISITS));
        sink.apply(page(row(1, id, "/one")));
        assertThat(sink.hashes(project, VISITS, KeyRange.ALL)).containsOnlyKeys(List.of(id));
      }
      try (var sink = ClickHouse.opener(true).open(address)) {
        SinkException untrusted = failure(() -> sink.prepare(List.of(VISITS)));
        assertThat(untrusted.kind()).isEqualTo(Kind.REFUSED);
        assertThat(untrusted).hasMessageContaining("No trusted connection");
      }
    }
  }

  @Test
  void a_certificate_of_another_host_is_refused(@TempDir Path folder) throws Exception {
    try (var front = new TlsFront(folder, server.port(), "DNS:example.com,IP:192.0.2.1")) {
      String address =
          server
              .address(database)
              .replace("http:", "https:")
              .replace(":" + server.port(), ":" + front.port());
      try (var sink =
          ClickHouse.opener(true).open(address + "?certificate=" + front.certificate())) {
        assertThat(failure(() -> sink.prepare(List.of(VISITS))).kind()).isEqualTo(Kind.REFUSED);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "clickhouse:https://127.0.0.1:%d/x",
        "clickhouse:https://localhost:%d/x",
        "clickhouse:https://[::1]:%d/x",
        "clickhouse:https://0.0.0.0:%d/x",
        "clickhouse:https://[::ffff:127.0.0.1]:%d/x",
        "clickhouse:https://169.254.169.254:%d/x",
        "clickhouse:https://10.0.0.1:%d/x",
        "clickhouse:https://192.168.1.1:%d/x",
        "clickhouse:https://[fd00::1]:%d/x",
        "clickhouse:https://2130706433:%d/x"
      })
  void a_member_s_sink_lies_in_no_private_network(String address) throws Exception {
    try (var inside = new WebServer(200, 0, 0)) {
      try (var sink = ClickHouse.opener(false).open(address.formatted(inside.port()))) {
        assertThat(failure(() -> sink.prepare(List.of(VISITS))).kind()).isEqualTo(Kind.REFUSED);
      } catch (SinkException failure) {
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
      }
      assertThat(inside.requests()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "clickhouse:http://example.com:8123/x",
        "clickhouse:https://example.com:8443/x?certificate=/etc/passwd"
      })
  void a_member_s_sink_has_tls_and_names_no_files(String address) {
    assertThat(failure(() -> ClickHouse.opener(false).open(address)).kind())
        .isEqualTo(Kind.REFUSED);
  }

  @Test
  void a_gate_lets_through_to_its_goal_and_nowhere_else(@TempDir Path folder) throws Exception {
    try (var front = new TlsFront(folder, server.port(), "IP:127.0.0.1");
        var inside = new WebServer(200, 0, 0)) {
      ClickHouseUrl url =
          ClickHouseUrl.parse(
              TestClickHouse.address(front.port(), database).replace("http:", "https:")
                  + "?certificate="
                  + front.certificate());
      var gate = new Gate(url.endpoint(), SocketFactory.getDefault(), SHORT.connect());
      try (var sink = new ClickHouseSink(url, SHORT, new Connection(url, SHORT, gate))) {
        for (String request :
            List.of(
                "CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n".formatted(inside.port()),
                "GET http://127.0.0.1:%d/ HTTP/1.1\r\n\r\n".formatted(inside.port()),
                "POST http://127.0.0.1:%d/ HTTP/1.1\r\n\r\n".formatted(front.port()))) {
          try (var socket = new Socket(InetAddress.getLoopbackAddress(), gate.port())) {
            socket.getOutputStream().write(request.getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                .startsWith("HTTP/1.1 403 ");
          }
        }
        sink.prepare(List.of(VISITS));
        sink.apply(page(row(1, id, "/one")));
        assertThat(sink.hashes(project, VISITS, KeyRange.ALL)).containsOnlyKeys(List.of(id));
      }
      assertThat(inside.requests()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void nobody_is_led_from_a_gate_s_goal_to_another_place(int status, @TempDir Path folder)
      throws Exception {
    try (var elsewhere = new WebServer(200, 0, 0);
        var other = new WebServer(status, 0, 0);
        var front = new TlsFront(folder, other.port(), "IP:127.0.0.1")) {
      other.sendTo(elsewhere.port());
      ClickHouseUrl url =
          ClickHouseUrl.parse(
              "clickhouse:https://127.0.0.1:%d/x?certificate=%s"
                  .formatted(front.port(), front.certificate()));
      var gate = new Gate(url.endpoint(), SocketFactory.getDefault(), SHORT.connect());
      try (var sink = new ClickHouseSink(url, SHORT, new Connection(url, SHORT, gate))) {
        assertThat(failure(() -> sink.prepare(List.of(VISITS))).kind())
            .isIn(Kind.REFUSED, Kind.UNREACHABLE);
      }
      assertThat(other.requests()).isPositive();
      assertThat(elsewhere.requests()).isZero();
    }
  }

  @Test
  void a_cluster_that_the_server_does_not_know_is_told() throws Exception {
    try (var sink = ClickHouse.opener(true).open(server.address(database) + "?cluster=nowhere")) {
      SinkException failure = failure(() -> sink.prepare(List.<Mapping>of(VISITS)));
      assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
      assertThat(failure).hasMessageContaining("nowhere");
    }
  }

  @Test
  void a_setting_that_the_server_does_not_know_is_told() throws Exception {
    try (var sink = ClickHouse.opener(true).open(server.address(database) + "?no_such_thing=1")) {
      SinkException failure = failure(() -> sink.prepare(List.of(VISITS)));
      assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
      assertThat(failure).hasMessageContaining("no_such_thing");
    }
  }

  /** A web server that is no ClickHouse; answers everything alike. */
  private static final class WebServer implements AutoCloseable {
    private final HttpServer http;
    private final AtomicInteger requests = new AtomicInteger();
    private volatile String location = "/";

    WebServer(int status, int bytes, long pauseMillis) throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.setExecutor(Thread::startVirtualThread);
      http.createContext(
          "/",
          exchange -> {
            requests.incrementAndGet();
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Location", location);
            if (bytes > 0) {
              exchange.getResponseHeaders().set("X-ClickHouse-Query-Id", "1");
              exchange.getResponseHeaders().set("X-ClickHouse-Timezone", "UTC");
            }
            exchange.sendResponseHeaders(status, bytes == 0 ? -1 : bytes);
            try (exchange;
                var out = exchange.getResponseBody()) {
              for (int i = 0; i < bytes; i++) {
                out.write(1);
                out.flush();
                Thread.sleep(pauseMillis);
              }
            } catch (InterruptedException interrupted) {
              throw new IllegalStateException(interrupted);
            }
          });
      http.start();
    }

    int port() {
      return http.getAddress().getPort();
    }

    void sendTo(int port) {
      location = "http://127.0.0.1:" + port + "/";
    }

    int requests() {
      return requests.get();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }
}

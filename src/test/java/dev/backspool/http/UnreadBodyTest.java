package dev.backspool.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever sends a body that nobody reads gets the answer all the same. */
final class UnreadBodyTest {
  private static final int MIB = 1 << 20;

  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("BACKSPOOL_MAX_BODY_BYTES", "" + 4 * MIB));
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Long enough for the server to be done with a request, and for a reset to arrive. */
  private static void pause() throws InterruptedException {
    Thread.sleep(300);
  }

  private static void isAlive(RawConnection connection) throws IOException {
    assertThat(connection.head("GET /healthz").answer().body()).isEqualTo("ok\n");
  }

  @ParameterizedTest
  @CsvSource({
    "/openapi.json,  identity",
    "/openapi.json,  gzip",
    "/backspool.js,  gzip",
    "/,              identity",
    "/healthz,       identity",
    "/metrics,       identity",
    "/api/nothing,   identity"
  })
  void an_answer_arrives_whole_though_the_body_comes_after_it(String path, String coding)
      throws Exception {
    try (var connection = new RawConnection(server)) {
      connection.head("GET " + path, "Accept-Encoding: " + coding, "Content-Length: 2");
      pause();
      connection.send("{}".getBytes(UTF_8));
      pause();
      RawConnection.Answer late = connection.answer();

      assertThat(late)
          .isEqualTo(connection.head("GET " + path, "Accept-Encoding: " + coding).answer());
      isAlive(connection);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/replay?session_id=s&batch_id=b&key=wrong,       3, 401",
    "/v1/replay?session_id=s&batch_id=b&key=wrong,      30, 401",
    "/v1/replay?session_id=s&batch_id=b,                30, 413",
    "/api/snapshots/ingest,                             30, 413",
    "/api/v1/session-replays/batch,                     30, 413",
    "/track/batch,                                      30, 413",
    "/api/sign-in,                                      30, 413",
    "/api/projects,                                     30, 401"
  })
  void who_sends_all_before_reading_gets_the_refusal(String path, int mib, int status)
      throws Exception {
    try (var connection = new RawConnection(server)) {
      connection.head(
          "POST " + path,
          "Authorization: Bearer " + (status == 401 ? "wrong" : project.sdkKey()),
          "X-Stack-Project-Id: " + project.id(),
          "X-Stack-Publishable-Client-Key: " + project.publishableKey(),
          "Content-Length: " + mib * MIB);
      pause();
      for (int sent = 0; sent < mib; sent++) {
        connection.send(new byte[MIB]);
      }
      RawConnection.Answer refusal = connection.answer();

      assertThat(refusal.status()).as(refusal.body()).isEqualTo(status);
      isAlive(connection);
    }
  }

  @Test
  void a_body_of_no_declared_length_gets_the_refusal_where_it_passes_the_limit() throws Exception {
    try (var connection = new RawConnection(server)) {
      connection.head(
          "POST /v1/replay?session_id=s&batch_id=b",
          "Authorization: Bearer " + project.sdkKey(),
          "Transfer-Encoding: chunked");
      for (int sent = 0; sent < 30; sent++) {
        connection.send("100000\r\n".getBytes(UTF_8)).send(new byte[MIB]);
        connection.send("\r\n".getBytes(UTF_8));
      }
      connection.send("0\r\n\r\n".getBytes(UTF_8));

      assertThat(connection.answer().status()).isEqualTo(413);
      isAlive(connection);
    }
  }

  @Test
  void an_upload_over_the_rate_is_told_when_to_come_back() throws Exception {
    Project slow = server.project();
    server.server().projects().change(slow.id(), new Projects.Change(null, null, null, null, 1));
    String path = "/v1/replay?session_id=s&key=" + slow.sdkKey() + "&batch_id=";
    assertThat(server.post(path + "b1").body("[{\"type\":4,\"timestamp\":1}]").send().status())
        .isEqualTo(200);
    try (var connection = new RawConnection(server)) {
      connection.head("POST " + path + "b2", "Content-Length: " + 3 * MIB);
      pause();
      connection.send(new byte[3 * MIB]);
      RawConnection.Answer refusal = connection.answer();

      assertThat(refusal.status()).as(refusal.body()).isEqualTo(429);
      assertThat(refusal.head()).contains("\nretry-after: ");
      isAlive(connection);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void who_asks_before_sending_is_refused_at_once_and_may_send_or_not(boolean sends)
      throws Exception {
    try (var connection = new RawConnection(server)) {
      connection.head(
          "POST /v1/replay?session_id=s&batch_id=b",
          "Authorization: Bearer " + project.sdkKey(),
          "Expect: 100-continue",
          "Content-Length: " + 5 * MIB);

      assertThat(connection.answer().status()).isEqualTo(413);
      if (sends) {
        connection.send(new byte[5 * MIB]);
      }
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void who_sends_without_end_has_the_answer_and_is_cut_off() throws Exception {
    try (var connection = new RawConnection(server)) {
      connection.head(
          "POST /v1/replay?session_id=s&batch_id=b&key=wrong", "Content-Length: " + (1L << 40));

      assertThat(connection.answer().status()).isEqualTo(401);
      int sent = 0;
      try {
        while (sent < 200) {
          connection.send(new byte[MIB]);
          sent++;
        }
      } catch (IOException cutOff) {
        // As it should be.
      }
      assertThat(sent).isBetween(60, 100);
    }
    assertThat(server.get("/healthz").send().status()).isEqualTo(200);
  }

  @Test
  void a_stop_does_not_wait_for_what_a_refused_sender_keeps_back() throws Exception {
    RawConnection connection;
    try (var stopping = TestServer.start()) {
      connection = new RawConnection(stopping);
      connection.head("POST /v1/replay?key=wrong", "Content-Length: 1000000");
      assertThat(connection.answer().status()).isEqualTo(401);
    }
    try (connection) {
      assertThat(connection.isEnded()).isTrue();
    }
  }
}

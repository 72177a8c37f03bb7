package dev.backspool.protocol.backspool;

import static dev.backspool.http.Coding.gzip;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Our own upload contract, over HTTP. */
final class ReplayUploadTest {
  private static final String TWO_EVENTS =
      """
      [{"type":4,"data":{"href":"https://shop.example.com/a","width":1280,"height":720},"timestamp":%1$d},
       {"type":2,"data":{"node":{"type":0,"childNodes":[],"id":1},"initialOffset":{"top":0,"left":0}},"timestamp":%1$d}]
      """;

  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String twoEvents() {
    return TWO_EVENTS.formatted(System.currentTimeMillis());
  }

  private TestServer.Answer upload(String query, String body) {
    return server.post("/v1/replay?" + query).bearer(project.sdkKey()).body(body).send();
  }

  @Test
  void stores_a_batch_and_answers_a_retry_from_its_receipt() {
    String events = twoEvents();
    var first = upload("batch_id=b1&session_id=s1&tab_id=t1", events);
    var retry = upload("batch_id=b1&session_id=s1&tab_id=t1", events);

    assertThat(first.status()).as(first.body()).isEqualTo(200);
    assertThat(first.json().get("deduped").asBoolean()).isFalse();
    assertThat(first.json().get("events").asInt()).isEqualTo(2);
    assertThat(retry.json().get("deduped").asBoolean()).isTrue();
    assertThat(retry.json().get("session_id")).isEqualTo(first.json().get("session_id"));
    assertThat(server.count("select count(*) from chunk where batch_id = 'b1'")).isOne();
  }

  @Test
  void compressed_uploads_at_once_never_mix() throws Exception {
    long now = System.currentTimeMillis();
    var sent = new HashMap<String, String>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var uploads = new ArrayList<Future<TestServer.Answer>>();
      for (int n = 0; n < 64; n++) {
        String name = "mixed" + n;
        String event =
            "{\"type\":5,\"timestamp\":%d,\"data\":{\"tag\":\"%s\"}}"
                .formatted(now, name.repeat(1 + n * 500));
        sent.put(name, event);
        uploads.add(
            clients.submit(() ->
                server
                    .post("/v1/replay?session_id=" + name)
                    .bearer(project.sdkKey())
                    .body(gzip(("[" + event + "]").getBytes(UTF_8)))
                    .send()));
      }
      for (Future<TestServer.Answer> upload : uploads) {
        assertThat(upload.get().status()).isEqualTo(200);
      }
    }
    sent.forEach((name, event) -> {
      String session =
          server.column("select id::text from session where name = '" + name + "'").getFirst();
      String path =
          "/api/projects/%s/sessions/%s/recording/events".formatted(project.id(), session);
      assertThat(server.get(path).admin().send().body().strip()).isEqualTo(event);
    });
  }

  @Test
  void names_the_field_that_is_wrong_and_stores_nothing() {
    var answer = upload("batch_id=b2&session_id=s2&tab_id=t1", "[{\"type\":4}]");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asString()).isEqualTo("events[0].timestamp");
    assertThat(server.count("select count(*) from session where name = 's2'")).isZero();
  }

  @Test
  void refuses_a_key_that_no_project_has() {
    var answer =
        server.post("/v1/replay?batch_id=b3&session_id=s3").bearer("bsk_no").body("[]").send();

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.json().get("code").asString()).isEqualTo("wrong_key");
  }
}

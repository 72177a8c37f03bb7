package dev.backspool.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is accepted, by whom, and what happens when the database will not. */
@Timeout(120)
final class IngestTest {
  private static String event(long timestamp) {
    return "[{\"type\":3,\"data\":{\"source\":1,\"positions\":[]},\"timestamp\":"
        + timestamp
        + "}]";
  }

  private static TestServer.Answer upload(
      TestServer server, Project project, String query, String body) {
    return server.post("/v1/replay?" + query).bearer(project.sdkKey()).body(body).send();
  }

  private static List<TestServer.Answer> together(List<Callable<TestServer.Answer>> calls)
      throws Exception {
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<TestServer.Answer>();
      for (Future<TestServer.Answer> answer : clients.invokeAll(calls)) {
        answers.add(answer.get());
      }
      return answers;
    }
  }

  @Test
  void a_batch_the_database_refuses_does_not_harm_those_committed_with_it() throws Exception {
    try (var server = TestServer.start()) {
      Project project = server.project();
      server
          .server()
          .postgres()
          .own(handle ->
              handle.execute(
                  """
                  create function refuse_poison() returns trigger language plpgsql as $$
                  begin
                    if new.batch_id = 'poison' then raise exception 'poison'; end if;
                    return new;
                  end $$;
                  create trigger refuse_poison before insert on receipt
                    for each row execute function refuse_poison()
                  """));
      var calls = new ArrayList<Callable<TestServer.Answer>>();
      for (int i = 0; i < 100; i++) {
        String batch = i == 50 ? "poison" : "b" + i;
        calls.add(() ->
            upload(
                server,
                project,
                "batch_id=" + batch + "&session_id=s&tab_id=t",
                event(System.currentTimeMillis())));
      }
      List<TestServer.Answer> answers = together(calls);

      assertThat(answers.get(50).status()).isEqualTo(500);
      assertThat(answers.get(50).json().get("code").asString()).isEqualTo("unstorable");
      answers.remove(50);
      assertThat(answers).allMatch(answer -> answer.status() == 200);
      assertThat(server.count("select count(*) from chunk")).isEqualTo(99);
      assertThat(server.count("select chunk_count from session")).isEqualTo(99);
      assertThat(server.count("select chunk_count from tab")).isEqualTo(99);
    }
  }

  @Test
  void overload_is_answered_503_with_a_time_to_retry_and_the_retry_is_stored() throws Exception {
    try (var server = TestServer.start(Map.of("BACKSPOOL_MAX_WAITING_BYTES", "20000"))) {
      Project project = server.project();
      upload(server, project, "batch_id=first&session_id=s", event(System.currentTimeMillis()));
      var calls = new ArrayList<Callable<TestServer.Answer>>();
      for (int i = 0; i < 100; i++) {
        int batch = i;
        calls.add(() ->
            upload(
                server,
                project,
                "batch_id=b" + batch + "&session_id=s",
                event(System.currentTimeMillis())));
      }
      var answers = new ArrayList<TestServer.Answer>();
      try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<TestServer.Answer>> sent =
            server
                .server()
                .postgres()
                .own(handle -> {
                  handle.execute("lock table receipt in exclusive mode");
                  var begun = calls.stream().map(clients::submit).toList();
                  while (begun.stream().noneMatch(Future::isDone)) {
                    Thread.onSpinWait();
                  }
                  return begun;
                });
        for (Future<TestServer.Answer> each : sent) {
          answers.add(each.get());
        }
      }

      List<TestServer.Answer> refused =
          answers.stream().filter(answer -> answer.status() != 200).toList();
      assertThat(refused).isNotEmpty();
      assertThat(refused)
          .allMatch(answer -> answer.status() == 503)
          .allMatch(answer -> Integer.parseInt(answer.header("Retry-After")) > 0);
      for (int i = 0; i < 100; i++) {
        String query = "batch_id=b" + i + "&session_id=s";
        assertThat(upload(server, project, query, event(1)).json().get("deduped").asBoolean())
            .isEqualTo(answers.get(i).status() == 200);
      }
      assertThat(server.count("select count(*) from chunk")).isEqualTo(101);
    }
  }

  @Test
  void parallel_uploads_of_one_session_agree_on_its_bounds_and_ordinals() throws Exception {
    try (var server = TestServer.start()) {
      Project project = server.project();
      long now = System.currentTimeMillis();
      var calls = new ArrayList<Callable<TestServer.Answer>>();
      for (int i = 0; i < 200; i++) {
        int n = i;
        calls.add(() ->
            upload(
                server,
                project,
                "batch_id=b" + n + "&session_id=s&tab_id=t" + n % 2 + "&sent_at=" + now,
                event(now - 100_000 + n * 100L)));
      }
      List<TestServer.Answer> answers = together(calls);

      assertThat(answers).allMatch(answer -> answer.status() == 200);
      var sessions = new HashSet<String>();
      answers.forEach(answer -> sessions.add(answer.json().get("session_id").asString()));
      assertThat(sessions).hasSize(1);
      assertThat(
              server.count("select (extract(epoch from started_at) * 1000)::bigint from session"))
          .isEqualTo(now - 100_000);
      assertThat(
              server.count(
                  "select (extract(epoch from last_event_at) * 1000)::bigint from session"))
          .isEqualTo(now - 100_000 + 199 * 100L);
      assertThat(server.count("select count(distinct ordinal) from chunk where tab_id = 't0'"))
          .isEqualTo(100);
      assertThat(server.count("select max(ordinal) from chunk where tab_id = 't0'")).isEqualTo(99);
    }
  }

  @Test
  void a_page_of_another_origin_is_refused_and_the_refusal_is_counted() {
    try (var server = TestServer.start()) {
      Project project = server.project();
      server
          .server()
          .projects()
          .change(
              project.id(),
              new dev.backspool.project.Projects.Change(
                  null, List.of("https://*.foo.com"), null, null, null));
      String query = "batch_id=b&session_id=s&key=" + project.sdkKey();
      String body = event(System.currentTimeMillis());
      var own = server.post("/v1/replay?" + query).header("Origin", "https://x.foo.com");
      var other = server.post("/v1/replay?" + query).header("Origin", "https://x.foo.com.evil.tld");

      assertThat(other.body(body).send().status()).isEqualTo(403);
      assertThat(own.body(body).send().status()).isEqualTo(200);
      // Of yesterday too, should a day have begun meanwhile.
      assertThat(server.server().ingest().refusals().of(project.id(), 2))
          .singleElement()
          .matches(line -> line.reason().equals("origin_not_allowed") && line.count() == 1);
    }
  }

  /** A quota is a day's: the day must not end in the middle of the test. */
  private static void awaitMidnightIfItIsNear() throws InterruptedException {
    Duration left = Usage.untilTomorrow();
    if (left.compareTo(Duration.ofSeconds(20)) < 0) {
      Thread.sleep(left.plusMillis(1));
    }
  }

  @Test
  void a_project_over_its_rate_or_quota_is_told_when_to_come_back() throws InterruptedException {
    awaitMidnightIfItIsNear();
    try (var server = TestServer.start()) {
      Project project = server.project();
      var projects = server.server().projects();
      projects.change(
          project.id(), new dev.backspool.project.Projects.Change(null, null, null, 1L, null));
      String body = event(System.currentTimeMillis());
      assertThat(upload(server, project, "batch_id=b1&session_id=s", body).status()).isEqualTo(200);
      var overQuota = upload(server, project, "batch_id=b2&session_id=s", body);
      assertThat(overQuota.status()).isEqualTo(429);
      assertThat(overQuota.json().get("code").asString()).isEqualTo("quota_reached");
      assertThat(Long.parseLong(overQuota.header("Retry-After"))).isPositive();

      projects.change(
          project.id(), new dev.backspool.project.Projects.Change(null, null, null, 0L, 1));
      Project slow = projects.create("Slow", "web").project();
      projects.change(
          slow.id(), new dev.backspool.project.Projects.Change(null, null, null, null, 2));
      assertThat(upload(server, slow, "batch_id=b1&session_id=s", body).status()).isEqualTo(200);
      assertThat(upload(server, slow, "batch_id=b2&session_id=s", body).status()).isEqualTo(200);
      var overRate = upload(server, slow, "batch_id=b3&session_id=s", body);
      assertThat(overRate.status()).isEqualTo(429);
      assertThat(overRate.json().get("code").asString()).isEqualTo("rate_limited");
      assertThat(Long.parseLong(overRate.header("Retry-After"))).isBetween(1L, 60L);
    }
  }
}

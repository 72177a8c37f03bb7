package dev.backspool.protocol.stackauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which replay a batch belongs to, and what a replay's bounds are, whatever the order. */
final class ReplayGroupingTest {
  private static final Duration IDLE = Duration.ofMinutes(30);
  private static final Duration MAX = Duration.ofHours(12);

  private static TestServer server;
  private static Issuer issuer;
  private static Project project;

  private final String signIn = Batch.id();

  @BeforeAll
  static void start() {
    server = TestServer.start();
    issuer = Issuer.start();
    project =
        server
            .server()
            .projects()
            .change(
                server.project().id(),
                new Projects.Change(null, null, issuer.jwksUrl(), null, null))
            .orElseThrow();
  }

  @AfterAll
  static void stop() {
    issuer.close();
    server.close();
  }

  private String token() {
    return issuer.token(project.id(), "4f1c9a52-6f1d-4b7e-9d0b-0a1b2c3d4e5f", signIn);
  }

  private TestServer.Answer send(Batch batch) {
    var answer = batch.send(server, project, token());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer;
  }

  private String replay(Batch batch) {
    return send(batch).json().get("session_replay_id").asString();
  }

  /** Does all at once. */
  private static <T> List<T> atOnce(int count, IntFunction<Callable<T>> work) throws Exception {
    var go = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<Future<T>>();
      for (int i = 0; i < count; i++) {
        Callable<T> one = work.apply(i);
        futures.add(
            threads.submit(() -> {
              go.await();
              return one.call();
            }));
      }
      go.countDown();
      var results = new ArrayList<T>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    }
  }

  /** Moves the sign-in's open replay back in time, as if its batches had come that much earlier. */
  private void age(String column, Duration by) {
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update open_session set "
                    + column
                    + " = "
                    + column
                    + " - make_interval(secs => ?) where opener = ?",
                by.toMillis() / 1000.0,
                "token:" + signIn));
  }

  private long sessions() {
    return server.count("select count(*) from session where opener = 'token:" + signIn + "'");
  }

  /** A replay's bounds in server time, epoch ms. */
  private record Bounds(long first, long last) {}

  private static Bounds bounds(String replay) {
    return new Bounds(moment("started_at", replay), moment("last_event_at", replay));
  }

  private static long moment(String column, String replay) {
    return server.count(
        "select (extract(epoch from %s) * 1000)::bigint from session where id = '%s'"
            .formatted(column, replay));
  }

  // B1
  @Test
  void first_batches_that_arrive_at_once_open_one_replay() throws Exception {
    String token = token();
    var replays =
        new HashSet<>(
            atOnce(
                32,
                _ -> {
                  Batch batch = Batch.first();
                  return () ->
                      batch.send(server, project, token).json().get("session_replay_id").asString();
                }));

    assertThat(replays).hasSize(1);
    assertThat(
            server.count(
                "select count(*) from chunk where session_id = '"
                    + replays.iterator().next()
                    + "'"))
        .isEqualTo(32);
    assertThat(sessions()).isOne();
    assertThat(
            server.column(
                "select distinct chunk_count::text from session where opener = 'token:"
                    + signIn
                    + "'"))
        .containsExactly("32");
  }

  // B1
  @Test
  void first_batches_of_many_sign_ins_open_one_replay_each() throws Exception {
    var signIns = new ArrayList<String>();
    for (int i = 0; i < 40; i++) {
      signIns.add(issuer.token(project.id(), Batch.id(), Batch.id()));
    }
    long before = server.count("select count(*) from session");
    List<String> answers =
        atOnce(
            160,
            i -> {
              Batch batch = Batch.first();
              return () ->
                  i % 40
                      + " "
                      + batch
                          .send(server, project, signIns.get(i % 40))
                          .json()
                          .get("session_replay_id")
                          .asString();
            });

    assertThat(new HashSet<>(answers)).hasSize(40);
    assertThat(server.count("select count(*) from session")).isEqualTo(before + 40);
  }

  // B2
  @Test
  void bounds_are_the_first_and_last_event_in_whatever_order_batches_commit() throws Exception {
    long now = System.currentTimeMillis();
    Batch first = Batch.first();
    String replay = replay(first.with("sent_at_ms", now).events(List.of(Batch.move(now - 30_000))));
    String token = token();

    atOnce(
        20,
        i -> {
          Batch batch =
              first
                  .next()
                  .with("sent_at_ms", now)
                  .events(List.of(Batch.move(now - 30_000 + (i % 2 == 0 ? i * 500 : -i * 500))));
          return () -> batch.send(server, project, token);
        });

    assertThat(bounds(replay)).isEqualTo(new Bounds(now - 30_000 - 9_500, now - 30_000 + 9_000));
  }

  // B8
  @Test
  void ten_copies_at_once_are_one_chunk_and_nine_duplicates() throws Exception {
    Batch batch = Batch.first();
    String token = token();
    List<TestServer.Answer> answers = atOnce(10, _ -> () -> batch.send(server, project, token));

    assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
    assertThat(answers.stream().filter(a -> !a.json().get("deduped").asBoolean())).hasSize(1);
    assertThat(answers.stream().map(a -> a.json().get("s3_key").asString()).distinct()).hasSize(1);
    assertThat(
            server.count(
                "select count(*) from chunk where batch_id = '" + batch.get("batch_id") + "'"))
        .isOne();
  }

  // B9
  @Test
  void other_bytes_under_a_known_batch_id_change_nothing() {
    long now = System.currentTimeMillis();
    Batch batch = Batch.first().events(List.of(Batch.move(now)));
    String replay = replay(batch);
    Bounds bounds = bounds(replay);
    String stored = payload(batch);

    var other = send(batch.events(List.of(Batch.move(now - 60_000), Batch.move(now + 20_000))));

    assertThat(other.json().get("deduped").asBoolean()).isTrue();
    assertThat(other.json().get("session_replay_id").asString()).isEqualTo(replay);
    assertThat(bounds(replay)).isEqualTo(bounds);
    assertThat(payload(batch)).isEqualTo(stored);
  }

  // B9
  @Test
  void of_two_copies_with_different_bytes_at_once_one_is_stored_whole() throws Exception {
    String id = Batch.id();
    Batch base = Batch.first().with("batch_id", id);
    String token = token();
    atOnce(
        8,
        i -> {
          byte[] json = base.events(Batch.moves(i + 1)).json();
          return () -> Batch.call(server, project, token).body(json).send();
        });

    assertThat(
            server.column(
                "select count(*) || ' ' || bool_and(c.event_count = r.event_count) || ' '"
                    + " || bool_and(s.event_count = c.event_count) from chunk c"
                    + " join receipt r using (project_id, batch_id)"
                    + " join session s on s.id = c.session_id where c.batch_id = '"
                    + id
                    + "'"))
        .containsExactly("1 true true");
  }

  private static String payload(Batch batch) {
    return server
        .column("select md5(payload) from chunk where batch_id = '" + batch.get("batch_id") + "'")
        .getFirst();
  }

  // B10
  @Test
  void a_retry_after_ten_minutes_and_after_the_idle_limit_is_still_a_retry() {
    Batch batch = Batch.first();
    String replay = replay(batch);

    for (Duration later : List.of(Duration.ofMinutes(10), IDLE)) {
      age("last_received_at", later);
      var retry = send(batch);
      assertThat(retry.json().get("deduped").asBoolean()).isTrue();
      assertThat(retry.json().get("session_replay_id").asString()).isEqualTo(replay);
    }
    assertThat(sessions()).isOne();
  }

  // B10
  @Test
  void a_retry_under_another_sign_in_is_still_a_retry() {
    Batch batch = Batch.first();
    String replay = replay(batch);

    var retry = batch.send(server, project, issuer.token(project.id(), Batch.id(), Batch.id()));

    assertThat(retry.json().get("deduped").asBoolean()).isTrue();
    assertThat(retry.json().get("session_replay_id").asString()).isEqualTo(replay);
  }

  // B11
  @Test
  void silence_up_to_the_idle_limit_keeps_the_replay_and_longer_silence_ends_it() {
    Batch first = Batch.first();
    String replay = replay(first);

    age("last_received_at", IDLE.minusMinutes(1));
    assertThat(replay(first.next())).isEqualTo(replay);

    age("last_received_at", IDLE.plusSeconds(1));
    assertThat(replay(first.next())).isNotEqualTo(replay);
    assertThat(sessions()).isEqualTo(2);
  }

  // B11
  @Test
  void the_limits_are_exact_to_the_microsecond() {
    String over =
        """
        select session_is_over(
          (null, 'token:t', null, now() - interval '%s', now() - interval '%s')::open_session,
          now(), interval '30 minutes', interval '12 hours')::text
        """;

    assertThat(server.column(over.formatted("1 hour", "30 minutes"))).containsExactly("false");
    assertThat(server.column(over.formatted("1 hour", "30 minutes 1 microsecond")))
        .containsExactly("true");
    assertThat(server.column(over.formatted("12 hours", "0"))).containsExactly("false");
    assertThat(server.column(over.formatted("12 hours 1 microsecond", "0")))
        .containsExactly("true");
  }

  // B11
  @Test
  void a_duplicate_does_not_extend_the_window() {
    Batch first = Batch.first();
    String replay = replay(first);
    age("last_received_at", IDLE.minusMinutes(1));
    assertThat(replay(first)).as("the duplicate").isEqualTo(replay);
    age("last_received_at", Duration.ofMinutes(2));

    assertThat(replay(first.next())).isNotEqualTo(replay);
  }

  // B12
  @Test
  void wrong_client_clocks_change_neither_grouping_nor_bounds() {
    Instant before = Instant.now().minusSeconds(1);
    var replays = new HashSet<String>();
    for (Duration wrong : List.of(Duration.ofHours(-24), Duration.ofHours(24), Duration.ZERO)) {
      Batch tab = Batch.first();
      replays.add(replay(tab.at(Instant.now().plus(wrong).toEpochMilli())));
      replays.add(replay(tab.next().at(Instant.now().plus(wrong).toEpochMilli())));
    }

    assertThat(replays).hasSize(1);
    Bounds bounds = bounds(replays.iterator().next());
    assertThat(bounds.first()).isGreaterThanOrEqualTo(before.toEpochMilli());
    assertThat(bounds.last()).isLessThanOrEqualTo(System.currentTimeMillis());
  }

  // B12
  @Test
  void absurd_event_times_are_clamped_in_the_bounds() {
    Batch batch = Batch.first().events(List.of(Batch.move(-5), Batch.move(9_000_000_000_000_000L)));
    long sent = System.currentTimeMillis();
    Bounds bounds = bounds(replay(batch));

    assertThat(bounds.first()).isGreaterThanOrEqualTo(sent - Duration.ofDays(7).toMillis());
    assertThat(bounds.last())
        .isLessThanOrEqualTo(System.currentTimeMillis() + Duration.ofMinutes(1).toMillis());
  }

  // B13
  @Test
  void a_session_past_its_longest_is_split_and_the_new_part_can_be_played() {
    Batch first = Batch.first();
    String replay = replay(first);

    age("opened_at", MAX.minusMinutes(1));
    assertThat(replay(first.next())).isEqualTo(replay);

    age("opened_at", Duration.ofMinutes(2));
    String second = replay(first.next().events(Batch.page(System.currentTimeMillis())));
    assertThat(second).isNotEqualTo(replay);
    assertThat(
            server.column(
                "select has_full_snapshot::text from session where id = '" + second + "'"))
        .containsExactly("true");
  }

  // B13
  @Test
  void the_first_forms_own_sessions_are_split_too() {
    Batch first = Batch.first().firstForm();
    String path = "/api/latest/session-recordings/batch";
    Batch.call(server, path, project, token()).body(first.json()).send();
    server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                "update open_session set opened_at = opened_at - interval '12 hours 1 second'"
                    + " where opener = ?",
                "name:" + first.get("session_id")));
    var second = Batch.call(server, path, project, token()).body(first.next().json()).send();

    assertThat(second.status()).as(second.body()).isEqualTo(200);
    assertThat(second.json().get("session_id").asString()).isEqualTo(first.get("session_id"));
    assertThat(
            server.count(
                "select count(*) from session where name = '" + first.get("session_id") + "'"))
        .isEqualTo(2);
  }

  @Test
  void tabs_and_browser_sessions_of_one_sign_in_are_one_replay() {
    Set<String> replays = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      replays.add(replay(Batch.first()));
    }

    assertThat(replays).hasSize(1);
    assertThat(
            server.count(
                "select count(*) from tab where session_id = '" + replays.iterator().next() + "'"))
        .isEqualTo(3);
  }

  @Test
  void without_published_keys_a_browser_session_is_a_replay() {
    Project open = server.project();
    Batch tab = Batch.first();
    Batch otherTab = Batch.first().with("browser_session_id", tab.get("browser_session_id"));

    String replay = tab.send(server, open).json().get("session_replay_id").asString();
    assertThat(otherTab.send(server, open).json().get("session_replay_id").asString())
        .isEqualTo(replay);
    assertThat(Batch.first().send(server, open).json().get("session_replay_id").asString())
        .isNotEqualTo(replay);
  }
}

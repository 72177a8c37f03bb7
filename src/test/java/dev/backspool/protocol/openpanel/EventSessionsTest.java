package dev.backspool.protocol.openpanel;

import static dev.backspool.protocol.openpanel.Tracking.DEVICE;
import static dev.backspool.protocol.openpanel.Tracking.T;
import static dev.backspool.protocol.openpanel.Tracking.row;
import static dev.backspool.protocol.openpanel.Tracking.rows;
import static dev.backspool.protocol.openpanel.Tracking.view;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.event.SessionIds;
import dev.backspool.protocol.openpanel.Tracking.Session;
import dev.backspool.protocol.openpanel.Tracking.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which session an event lies: the contract's acceptance cases 10 and 13 to 30. */
final class EventSessionsTest {
  private static final Instant EDGE = Instant.parse("2026-06-08T06:00:00Z");
  private final Tracking tracking = new Tracking();

  @AfterEach
  void stop() {
    tracking.close();
  }

  private UUID golden(String device, Instant at) {
    return SessionIds.of(tracking.project.id().toString(), device, at.toEpochMilli());
  }

  @Test
  void an_hourly_backlog_of_a_week_keeps_five_days_each_hour_a_session_of_its_own() {
    var backlog = rows();
    for (int hour = 1; hour <= 168; hour++) {
      backlog.add(row(T.minus(Duration.ofHours(hour)), "reading"));
    }
    tracking.clock.set(T.plusMillis(1));
    var answer = tracking.batch(backlog).json();
    assertThat(answer.get("accepted").asInt()).isEqualTo(119);
    assertThat(answer.get("rejected").size()).isEqualTo(49);
    assertThat(tracking.sessions()).hasSize(119);
    assertThat(tracking.starts()).hasSize(119);
    List<Stored> events = tracking.events();
    List<Stored> starts = tracking.starts();
    for (int i = 0; i < events.size(); i++) {
      assertThat(starts.get(i).at()).isEqualTo(events.get(i).at().minusMillis(100));
      assertThat(starts.get(i).session()).isEqualTo(events.get(i).session());
    }
  }

  @Test
  void five_days_of_a_row_a_minute_are_a_session_for_each_half_hour() {
    tracking.clock.set(T.plusMillis(1));
    var batch = rows();
    for (int minute = 7_199; minute >= 0; minute--) {
      batch.add(row(T.minus(Duration.ofMinutes(minute)), "reading"));
      if (batch.size() == 2_000 || minute == 0) {
        tracking.store(batch);
        batch.clear();
      }
    }
    assertThat(tracking.events()).hasSize(7_200);
    assertThat(tracking.sessions()).hasSizeBetween(240, 241);
    assertThat(tracking.starts()).hasSameSizeAs(tracking.sessions());
  }

  @Test
  void a_half_hour_has_an_edge_with_five_seconds_of_grace() {
    tracking.store(
        List.of(
            row("a", EDGE.minusSeconds(20), "x", null), row("a", EDGE.plusSeconds(10), "x", null)));
    assertThat(tracking.sessions()).hasSize(2);
    assertThat(tracking.starts()).hasSize(2);
    tracking.store(
        List.of(
            row("b", EDGE.minusSeconds(27), "x", null), row("b", EDGE.plusSeconds(3), "x", null)));
    assertThat(tracking.sessions()).hasSize(3);
    assertThat(tracking.starts()).hasSize(3);
  }

  @Test
  void session_ids_are_those_of_the_golden_formula() {
    Instant at = EDGE.plus(Duration.ofMinutes(3));
    tracking.store(
        List.of(
            row(at, "x"),
            row(at.plus(Duration.ofMinutes(5)), "x"),
            row(at.plus(Duration.ofHours(1)), "x")));
    assertThat(tracking.events())
        .extracting(Stored::session)
        .containsExactly(
            golden(DEVICE, at), golden(DEVICE, at), golden(DEVICE, at.plus(Duration.ofHours(1))));
    assertThat(tracking.sessions()).hasSize(2);
  }

  @Test
  void a_flush_across_an_edge_is_two_sessions_whether_it_is_old_or_young() {
    for (Instant edge : List.of(EDGE, Instant.parse("2026-06-08T12:00:00Z"))) {
      var flush = rows();
      for (int i = 0; i < 100; i++) {
        flush.add(row("meter-" + edge, edge.minusSeconds(1_170).plusSeconds(18L * i), "x", null));
      }
      tracking.store(flush);
    }
    assertThat(tracking.events()).hasSize(200);
    assertThat(tracking.sessions()).hasSize(4);
    assertThat(tracking.starts()).hasSize(4);
  }

  @Test
  void a_household_behind_one_address_has_a_session_for_each_device() {
    var interleaved = rows();
    for (int i = 0; i < 10; i++) {
      for (String device : List.of("tv", "phone", "tablet")) {
        interleaved.add(row(device, EDGE.plusSeconds(60 + i), "x", null));
      }
    }
    tracking.store(interleaved);
    assertThat(tracking.sessions()).hasSize(3);
    assertThat(tracking.starts()).hasSize(3);
    assertThat(tracking.events())
        .allMatch(event ->
            tracking.sessions().stream()
                .anyMatch(
                    s -> s.id().equals(event.session()) && s.device().equals(event.device())));
  }

  @Test
  void rows_of_one_millisecond_are_read_back_in_the_order_they_were_sent() {
    var tied = rows();
    for (int i = 0; i < 20; i++) {
      tied.add(row(EDGE.plusSeconds(60), "tie " + i));
    }
    tracking.store(tied);
    assertThat(tracking.events())
        .extracting(Stored::name)
        .containsExactlyElementsOf(
            java.util.stream.IntStream.range(0, 20).mapToObj(i -> "tie " + i).toList());
    assertThat(tracking.sessions()).hasSize(1);
    assertThat(tracking.starts()).hasSize(1);
  }

  @Test
  void requests_at_the_same_time_open_one_session() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 100; round++) {
        String device = "racer-" + round;
        Callable<Object> request =
            () -> {
              tracking.store(
                  List.of(
                      row(device, T.minusSeconds(2), "x", null),
                      row(device, T.minusSeconds(1), "x", null)));
              return device;
            };
        for (var done : threads.invokeAll(Collections.nCopies(3, request))) {
          done.get();
        }
      }
    }
    assertThat(tracking.events()).hasSize(600);
    assertThat(tracking.sessions()).hasSize(100).allMatch(s -> s.count() == 6);
    assertThat(tracking.starts()).hasSize(100).extracting(Stored::session).doesNotHaveDuplicates();
  }

  @Test
  void batches_of_one_half_hour_are_one_session_however_late_the_next_one_comes() {
    for (Duration late : List.of(Duration.ZERO, Duration.ofMinutes(31), Duration.ofMinutes(61))) {
      tracking.close(T.plus(late));
      tracking.store(List.of(row(EDGE.plusSeconds(60), "x"), row(EDGE.plusSeconds(90), "x")));
    }
    assertThat(tracking.events()).hasSize(6);
    assertThat(tracking.starts()).hasSize(1);
    assertThat(tracking.sessions()).singleElement().matches(s -> s.count() == 6);
  }

  @Test
  void an_anonymous_visitor_who_signs_in_keeps_the_session_which_then_has_a_name() {
    Instant at = EDGE.plusSeconds(60);
    tracking.store(
        List.of(
            row(DEVICE, at, "a", null),
            row(DEVICE, at.plusSeconds(1), "b", null),
            Map.of("type", "identify", "payload", Map.of("profileId", "u1", "firstName", "Ada")),
            row(DEVICE, at.plusSeconds(2), "c", "u1")));
    assertThat(tracking.events()).extracting(Stored::profile).containsExactly(DEVICE, DEVICE, "u1");
    assertThat(tracking.sessions()).singleElement().matches(s -> "u1".equals(s.profile()));
  }

  @Test
  void a_shared_kiosk_gives_each_half_hour_its_person() {
    tracking.store(
        List.of(
            row("kiosk", EDGE.plusSeconds(60), "x", "ada"),
            row("kiosk", EDGE.plusSeconds(3_660), "x", "bob"),
            row("shared", EDGE.plusSeconds(60), "x", "ada"),
            row("shared", EDGE.plusSeconds(120), "x", "bob")));
    assertThat(
            tracking.sessions().stream()
                .filter(s -> s.device().equals("kiosk"))
                .map(Session::profile))
        .containsExactly("ada", "bob");
    assertThat(tracking.sessions().stream().filter(s -> s.device().equals("shared"))).hasSize(1);
    assertThat(
            tracking.events().stream()
                .filter(e -> "shared".equals(e.device()))
                .map(Stored::profile))
        .containsExactly("ada", "bob");
  }

  @Test
  void a_backlog_that_arrives_while_its_device_is_live_leaves_the_live_session_alone() {
    tracking.store(List.of(row(T, "now")));
    Session live = tracking.sessions().getFirst();
    var backlog = rows();
    for (int minutes = 360; minutes >= 60; minutes -= 10) {
      backlog.add(row(T.minus(Duration.ofMinutes(minutes)), "then"));
    }
    tracking.store(backlog);
    assertThat(tracking.sessions()).contains(live).hasSizeGreaterThan(10);
    assertThat(tracking.events().stream().filter(e -> e.name().equals("then")))
        .allMatch(e -> golden(DEVICE, e.at()).equals(e.session()));
  }

  @Test
  void a_live_session_ends_on_time_while_a_backlog_comes_in() {
    tracking.store(List.of(row(T, "now")));
    tracking.clock.set(T.plus(Duration.ofMinutes(29)));
    tracking.store(
        List.of(
            row(T.minus(Duration.ofHours(2)), "then"), row(T.minus(Duration.ofHours(3)), "then")));
    tracking.close(T.plus(Duration.ofMinutes(30)).minusMillis(1));
    assertThat(tracking.ends()).noneMatch(e -> golden(DEVICE, T).equals(e.session()));
    tracking.close(T.plus(Duration.ofMinutes(30)));
    assertThat(tracking.ends().stream().filter(e -> golden(DEVICE, T).equals(e.session())))
        .singleElement()
        .matches(e -> e.at().equals(T.plusSeconds(1)));
  }

  @Test
  void a_session_of_a_backlog_is_the_same_in_whatever_order_its_events_come() {
    var shuffled = rows();
    Instant from = EDGE.plusSeconds(60);
    for (int i = 0; i < 20; i++) {
      shuffled.add(view(DEVICE, from.plusSeconds(30L * i), "/page-" + i));
    }
    Collections.shuffle(shuffled, new Random(7));
    // In three requests, with the session closed in between.
    for (int part = 0; part < 3; part++) {
      tracking.store(shuffled.subList(part * 7, Math.min(20, part * 7 + 7)));
      tracking.close(tracking.clock.instant().plus(Duration.ofMinutes(1)));
    }
    assertThat(tracking.sessions())
        .singleElement()
        .matches(s -> s.from().equals(from) && s.until().equals(from.plusSeconds(570)))
        .matches(s -> "/page-0".equals(s.entryPath()) && "/page-19".equals(s.exitPath()))
        .matches(s -> s.count() == 20 && s.screenViews() == 20 && s.closesAt() == null);
    assertThat(tracking.starts())
        .singleElement()
        .matches(e -> e.at().equals(from.minusMillis(100)) && "/page-0".equals(e.path()));
    assertThat(tracking.ends())
        .singleElement()
        .matches(e ->
            e.at().equals(from.plusSeconds(571)) && Long.valueOf(570_000).equals(e.durationMs()))
        .matches(e -> "/page-19".equals(e.path()))
        .matches(e -> e.properties().get("__bounce").asString().equals("false"));
  }

  @Test
  void a_device_with_a_program_s_user_agent_has_sessions_if_it_names_itself() {
    tracking.as("esp32-http-client/1.0");
    tracking.store(List.of(row("esp32", EDGE.plusSeconds(60), "x", null)));
    assertThat(tracking.starts()).hasSize(1);
    tracking.store(List.of(row(null, EDGE.plusSeconds(60), "y", null)));
    assertThat(tracking.starts()).hasSize(1);
    assertThat(tracking.events()).hasSize(2);
    assertThat(tracking.sessions()).hasSize(1);
  }

  @Test
  void a_program_s_event_joins_the_session_of_the_person_it_names_and_does_not_extend_it() {
    String visitor =
        tracking
            .send(row(null, T, "screen_view", "u1", Map.of("__path", "https://shop.example.com/a")))
            .get("sessionId")
            .asString();
    Session before = tracking.sessions().getFirst();
    tracking.clock.advance(Duration.ofMinutes(10));
    var answer = tracking.as("node").send(row(null, null, "paid", "u1"));
    assertThat(answer.get("sessionId").asString()).isEqualTo(visitor);
    Stored paid = tracking.events().getLast();
    assertThat(paid.session()).isEqualTo(before.id());
    assertThat(paid.device()).isEqualTo(before.device());
    assertThat(paid.path()).isEqualTo("/a");
    Session after = tracking.sessions().getFirst();
    assertThat(after.until()).isEqualTo(before.until());
    assertThat(after.closesAt()).isEqualTo(before.closesAt());
    assertThat(after.count()).isEqualTo(2);
  }

  @Test
  void a_pause_of_just_under_half_an_hour_extends_and_of_just_over_it_opens_the_next() {
    tracking.store(List.of(view(DEVICE, T, "/a")));
    Instant second = T.plus(Duration.ofMinutes(30)).minusSeconds(1);
    tracking.close(second);
    tracking.store(List.of(view(DEVICE, second, "/b")));
    assertThat(tracking.sessions()).hasSize(1);
    Instant third = second.plus(Duration.ofMinutes(30)).plusSeconds(1);
    tracking.close(third);
    tracking.store(List.of(view(DEVICE, third, "/c")));
    assertThat(tracking.sessions()).hasSize(2);
    assertThat(tracking.starts()).hasSize(2);
    assertThat(tracking.ends())
        .singleElement()
        .matches(e -> e.at().equals(second.plusSeconds(1)) && "/b".equals(e.path()))
        .matches(e -> Long.valueOf(Duration.between(T, second).toMillis()).equals(e.durationMs()))
        .matches(e -> e.properties().get("__bounce").asString().equals("false"));
  }

  @Test
  void the_next_session_opens_even_if_the_last_one_was_not_closed_in_time() {
    tracking.store(List.of(view(DEVICE, T, "/a")));
    Instant next = T.plus(Duration.ofMinutes(31));
    tracking.clock.set(next);
    tracking.store(List.of(view(DEVICE, next, "/b")));
    assertThat(tracking.sessions()).extracting(Session::current).containsExactly(false, true);
    tracking.close(next);
    assertThat(tracking.ends()).singleElement().matches(e -> e.at().equals(T.plusSeconds(1)));
  }

  @Test
  void one_screen_is_a_bounce_whatever_else_happened_on_it_and_two_are_not() {
    var stay = rows();
    stay.add(view("bouncer", EDGE.plusSeconds(60), "/a"));
    for (int i = 0; i < 5; i++) {
      stay.add(row("bouncer", EDGE.plusSeconds(61 + i), "click", null));
    }
    stay.add(view("reader", EDGE.plusSeconds(60), "/a"));
    stay.add(view("reader", EDGE.plusSeconds(70), "/b"));
    tracking.store(stay);
    tracking.close(T.plus(Duration.ofMinutes(1)));
    assertThat(tracking.ends())
        .hasSize(2)
        .allMatch(e ->
            e.properties().get("__bounce").asString().equals("true")
                == "bouncer".equals(e.device()));
  }

  @Test
  void a_visitor_who_is_here_at_midnight_stays_the_same_and_one_who_is_away_becomes_another() {
    Instant midnight = Instant.parse("2026-06-09T00:00:00Z");
    tracking.clock.set(midnight.minusSeconds(300));
    var before = tracking.send(row(null, null, "x", null));
    tracking.clock.set(midnight.plusSeconds(300));
    assertThat(tracking.send(row(null, null, "x", null))).isEqualTo(before);
    tracking.close(midnight.plus(Duration.ofHours(2)));
    var after = tracking.send(row(null, null, "x", null));
    assertThat(after.get("deviceId")).isNotEqualTo(before.get("deviceId"));
    tracking.clock.set(midnight.plus(Duration.ofHours(26)));
    tracking.send(row(null, null, "x", null));
    assertThat(tracking.server.column("select day::text from salt order by day"))
        .containsExactly("2026-06-09", "2026-06-10");
  }

  @Test
  void an_event_that_comes_late_joins_the_live_session_it_happened_in() {
    tracking.store(List.of(view(DEVICE, T, "/a")));
    tracking.close(T.plus(Duration.ofMinutes(40)));
    assertThat(tracking.ends()).hasSize(1);
    tracking.store(List.of(view(DEVICE, T.plus(Duration.ofMinutes(5)), "/b")));
    tracking.close(T.plus(Duration.ofMinutes(41)));
    assertThat(tracking.sessions()).hasSize(1);
    assertThat(tracking.ends())
        .singleElement()
        .matches(e -> e.at().equals(T.plus(Duration.ofMinutes(5)).plusSeconds(1)));
  }
}

package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import dev.backspool.archive.FaultyProxy;
import dev.backspool.archive.S3Server;
import dev.backspool.archiver.Studio.Reading;
import dev.backspool.postgres.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A bucket that fails in every way it can: recordings wait, and nothing else notices. */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class BucketFaultsTest {
  private static final AtomicInteger BUCKETS = new AtomicInteger();

  @TempDir static Path folder;
  private static S3Server bucket;

  private FaultyProxy proxy;
  private TestPostgres.Address database;
  private Map<String, String> settings;
  private Studio studio;

  @BeforeAll
  static void startServer() throws Exception {
    bucket = S3Server.start(folder);
  }

  @AfterAll
  static void stopServer() {
    bucket.close();
  }

  @BeforeEach
  void start() throws Exception {
    String name = "faulty-" + BUCKETS.incrementAndGet();
    Files.createDirectory(bucket.folder(name));
    proxy = new FaultyProxy(bucket.port());
    settings =
        Map.of(
            "BACKSPOOL_ARCHIVE_URL",
            "s3://" + name + "?endpoint=" + proxy.url(),
            "BACKSPOOL_S3_ACCESS_KEY",
            S3Server.KEYS.accessKey(),
            "BACKSPOOL_S3_SECRET_KEY",
            S3Server.KEYS.secretKey());
    database = TestPostgres.freshDatabase();
    studio = Studio.start(database, settings);
  }

  @AfterEach
  void stop() throws Exception {
    studio.close();
    proxy.close();
  }

  private List<Reading> read(List<Visit> visits) {
    return visits.stream().map(studio::read).toList();
  }

  private List<Visit> visits(String name, int count) {
    var visits = new ArrayList<Visit>();
    for (int i = 0; i < count; i++) {
      visits.add(studio.shortVisit(name + i));
    }
    return visits;
  }

  /** Lets pauses pass until nothing is due. */
  private void catchUp() throws Exception {
    for (int i = 0; i < 3; i++) {
      studio.clock.advance(Duration.ofMinutes(11));
      studio.archiver().archiveDue();
    }
    studio.delete(Duration.ofHours(2));
  }

  @Test
  void an_hour_without_the_bucket_delays_archiving_and_nothing_else() throws Exception {
    List<Visit> visits = visits("first", 5);
    studio.clock.advance(Studio.IDLE);
    proxy.goAway();
    for (int minute = 0; minute < 60; minute += 15) {
      var round = studio.archiver().archiveDue();
      assertThat(round.recorded()).isZero();
      assertThat(round.failed()).isPositive();
      visits.addAll(visits("more" + minute, 2));
      studio.clock.advance(Duration.ofMinutes(15));
    }
    var before = read(visits);
    assertThat(before).allSatisfy(reading -> assertThat(reading.frames()).hasSize(3));
    studio.archiver().lookWhatWaits();
    String metrics = studio.server.get("/metrics").admin().send().body();
    assertThat(metrics).contains("\nbackspool_archive_waiting_sessions 13\n");
    assertThat(studio.archiver().counts().failures(Trouble.ARCHIVE)).isPositive();
    assertThat(studio.server.count("select count(*) from session where archive_error is not null"))
        .isPositive();
    assertThat(studio.server.get("/readyz").send().status()).isEqualTo(200);

    proxy.comeBack();
    studio.clock.advance(Studio.IDLE);
    catchUp();

    assertThat(studio.chunks()).isZero();
    assertThat(studio.server.count("select count(*) from recording_part")).isEqualTo(13);
    assertThat(studio.server.count("select count(*) from session where archive_error is not null"))
        .isZero();
    assertThat(read(visits)).isEqualTo(before);
    studio.assertWhole();
  }

  @Test
  void while_the_bucket_is_away_one_session_is_tried_at_a_time() throws Exception {
    visits("piled", 40);
    studio.clock.advance(Studio.IDLE);
    proxy.goAway();
    studio.archiver().archiveDue();
    long tried = studio.server.count("select count(*) from session where archive_failures > 0");
    // As many as are put at a time.
    assertThat(tried).isBetween(1L, 16L);

    assertThat(studio.archiver().archiveDue()).isEqualTo(new Archiver.Round(1, 0, 1));

    proxy.comeBack();
    assertThat(studio.archiver().archiveDue().recorded()).isEqualTo(40 - (int) tried - 1);
    catchUp();
    assertThat(studio.chunks()).isZero();
    studio.assertWhole();
  }

  @Test
  void wrong_credentials_are_told_and_put_right() throws Exception {
    List<Visit> visits = visits("refused", 2);
    var before = read(visits);
    var wrong = new HashMap<>(settings);
    wrong.put("BACKSPOOL_S3_SECRET_KEY", "another-secret");
    try (Studio locked = studio.beside(database, wrong)) {
      assertThat(locked.archive().failed()).isPositive();
      assertThat(locked.archiver().counts().failures(Trouble.ARCHIVE)).isPositive();
      assertThat(studio.server.column("select archive_error from session"))
          .anySatisfy(error -> assertThat(error).contains("403"));
      assertThat(read(visits)).isEqualTo(before);
    }
    catchUp();
    assertThat(studio.chunks()).isZero();
    assertThat(read(visits)).isEqualTo(before);
    studio.assertWhole();
  }

  @Test
  void errors_of_the_server_are_waited_out() throws Exception {
    List<Visit> visits = visits("errors", 3);
    var before = read(visits);
    proxy.fault(exchange -> exchange.answer(500, "InternalError"));
    assertThat(studio.archive().recorded()).isZero();
    assertThat(read(visits)).isEqualTo(before);

    // Every third request still fails: the client tries again by itself.
    var count = new AtomicInteger();
    proxy.fault(exchange -> {
      if (count.incrementAndGet() % 3 == 0) {
        exchange.answer(503, "SlowDown");
      } else {
        exchange.pass();
      }
    });
    catchUp();
    proxy.fault(FaultyProxy.NONE);
    catchUp();
    assertThat(studio.chunks()).isZero();
    assertThat(read(visits)).isEqualTo(before);
    studio.assertWhole();
  }

  @Test
  void a_put_whose_answer_is_lost_makes_one_object() throws Exception {
    List<Visit> visits = visits("lost", 3);
    var before = read(visits);
    var lost = new AtomicInteger();
    proxy.fault(exchange -> {
      if (exchange.is("PUT") && lost.incrementAndGet() <= 3) {
        exchange.swallowAnswer();
      } else {
        exchange.pass();
      }
    });
    studio.archive();
    catchUp();
    assertThat(lost).hasValueGreaterThanOrEqualTo(3);
    assertThat(studio.server.count("select count(*) from recording_part")).isEqualTo(3);
    assertThat(read(visits)).isEqualTo(before);
    studio.assertWhole();
  }

  @Test
  void answers_that_break_off_lose_nothing() throws Exception {
    Visit visit = studio.shortVisit("cut");
    studio.archive();
    visit.click(5_000).upload("&seq=9");
    studio.archive();
    var before = studio.read(visit);
    assertThat(studio.session("cut", "part_count")).isEqualTo("2");
    studio.clock.advance(Studio.IDLE);
    // Nothing can be read to be merged but a few bytes.
    proxy.fault(exchange -> exchange.cutAfter(3));
    assertThat(studio.archiver().mergeDue().recorded()).isZero();
    assertThat(studio.session("cut", "part_count")).isEqualTo("2");
    assertThat(studio.session("cut", "archive_error is not null")).isEqualTo("true");

    proxy.fault(FaultyProxy.NONE);
    studio.clock.advance(Duration.ofMinutes(11));
    assertThat(studio.archiver().mergeDue().recorded()).isOne();
    assertThat(studio.read(visit)).isEqualTo(before);
    studio.delete(Duration.ofHours(2));
    studio.assertWhole();
  }

  @Test
  void a_slow_bucket_takes_recordings_slowly() throws Exception {
    List<Visit> visits = visits("slow", 20);
    var before = read(visits);
    proxy.fault(exchange -> {
      Thread.sleep(500);
      exchange.pass();
    });
    assertThat(studio.archive().recorded()).isEqualTo(20);
    proxy.fault(FaultyProxy.NONE);
    assertThat(read(visits)).isEqualTo(before);
    studio.assertWhole();
  }

  @Test
  void what_cannot_be_deleted_yet_is_deleted_later() throws Exception {
    List<Visit> visits = visits("doomed", 3);
    studio.archive();
    studio.sql("delete from session where id = '" + visits.getFirst().id() + "'");
    proxy.goAway();
    assertThat(studio.delete(Duration.ZERO)).isZero();
    assertThat(studio.server.column("select failures || ' ' || deleting from doomed_object"))
        .containsExactly("1 true");
    assertThat(studio.server.column("select error from doomed_object").getFirst()).isNotEmpty();
    assertThat(studio.archiver().counts().undeleted()).isOne();

    proxy.comeBack();
    assertThat(studio.delete(Duration.ofMinutes(11))).isOne();
    assertThat(studio.objects()).hasSize(2);
    studio.assertNothingLeftOver();
  }

  @Test
  void a_deletion_whose_answer_breaks_off_is_made_again() throws Exception {
    studio.shortVisit("half-told");
    studio.archive();
    studio.sql("delete from session");
    proxy.fault(exchange -> {
      if (exchange.is("POST")) {
        exchange.cutAfter(20);
      } else {
        exchange.pass();
      }
    });
    assertThat(studio.delete(Duration.ZERO)).isZero();
    assertThat(studio.server.column("select failures from doomed_object")).containsExactly("1");

    proxy.fault(FaultyProxy.NONE);
    assertThat(studio.delete(Duration.ofMinutes(11))).isOne();
    studio.assertNothingLeftOver();
  }

  @Test
  void an_object_that_cannot_be_deleted_keeps_no_other_from_it() throws Exception {
    visits("kept", 9);
    studio.archive();
    String stubborn = studio.named().get(4);
    studio.sql("delete from session");
    String name = stubborn.substring(stubborn.lastIndexOf('/') + 1);
    // A request about it, and each deletion of several that names it in its body.
    proxy.fault(exchange -> {
      if (exchange.has(name)) {
        exchange.answer(403, "AccessDenied");
      } else {
        exchange.pass();
      }
    });
    assertThat(studio.delete(Duration.ZERO)).isEqualTo(8);
    assertThat(studio.server.column("select object from doomed_object"))
        .containsExactly(stubborn.substring(stubborn.indexOf('/') + 1));

    proxy.fault(FaultyProxy.NONE);
    assertThat(studio.delete(Duration.ofMinutes(11))).isOne();
    assertThat(studio.objects()).isEmpty();
  }
}

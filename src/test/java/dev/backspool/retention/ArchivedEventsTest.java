package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.eventday.DayRows;
import dev.backspool.eventday.EventLine;
import dev.backspool.server.TestServer;
import dev.backspool.server.TestServer.Answer;
import dev.backspool.sync.Difference;
import dev.backspool.sync.Difference.Kind;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SyncStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Days of events that leave PostgreSQL for the archive, and what becomes of them there. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class ArchivedEventsTest {
  @TempDir private Path folder;
  private Past past;

  @BeforeEach
  void start() {
    past = new Past(folder, Map.of());
  }

  @AfterEach
  void stop() {
    past.close();
  }

  /** Two projects with events of one day, which has left. */
  private Project left() {
    past.tracked("a", 5);
    past.tracked("b", 3);
    Project other = past.server.project();
    past.tracked(other, "c", "device-of-c", null, 2);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.left()).isEmpty();
    return other;
  }

  @Test
  void a_day_leaves_postgresql_and_the_columnar_store_still_has_it() throws IOException {
    Project other = left();

    assertThat(past.hasPartition()).isFalse();
    assertThat(past.server.count("select count(*) from event")).isZero();
    assertThat(past.archivedRows()).as("with starts and ends").isEqualTo(12);
    assertThat(past.objects()).hasSize(2);
    assertThat(past.unreachable()).isEmpty();
    assertThat(past.server.count("select count(*) from doomed_object")).isZero();
    assertThat(past.held()).isEqualTo(12);
    assertThat(past.findings()).isEmpty();

    EventLine line = past.archived().getFirst();
    JsonNode json = TestServer.JSON.readTree(line.json());
    assertThat(json.get("name").asString()).isIn("bought", "session_start");
    assertThat(past.archived())
        .extracting(each -> new String(each.json(), StandardCharsets.UTF_8))
        .anyMatch(text ->
            text.contains("\"properties\":{\"what\":\"a \\\"thing\\\" \u00e4\u20ac\",\"n\":\"0\"}")
                || text.contains(
                    "\"properties\":{\"n\":\"0\",\"what\":\"a \\\"thing\\\" \u00e4\u20ac\"}"));
    for (String object : past.objects()) {
      byte[] bytes = Files.readAllBytes(folder.resolve("archive").resolve(object));
      assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).doesNotContain("bought");
    }
    assertThat(other.id()).isNotEqualTo(past.id());
  }

  @Test
  void events_that_come_after_it_are_copied_as_ever() {
    left();
    past.tracked("late", 4);
    assertThat(past.held()).isEqualTo(12 + 5);
    assertThat(past.rows("event")).isEqualTo(5);
  }

  @Test
  void a_columnar_store_that_is_new_gets_what_has_left_too() throws IOException {
    left();
    past.tracked("late", 4);
    assertThat(past.held()).isEqualTo(17);
    past.server.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().contains("analytics")).toList()) {
        Files.delete(file);
      }
    }
    past.server = TestServer.start(past.database, past.settings, past.clock);
    assertThat(past.held()).isEqualTo(17);
  }

  @Test
  void a_sink_that_is_filled_again_has_the_same_as_before() {
    left();
    past.tracked("late", 4);
    assertThat(past.held()).isEqualTo(17);
    past.server.server().sync().sinks().resync(past.sink().id(), null, null);
    assertThat(past.held()).isEqualTo(17);
    past.server.server().sync().sinks().resync(past.sink().id(), past.id(), "events");
    assertThat(past.held()).isEqualTo(17);
  }

  @Test
  void a_day_that_a_sink_has_not_read_stays_and_it_is_told() {
    past.settle();
    past.server.server().sync().sinks().pause(past.sink().id(), true);
    past.tracked("a", 5);
    past.days(12);
    past.run();
    assertThat(past.rows("event")).isEqualTo(7);
    assertThat(past.objectsNow()).isEmpty();
    assertThat(past.left())
        .singleElement()
        .asString()
        .contains("stay in PostgreSQL: a copy that is required has not read them all");

    past.server.server().sync().sinks().pause(past.sink().id(), false);
    past.settle();
    past.clock.advance(Duration.ofMinutes(61));
    past.server.server().retention().look();
    assertThat(past.rows("event")).isZero();
    assertThat(past.held()).isEqualTo(7);
  }

  @Test
  void while_the_archive_is_away_a_day_stays_and_it_is_told() throws IOException {
    past.tracked("a", 5);
    past.days(12);
    past.settle();
    Path archive = folder.resolve("archive");
    Path aside = folder.resolve("aside");
    if (Files.exists(archive)) {
      Files.move(archive, aside);
    }
    Files.writeString(archive, "no folder");
    past.run();
    assertThat(past.rows("event")).isEqualTo(7);
    assertThat(past.rows("event_day")).isZero();
    assertThat(past.left()).singleElement().asString().contains("The archive does not answer");

    Files.delete(archive);
    if (Files.exists(aside)) {
      Files.move(aside, archive);
    }
    past.clock.advance(Duration.ofMinutes(61));
    past.server.server().retention().look();
    assertThat(past.rows("event")).isZero();
    assertThat(past.held()).isEqualTo(7);
    assertThat(past.unreachable()).isEmpty();
  }

  /** The process dies: nothing is caught, nothing is put right. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  @Test
  void whatever_moment_it_dies_at_there_are_rows_or_an_object_and_never_both() throws Exception {
    past.tracked("a", 5);
    past.tracked("b", 3);
    Project other = past.server.project();
    past.tracked(other, "c", "device-of-c", null, 2);
    past.days(12);
    past.settle();
    var moments = new HashSet<String>();
    int crashes = 0;
    while (past.server.count("select count(*) from event") > 0) {
      var left = new AtomicInteger(crashes + 1);
      past.server
          .server()
          .retention()
          .witness(moment -> {
            if (left.decrementAndGet() == 0) {
              moments.add(moment);
              throw new Crash();
            }
          });
      try {
        past.run();
      } catch (Crash crash) {
        crashes++;
      }
      past.server.server().retention().witness(_ -> {});
      assertThat(
              past.server.count(
                      "select count(*) from event where project_id = '%s'".formatted(past.id()))
                  + past.archivedRows())
          .as("after %d crashes", crashes)
          .isEqualTo(12);
      assertThat(past.unreachable()).isEmpty();
      past.server
          .server()
          .postgres()
          .own(handle ->
              handle.execute("update job set leased_until = now() - interval '1 second'"));
      past.clock.advance(Duration.ofMinutes(61));
      assertThat(crashes).isLessThan(40);
    }
    assertThat(moments).contains("after a plan", "after a put", "before a drop", "before a commit");
    past.clock.advance(Duration.ofHours(8));
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).hasSize(2);
    assertThat(past.held()).isEqualTo(12);
  }

  @Test
  void what_is_written_to_a_day_while_it_is_archived_is_not_lost() {
    past.tracked("a", 5);
    past.days(12);
    past.settle();
    var once = new AtomicInteger();
    past.server
        .server()
        .retention()
        .witness(moment -> {
          if (moment.equals("after a put") && once.getAndIncrement() == 0) {
            past.server
                .server()
                .postgres()
                .own(handle ->
                    handle.execute(
                        "update event set path = '/changed' where name = 'session_start'"));
          }
        });
    past.run();
    assertThat(past.rows("event")).isZero();
    assertThat(past.held()).isEqualTo(7);
    assertThat(past.archivedTexts()).anyMatch(line -> line.contains("\"path\":\"/changed\""));
  }

  @Test
  void a_sink_that_need_not_be_waited_for_begins_anew_and_finds_what_left_before_it_read()
      throws Exception {
    past.tracked("read", 3);
    past.settle();
    past.server
        .server()
        .postgres()
        .own(handle -> handle.execute("update sync_sink set is_required = false"));
    past.server.server().sync().sinks().pause(past.sink().id(), true);
    past.tracked("unread", 4);
    past.days(12);
    past.run();
    assertThat(past.left()).isEmpty();
    assertThat(past.rows("event")).isZero();
    past.server.server().sync().sinks().pause(past.sink().id(), false);
    assertThat(past.held()).isEqualTo(5 + 6);
  }

  @Test
  void a_person_is_erased_from_archived_days_too() throws Exception {
    past.tracked(past.project, "ada-1", "phone", "ada", 4);
    past.tracked(past.project, "shared", "tablet", "ada", 2);
    past.tracked(past.project, "shared", "tablet", "bob", 3);
    past.tracked(past.project, "anonymous-phone", "phone", null, 2);
    past.tracked(past.project, "anonymous-tablet", "tablet", null, 2);
    past.tracked(past.project, "bob-1", "laptop", "bob", 3);
    past.days(12);
    past.settle();
    long all = past.rows("event");
    past.run();
    assertThat(past.archivedRows()).isEqualTo(all);
    assertThat(past.held()).isEqualTo(all);
    String object = past.objects().getFirst();

    Answer erased = past.server.call("DELETE", past.path() + "/profiles/ada").admin().send();
    assertThat(erased.status()).as(erased.body()).isEqualTo(200);
    JsonNode receipt = erased.json();
    assertThat(receipt.get("objects").toString()).contains(object.substring(37));

    // Four and two of hers, two anonymous ones on her phone, and starts and ends of three sessions.
    assertThat(receipt.at("/removed/events").asInt()).isEqualTo(4 + 2 + 2 + 6);
    assertThat(receipt.at("/removed/sessions").asInt()).isEqualTo(3);
    List<String> lines = past.archivedTexts();
    assertThat(lines).hasSize((int) all - 14).noneMatch(line -> line.contains("ada"));
    assertThat(past.archived().stream().filter(line -> "bob".equals(line.profile())).toList())
        .hasSize(3 + 3 + 2)
        .anyMatch(line -> line.session() == null);
    assertThat(past.held()).isEqualTo(all - 14);
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).hasSize(1).doesNotContain(object);
    assertThat(past.findings()).isEmpty();

    past.server.server().sync().sinks().resync(past.sink().id(), null, null);
    assertThat(past.held()).isEqualTo(all - 14);
    assertThat(past.server.call("DELETE", past.path() + "/profiles/ada").admin().send().body())
        .as("erasing again gives the same receipt")
        .contains(receipt.get("id").asString());
    assertThat(past.server.call("DELETE", past.path() + "/profiles/eve").admin().send().status())
        .isEqualTo(404);
  }

  @Test
  void an_erased_session_goes_from_archived_days_and_an_empty_day_goes_whole() throws Exception {
    String session = past.tracked("only", 4);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.archivedRows()).isEqualTo(6);
    Answer erased = past.server.call("DELETE", past.path() + "/sessions/" + session).admin().send();
    assertThat(erased.status()).isEqualTo(200);
    assertThat(past.rows("event_day")).isZero();
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).isEmpty();
    assertThat(past.held()).isZero();
    assertThat(past.findings()).isEmpty();
  }

  @Test
  void while_the_archive_is_away_an_erasure_waits_and_then_ends_by_itself() throws Exception {
    past.tracked(past.project, "ada-1", "phone", "ada", 4);
    past.days(12);
    past.settle();
    past.run();
    Path archive = folder.resolve("archive");
    Files.move(archive, folder.resolve("aside"));
    Files.writeString(archive, "no folder");
    Answer waits = past.server.call("DELETE", past.path() + "/profiles/ada").admin().send();
    assertThat(waits.status()).isEqualTo(503);
    assertThat(waits.header("Location")).contains("/erasures/");
    Files.delete(archive);
    Files.move(folder.resolve("aside"), archive);
    Past.eventually(() ->
        assertThat(
                past.server
                    .get(waits.header("Location"))
                    .admin()
                    .send()
                    .json()
                    .get("rows_removed_at")
                    .isNull())
            .isFalse());
    assertThat(past.archivedRows()).isZero();
    assertThat(past.held()).isZero();
  }

  @Test
  void retention_ends_an_archived_day_but_for_what_somebody_keeps() throws Exception {
    String kept = past.tracked("kept", 3);
    past.tracked("other", 5);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.archivedRows()).isEqualTo(12);
    assertThat(
            past.server
                .call("PUT", past.path() + "/sessions/" + kept + "/keep")
                .admin()
                .send()
                .status())
        .isEqualTo(204);
    past.keeps("{\"event_days\": 20}");
    JsonNode next = past.server.get(past.path() + "/retention").admin().send().json();
    assertThat(next.at("/next/events").asInt()).isZero();
    past.days(12);
    next = past.server.get(past.path() + "/retention").admin().send().json();
    assertThat(next.toString()).contains("\"events\":12");
    past.run();

    assertThat(past.rows("event_day")).isZero();
    assertThat(past.rows("event")).as("of the kept session").isEqualTo(5);
    assertThat(past.rows("session")).isOne();
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).isEmpty();
    assertThat(past.held()).isEqualTo(5);
    assertThat(past.findings()).isEmpty();
    JsonNode report =
        past.server.get(past.path() + "/retention").admin().send().json().at("/runs/0");
    assertThat(report.get("events").asInt()).isEqualTo(7);
    assertThat(report.get("objects").asInt()).isOne();

    past.server.server().sync().sinks().resync(past.sink().id(), null, null);
    assertThat(past.held()).isEqualTo(5);
  }

  @Test
  void a_day_that_expires_before_it_would_be_archived_is_not() throws Exception {
    past.tracked("a", 5);
    past.keeps("{\"event_days\": 8}");
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.rows("event")).isZero();
    assertThat(past.rows("event_day")).isZero();
    assertThat(past.objects()).isEmpty();
    assertThat(past.held()).isZero();
  }

  @Test
  void a_deleted_project_leaves_no_object() throws Exception {
    left();
    assertThat(past.objects()).hasSize(2);
    assertThat(past.server.call("DELETE", past.path()).admin().send().status()).isEqualTo(204);
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).hasSize(1);
  }

  @Test
  void verify_tells_of_a_day_whose_object_is_damaged_or_gone() throws Exception {
    left();
    List<Path> objects = new ArrayList<>();
    for (String object : past.objects()) {
      objects.add(folder.resolve("archive").resolve(object));
    }
    byte[] bytes = Files.readAllBytes(objects.get(0));
    bytes[bytes.length / 2] ^= 1;
    Files.write(objects.get(0), bytes);
    Files.delete(objects.get(1));
    assertThat(past.findings()).containsExactlyInAnyOrder("object_damaged", "object_missing");
  }

  @Test
  void a_row_that_the_sink_has_lost_comes_back_out_of_the_archive() throws Exception {
    left();
    assertThat(past.held()).isEqualTo(12);
    past.server.close();
    try (Connection file =
            DriverManager.getConnection("jdbc:duckdb:" + folder.resolve("analytics.duckdb"));
        Statement statement = file.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "delete from events where project_id = '%s' and name = 'bought'"
                      .formatted(past.id())))
          .isEqualTo(8);
    }
    past.server = TestServer.start(past.database, past.settings, past.clock);
    past.settle();
    assertThat(differences(true)).hasSize(8).allMatch(each -> each.kind() == Kind.MISSING);
    Past.eventually(() -> assertThat(differences(false)).isEmpty());
    assertThat(past.held()).isEqualTo(12);
  }

  private List<Difference> differences(boolean repairs) {
    try {
      return past.server.server().sync().verifier().verify(past.sink(), past.id(), repairs).stream()
          .flatMap(comparison -> comparison.differences().stream())
          .toList();
    } catch (SinkException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private void own(String... statements) {
    past.server
        .server()
        .postgres()
        .own(handle -> {
          for (String sql : statements) {
            handle.execute(sql);
          }
          return statements.length;
        });
  }

  /** Whether something is true within two seconds. */
  private boolean isSoon(String sql) throws InterruptedException {
    for (int i = 0; i < 40; i++) {
      if (past.server.count(sql) > 0) {
        return true;
      }
      Thread.sleep(50);
    }
    return false;
  }

  private static final String GONE = "select 1 - least(count(*), 1) from event";

  @Test
  void a_day_that_leaves_while_a_page_of_changes_is_read_stays_in_the_sink() throws Exception {
    past.tracked("a", 5);
    past.days(12);
    past.settle();
    own(
        """
        create function held_up() returns boolean language plpgsql as $$
        begin
          if current_setting('transaction_isolation') = 'repeatable read' then
            perform pg_advisory_xact_lock_shared(4711);
          end if;
          return true;
        end $$
        """,
        "alter policy write on sync_key using (held_up())");
    try (Connection holds = past.server.server().postgres().alone("test");
        Statement statement = holds.createStatement()) {
      statement.execute("select pg_advisory_lock(4711)");
      own(
          """
          insert into sync_key as known (project_id, source, key, seq, xid, is_gone)
          select project_id, 8, int8send(id), nextval('sync_seq'), pg_current_xact_id(), false
          from event
          """,
          "select pg_notify('backspool_sync', '%s')".formatted(past.id()));
      assertThat(
              isSoon(
                  "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"))
          .as("a page is being read")
          .isTrue();
      Thread run = Thread.ofVirtual().start(past::run);
      assertThat(isSoon(GONE)).as("the day waits for who reads it").isFalse();
      statement.execute("select pg_advisory_unlock(4711)");
      run.join();
    }
    own("alter policy write on sync_key using (true)");
    assertThat(past.rows("event")).isZero();
    assertThat(past.held()).isEqualTo(7);
  }

  @Test
  void a_day_that_leaves_while_a_sink_is_verified_is_not_missed() throws Exception {
    past.tracked("a", 5);
    past.days(12);
    past.settle();
    var found = new AtomicReference<List<Difference>>();
    try (Connection holds = past.server.server().postgres().alone("test");
        Statement statement = holds.createStatement()) {
      holds.setAutoCommit(false);
      statement.execute("lock table profile in access exclusive mode");
      Thread verify = Thread.ofVirtual().start(() -> found.set(differences(false)));
      assertThat(
              isSoon(
                  "select count(*) from pg_locks where relation = 'profile'::regclass and not granted"))
          .as("the verifier has begun")
          .isTrue();
      Thread run = Thread.ofVirtual().start(past::run);
      assertThat(isSoon(GONE)).as("the day waits for who reads it").isFalse();
      holds.rollback();
      verify.join();
      run.join();
    }
    assertThat(found.get()).isEmpty();
    assertThat(past.rows("event")).isZero();
    assertThat(past.held()).isEqualTo(7);
  }

  @Test
  void a_day_leaves_as_soon_as_somebody_is_done_who_reads_it_for_long() throws Exception {
    past.tracked("a", 5);
    past.days(12);
    past.settle();
    try (Connection holds = past.server.server().postgres().alone("test");
        Statement statement = holds.createStatement()) {
      holds.setAutoCommit(false);
      statement.execute("lock table event in access share mode");
      Thread run = Thread.ofVirtual().start(past::run);
      Thread.sleep(7_000);
      assertThat(past.rows("event")).isEqualTo(7);
      holds.rollback();
      run.join();
    }
    assertThat(past.left()).isEmpty();
    assertThat(past.rows("event")).isZero();
  }

  @Test
  void a_session_that_cannot_be_removed_holds_up_no_day() throws Exception {
    String stuck = past.tracked("stuck", 3);
    past.tracked("other", 5);
    Project others = past.server.project();
    past.tracked(others, "c", "device-of-c", null, 2);
    past.keeps("{\"event_days\": 8}");
    past.days(12);
    past.settle();
    own(
        """
        create function refuse() returns trigger language plpgsql as $$
        begin
          raise exception 'not this one';
        end $$
        """,
        "create trigger refuse before delete on session for each row when (old.id = '%s') execute function refuse()"
            .formatted(stuck));
    past.run();
    assertThat(past.left()).singleElement().asString().contains(stuck, "not this one");
    assertThat(past.hasPartition()).isFalse();
    assertThat(past.objects()).hasSize(2);
    assertThat(past.archivedRows()).as("with those of who is still there").isGreaterThan(4);
    past.held();

    own("drop trigger refuse on session");
    past.clock.advance(Duration.ofMinutes(61));
    past.server.server().retention().look();
    assertThat(past.rows("session")).isZero();
    assertThat(past.rows("event_day")).isZero();
    assertThat(past.server.count("select count(*) from event_day")).isOne();
    assertThat(past.held()).isZero();
  }

  @Test
  void of_a_day_that_leaves_what_somebody_keeps_longer_than_the_project_stays() throws Exception {
    String kept = past.tracked("kept", 3);
    past.tracked("other", 5);
    Project others = past.server.project();
    past.tracked(others, "c", "device-of-c", null, 2);
    keep(kept);
    past.keeps("{\"event_days\": 8}");
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.left()).isEmpty();
    assertThat(past.hasPartition()).isFalse();
    assertThat(past.rows("event")).as("of the kept session").isEqualTo(5);
    assertThat(past.rows("event_day")).isZero();
    assertThat(past.server.count("select sum(event_count) from event_day")).isPositive();
    assertThat(past.objects()).hasSize(1);
    assertThat(past.held()).isEqualTo(5);
  }

  private void keep(String session) {
    assertThat(
            past.server
                .call("PUT", past.path() + "/sessions/" + session + "/keep")
                .admin()
                .send()
                .status())
        .isEqualTo(204);
  }

  @Test
  void a_day_that_cannot_be_removed_holds_up_no_other() {
    past.tracked("a", 5);
    past.clock.advance(Duration.ofDays(1));
    past.day(past.today.plusDays(1));
    past.tracked("b", 3);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.rows("event_day")).isEqualTo(2);
    own(
        """
        create function refuse() returns trigger language plpgsql as $$
        begin
          raise exception 'not this one';
        end $$
        """,
        "create trigger refuse before delete on event_day for each row when (old.day = '%s') execute function refuse()"
            .formatted(past.today));
    past.keeps("{\"event_days\": 20}");
    past.days(12);
    past.run();
    assertThat(past.rows("event_day")).isOne();
    assertThat(past.left())
        .singleElement()
        .asString()
        .contains("The archived events of " + past.today + " could not be removed");
    own("drop trigger refuse on event_day");
    past.clock.advance(Duration.ofMinutes(61));
    past.server.server().retention().look();
    assertThat(past.rows("event_day")).isZero();
  }

  @Test
  void a_day_that_is_written_anew_while_it_ends_is_looked_at_again() throws Exception {
    keep(past.tracked(past.project, "ada-1", "phone", "ada", 4));
    keep(past.tracked(past.project, "bob-1", "laptop", "bob", 3));
    past.tracked("other", 2);
    past.days(12);
    past.settle();
    past.run();
    past.keeps("{\"event_days\": 20}");
    past.days(12);
    var isHeld = new AtomicBoolean();
    var erasure = new AtomicReference<Answer>();
    var eraser = new AtomicReference<Thread>();
    past.server
        .server()
        .retention()
        .witness(moment -> {
          if (moment.equals("after a commit") && !isHeld.getAndSet(true)) {
            eraser.set(eraseWhileHeld(erasure));
          }
        });
    past.run();
    eraser.get().join();
    assertThat(erasure.get().status()).as(erasure.get().body()).isEqualTo(200);
    assertThat(past.rows("event_day")).isZero();
    assertThat(past.rows("event")).as("of Bob's, whose session is kept").isEqualTo(5);
    assertThat(past.held()).isEqualTo(5);
  }

  /** Has the run wait before its next change, and somebody be erased meanwhile. */
  private Thread eraseWhileHeld(AtomicReference<Answer> erasure) {
    Connection holds = past.server.server().postgres().alone("test");
    try (Statement statement = holds.createStatement()) {
      holds.setAutoCommit(false);
      statement.execute("select from project for no key update");
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
    return Thread.ofVirtual()
        .start(() -> {
          try (holds) {
            Past.eventually(() ->
                assertThat(
                        past.server.count(
                            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"))
                    .isPositive());
            erasure.set(past.server.call("DELETE", past.path() + "/profiles/ada").admin().send());
            holds.rollback();
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
        });
  }

  @Test
  void a_page_of_large_events_ends_early() {
    own(
        """
        insert into event (project_id, id, at, received_at, name, properties)
        select '%s', 900000000 + n, '%s', '%2$s', 'large',
          json_build_object('what', repeat('x', 1000000))::text
        from generate_series(1, 20) as n
        """
            .formatted(past.id(), past.clock.instant()));
    var sizes = new ArrayList<Integer>();
    past.server
        .server()
        .postgres()
        .own(handle -> {
          try {
            EventLine last = null;
            List<EventLine> page;
            do {
              page = DayRows.after(handle.getConnection(), "event", past.id(), last, 20_000);
              sizes.add(page.size());
              last = page.isEmpty() ? last : page.getLast();
            } while (!page.isEmpty());
            return sizes.size();
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
        });
    assertThat(sizes).containsExactly(9, 9, 2, 0);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.archivedRows()).isEqualTo(20);
    assertThat(past.held()).isEqualTo(20);
  }

  @Test
  void a_load_that_cannot_read_a_day_says_so_until_it_can() throws Exception {
    left();
    assertThat(past.held()).isEqualTo(12);
    Path object =
        folder
            .resolve("archive")
            .resolve(
                past.objects().stream()
                    .filter(name -> name.startsWith(past.id().toString()))
                    .findFirst()
                    .orElseThrow());
    Files.move(object, folder.resolve("aside"));
    past.server.server().sync().sinks().resync(past.sink().id(), past.id(), "events");
    Past.eventually(
        () -> assertThat(reasons()).singleElement().asString().contains("events cannot be read"));
    Files.move(folder.resolve("aside"), object);
    assertThat(past.held()).isEqualTo(12);
    assertThat(reasons()).isEmpty();
  }

  private List<String> reasons() {
    return past.server.server().sync().statuses().of(past.id()).sinks().stream()
        .flatMap(sink -> sink.mappings().stream())
        .map(SyncStatus.OfMapping::reason)
        .flatMap(Stream::ofNullable)
        .toList();
  }

  @Test
  void days_that_have_left_are_not_counted_by_what_once_came() {
    own(
        """
        insert into event (project_id, id, at, received_at, name, properties)
        values ('%s', 900000000, '%s', '%2$s', 'old', '{}')
        """
            .formatted(past.id(), past.clock.instant().minus(Duration.ofDays(2))));
    left();
    own(
        "update usage set events = 200000 where project_id = '%s' and day = '%s'"
            .formatted(past.id(), past.today));
    past.days(12);
    assertThat(
            past.server
                .get(past.path() + "/retention/next?event_days=20")
                .admin()
                .send()
                .json()
                .get("events")
                .asLong())
        .isEqualTo(13);
  }
}

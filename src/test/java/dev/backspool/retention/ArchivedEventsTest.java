package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.eventday.EventLine;
import dev.backspool.server.TestServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
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
    JsonNode json = dev.backspool.server.TestServer.JSON.readTree(line.json());
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
    past.server = dev.backspool.server.TestServer.start(past.database, past.settings, past.clock);
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
    // As if the sink had never got them: their versions are noted as changed.
    past.server
        .server()
        .postgres()
        .own(handle ->
            handle.execute(
                """
                insert into sync_key (project_id, source, key, seq, xid, is_gone)
                select project_id, 8, int8send(first_id), nextval('sync_seq'),
                  pg_current_xact_id(), false
                from event_day
                """));
    past.server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createQuery("select pg_notify('backspool_sync', :project)")
                .bind("project", past.id().toString())
                .mapTo(String.class)
                .list());
    Past.eventually(() ->
        assertThat(
                past.server.count(
                    "select count(*) from sync_cursor where mapping = 'events' and delivered > 12"))
            .isPositive());
    assertThat(past.held()).isEqualTo(12);
  }
}

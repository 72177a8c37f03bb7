package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A project's rows are its own: in the database, and in every address of the API. */
final class IsolationTest {
  private static final String NOBODY = "00000000-0000-0000-0000-000000000000";

  private static TestServer server;
  private static Project ours;
  private static Project theirs;
  private static Visit visit;
  private static long frame;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    ours = server.project();
    theirs = server.project();
    visit = new Visit(server, theirs, "secret").page(0, "https://bank.example.com/").upload();
    frame = server.count("select max(id) from chunk");
    new Tracker(server, theirs, "secret-device")
        .by("secret-person", "bank")
        .identify("Ada", "Lovelace", "ada@bank.example.com")
        .event("secret_event", Instant.now(), "/bank", "{\"bank\":\"x\"}")
        .group("bank", "company", "The bank")
        .assign("bank")
        .store();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void every_table_with_a_project_has_row_security_and_a_policy() {
    List<String> open =
        server.column(
            """
            select relname
            from pg_class
            join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = 'public' and relkind in ('r', 'p')
              and (relname in ('project', 'instance') or exists (
                select from pg_attribute
                where attrelid = pg_class.oid and attname = 'project_id' and not attisdropped))
              and not (relrowsecurity and exists (
                select from pg_policy where polrelid = pg_class.oid))
            """);

    assertThat(open).isEmpty();
    assertThat(
            server.column(
                "select relname from pg_class where relname ~ '^(chunk|event)_2' and relkind = 'r'"))
        .as("the day partitions are looked at too")
        .isNotEmpty();
  }

  @Test
  void no_view_and_no_function_goes_past_the_policies_unseen() {
    assertThat(
            server.column(
                """
                select relname from pg_class
                join pg_namespace on pg_namespace.oid = relnamespace
                where nspname = 'public' and relkind in ('v', 'm')
                  and not coalesce('security_invoker=true' = any(reloptions), false)
                """))
        .isEmpty();
    // Each of these keeps to backspool_project() itself, or is a trigger of rows that policies keep
    // and that gives nothing back (those that doom objects or note what was written), or is the
    // writer's
    // alone; another one needs a test of its own.
    assertThat(
            server.column(
                """
                select proname from pg_proc
                join pg_namespace on pg_namespace.oid = pronamespace
                where nspname = 'public' and prosecdef
                  and (prorettype <> 'trigger'::regtype or proname not like 'sync\\_%')
                """))
        .containsExactlyInAnyOrder(
            "sessions_with_page",
            "profiles_in_group",
            "group_size",
            "doom_object",
            "doom_event_day",
            "note_event_day_change",
            "sync_forget_gone",
            "sync_database");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select count(*) from session",
        "select count(*) from tab",
        "select count(*) from page",
        "select count(*) from chunk",
        "select count(*) from chunk_default",
        "select count(*) from receipt",
        "select count(*) from open_session",
        "select count(*) from usage",
        "select count(*) from refusal",
        "select coalesce(cardinality(sessions_with_page('%bank%', 100)), 0)",
        "select count(*) from event",
        "select count(*) from event_default",
        "select count(*) from event_key",
        "select count(*) from profile",
        "select count(*) from profile_group",
        "select coalesce(cardinality(profiles_in_group('bank', 100)), 0)",
        "select group_size('bank')"
      })
  void a_reader_sees_its_own_project_alone(String sql) {
    assertThat(seen(UUID.fromString(NOBODY), sql)).isZero();
    assertThat(seen(ours.id(), sql)).isZero();
    long withoutProject =
        server
            .server()
            .postgres()
            .read(
                theirs.id(),
                handle -> {
                  handle.execute("set local backspool.project = ''");
                  return handle.createQuery(sql).mapTo(Long.class).one();
                });
    assertThat(withoutProject).isZero();
  }

  private static long seen(UUID project, String sql) {
    return server
        .server()
        .postgres()
        .read(project, handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  @Test
  void the_owner_of_the_rows_does_see_them() {
    assertThat(seen(theirs.id(), "select count(*) from chunk")).isOne();
    assertThat(seen(theirs.id(), "select cardinality(sessions_with_page('%bank%', 100))")).isOne();
    assertThat(seen(theirs.id(), "select count(*) from event")).isEqualTo(2);
    assertThat(seen(theirs.id(), "select cardinality(profiles_in_group('bank', 100))")).isOne();
    assertThat(seen(theirs.id(), "select group_size('bank')")).isOne();
  }

  @Test
  void another_projects_session_is_not_there_at_any_address() {
    String path = "/api/projects/%s/sessions/%s".formatted(ours.id(), visit.id());
    for (String address :
        List.of(
            path,
            path + "/recording",
            path + "/recording/events",
            path + "/recording/frames/" + frame,
            path + "/events",
            "/api/projects/" + ours.id() + "/profiles/secret-person",
            "/api/projects/" + ours.id() + "/groups/bank",
            "/api/sessions/" + ours.id() + "/" + visit.id(),
            "/api/sessions/" + ours.id() + "/secret")) {
      var answer = server.get(address).admin().send();
      assertThat(answer.status()).as(address).isEqualTo(404);
      assertThat(answer.body()).as(address).doesNotContain("bank");
    }
    for (String query : List.of("", "?url=bank", "?live=true")) {
      assertThat(
              server
                  .get("/api/projects/" + ours.id() + "/sessions" + query)
                  .admin()
                  .send()
                  .json()
                  .get("sessions")
                  .isEmpty())
          .as(query)
          .isTrue();
    }
    assertThat(server.get(visit.path()).admin().send().status()).isEqualTo(200);
  }

  @Test
  void another_projects_events_people_and_groups_are_in_no_list() {
    for (String list :
        List.of(
            "sessions?event=secret_event",
            "sessions?profile=bank",
            "sessions?profile_id=secret-person",
            "events",
            "events?name=secret_event",
            "events?profile=secret-person",
            "events?device=secret-device",
            "events?session=" + session(),
            "events?q=bank",
            "events?property.bank=x",
            "events/names",
            "profiles",
            "profiles?q=bank",
            "profiles?group=bank",
            "groups",
            "groups?q=bank")) {
      String key = list.startsWith("events/names") ? "names" : list.replaceAll("\\?.*", "");
      assertThat(rows(ours, list, key)).as(list).isZero();
      assertThat(rows(theirs, list, key)).as(list).isPositive();
    }
  }

  @Test
  void another_projects_sinks_and_what_they_refuse_are_not_there() {
    server
        .server()
        .postgres()
        .own(handle -> {
          handle.execute(
              """
              insert into sync_sink (id, project_id, kind, name, is_required, is_paused)
              values ('018f0000-0000-7000-8000-00000000000b', ?, 'bank', 'secret-sink', false, true)
              """,
              theirs.id());
          return handle.execute(
              """
              insert into sync_quarantine (sink_id, project_id, mapping, key, version, reason)
              values ('018f0000-0000-7000-8000-00000000000b', ?, 'profiles', 'bank', 1, 'bank')
              """,
              theirs.id());
        });
    String sink = "/sync/sinks/018f0000-0000-7000-8000-00000000000b";
    String path = "/api/projects/" + ours.id();
    assertThat(server.get(path + sink).admin().send().status()).isEqualTo(404);
    assertThat(server.call("PATCH", path + sink).admin().body("{}").send().status()).isEqualTo(404);
    assertThat(server.call("DELETE", path + sink).admin().send().status()).isEqualTo(404);
    assertThat(server.post(path + sink + "/resync").admin().send().status()).isEqualTo(404);
    for (String list : List.of("/sync/status", "/sync/sinks", "/sync/quarantine")) {
      assertThat(server.get(path + list).admin().send().body()).as(list).doesNotContain("bank");
      assertThat(server.get("/api/projects/" + theirs.id() + list).admin().send().body())
          .as(list)
          .contains("bank");
    }
    assertThat(server.get("/api/projects/" + theirs.id() + sink).admin().send().status())
        .isEqualTo(200);
  }

  private static String session() {
    return server
        .column("select session_id::text from event where name = 'secret_event'")
        .getFirst();
  }

  private static int rows(Project of, String list, String key) {
    return server
        .get("/api/projects/" + of.id() + "/" + list)
        .admin()
        .send()
        .json()
        .get(key)
        .size();
  }

  @ParameterizedTest
  @ValueSource(strings = {NOBODY, "x", "0"})
  void a_project_that_is_none_is_not_there_at_any_address(String id) {
    String project = "/api/projects/" + id;
    for (String address :
        List.of(
            project,
            project + "/refusals",
            project + "/sessions",
            project + "/sessions/live",
            project + "/sessions/" + visit.id() + "/events",
            project + "/events",
            project + "/events/names",
            project + "/events/live",
            project + "/profiles",
            project + "/profiles/secret-person",
            project + "/groups",
            project + "/groups/bank",
            project + "/sync/status",
            project + "/sync/sinks",
            project + "/sync/sinks/" + NOBODY,
            project + "/sync/quarantine",
            project + "/sessions/" + visit.id(),
            project + "/sessions/" + visit.id() + "/recording",
            project + "/sessions/" + visit.id() + "/recording/events",
            project + "/sessions/" + visit.id() + "/recording/frames/" + frame,
            "/api/sessions/" + id + "/secret")) {
      assertThat(server.get(address).admin().send().status()).as(address).isEqualTo(404);
    }
    for (String action :
        List.of(
            "rotate-key",
            "rotate-secret",
            "sample-recordings",
            "sync/sinks",
            "sync/sinks/test",
            "sync/sinks/" + NOBODY + "/resync")) {
      assertThat(server.post(project + "/" + action).admin().send().status()).isEqualTo(404);
    }
    assertThat(server.call("PATCH", project).admin().body("{}").send().status()).isEqualTo(404);
    assertThat(server.call("DELETE", project).admin().send().status()).isEqualTo(404);
  }
}

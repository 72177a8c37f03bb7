package dev.backspool.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.TestServer;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A server with two projects whose rows are mixed in one store. Ours has texts that are numbers and
 * numbers that are not 0 wherever theirs has the opposite, so that whatever touches a row of theirs
 * fails, or shows the word {@code topsecret}.
 */
final class QueryShop implements AutoCloseable {
  static final String SECRET = "topsecret";
  private static final int ROWS = 30;

  final TestServer server;
  final Projects.WithSecret shop;
  final Project ours;
  final Project theirs;

  QueryShop(Map<String, String> settings) {
    server = TestServer.start(settings);
    shop = server.server().projects().create("Our shop", "web");
    ours = shop.project();
    theirs = server.server().projects().create(SECRET + " bank", "web").project();
    server
        .server()
        .postgres()
        .own(handle ->
            handle
                .createQuery("select add_event_day(:day)")
                .bind("day", LocalDate.now(ZoneOffset.UTC))
                .mapTo(String.class)
                .list());
    for (int i = 0; i < ROWS; i++) {
      event(theirs, i, SECRET + "_event", "/" + SECRET, 0, "{\"n\": \"%s\"}".formatted(SECRET));
      event(
          ours,
          i,
          i % 3 == 0 ? "purchase" : "screen_view",
          "/" + i % 5,
          100 + i,
          "{\"n\": \"%d\"}".formatted(i));
    }
    for (int i = 0; i < 5; i++) {
      profile(theirs, SECRET + i, SECRET + i + "@bank.example.com");
      profile(ours, Integer.toString(i), Integer.toString(17 + i));
    }
    eventually(() -> {
      assertThat(number(ours, "select count(*) as n from events")).isEqualTo(ROWS);
      assertThat(number(theirs, "select count(*) as n from events")).isEqualTo(ROWS);
      assertThat(number(ours, "select count(*) as n from profiles")).isEqualTo(5);
      assertThat(number(theirs, "select count(*) as n from profiles")).isEqualTo(5);
      assertThat(number(ours, "select count(*) as n from group_memberships")).isEqualTo(5);
      assertThat(number(ours, "select count(*) as n from write_keys")).isEqualTo(3);
    });
  }

  void event(
      Project project, int number, String name, String path, int revenue, String properties) {
    run(
        """
        insert into event (
          project_id, id, at, received_at, name, path, device_id, profile_id, revenue, groups, properties)
        values (
          :project, %d, now(), now(), '%s', '%s', '%s', '%s', %d, '{%s}', '%s')
        """
            .formatted(
                nextId(),
                name,
                path,
                mark(project, number),
                mark(project, number % 5),
                revenue,
                mark(project, 1),
                properties),
        project);
  }

  private int ids = 1_000;

  private int nextId() {
    return ids++;
  }

  private String mark(Project project, int number) {
    return (project.id().equals(ours.id()) ? "" : SECRET) + number;
  }

  void profile(Project project, String id, String email) {
    run(
        "insert into profile (project_id, id, email, first_name, groups, properties, first_seen_at, last_seen_at) values (:project, '%s', '%s', '%s', '{%s}', '{\"n\": \"%s\"}', now(), now())"
            .formatted(id, email, email, mark(project, 1), id),
        project);
  }

  private void run(String sql, Project project) {
    server
        .server()
        .postgres()
        .own(handle -> handle.createUpdate(sql).bind("project", project.id()).execute());
  }

  TestServer.Answer ask(String sql) {
    return ask(ours, sql, Map.of());
  }

  TestServer.Answer ask(String sql, Map<String, ? extends @Nullable Object> parameters) {
    return ask(ours, sql, parameters);
  }

  TestServer.Answer ask(
      Project project, String sql, Map<String, ? extends @Nullable Object> parameters) {
    return post(
        project.id(),
        new TreeMap<>(Map.of("query", sql, "params", parameters, "timeout_ms", 60_000)));
  }

  TestServer.Answer post(UUID project, Object body) {
    return server.post("/api/projects/" + project + "/query").admin().json(body).send();
  }

  private long number(Project project, String sql) {
    TestServer.Answer answer = ask(project, sql, Map.of());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().get("result").get(0).get("n").asLong();
  }

  /** The values of the rows, each row as one text. */
  List<String> rows(String sql) {
    return rows(ask(sql));
  }

  static List<String> rows(TestServer.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var rows = new ArrayList<String>();
    for (JsonNode row : answer.json().get("result")) {
      var values = new ArrayList<String>();
      row.properties()
          .forEach(value ->
              values.add(
                  value.getValue().isValueNode()
                      ? value.getValue().asString("null")
                      : value.getValue().toString()));
      rows.add(String.join("|", values));
    }
    return rows;
  }

  static void eventually(Runnable check) {
    long until = System.nanoTime() + 60_000_000_000L;
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > until) {
          throw notYet;
        }
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }
}

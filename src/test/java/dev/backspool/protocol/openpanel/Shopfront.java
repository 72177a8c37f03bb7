package dev.backspool.protocol.openpanel;

import dev.backspool.Project;
import dev.backspool.project.Projects;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A server at a fixed time, one project on it, and those who send to it by this contract. */
final class Shopfront implements AutoCloseable {
  static final Instant T = Instant.parse("2026-06-08T12:10:00Z");
  static final String ORIGIN = "https://shop.example.com";
  static final String BROWSER =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
          + " Safari/537.36";

  final SettableClock clock = new SettableClock(T);
  final TestServer server;
  Project project;
  String secret;

  Shopfront() {
    this(Map.of());
  }

  Shopfront(Map<String, String> settings) {
    server = TestServer.start(dev.backspool.postgres.TestPostgres.freshDatabase(), settings, clock);
    Projects.WithSecret made = server.server().projects().create("Shop", "web");
    project = made.project();
    secret = made.clientSecret();
  }

  /** From now on there is another project, with nothing in it. */
  void another() {
    Projects.WithSecret made = server.server().projects().create("Shop", "web");
    project = made.project();
    secret = made.clientSecret();
  }

  void change(Projects.Change change) {
    project = server.server().projects().change(project.id(), change).orElseThrow();
  }

  void allow(String... origins) {
    change(new Projects.Change(null, List.of(origins), null, null, null));
  }

  /** A request of a browser's page, without the secret. */
  TestServer.Call page(String path) {
    return client(path).header("User-Agent", BROWSER).header("Origin", ORIGIN);
  }

  /** A request that shows the secret, without an origin. */
  TestServer.Call backend(String path) {
    return client(path).header("openpanel-client-secret", secret);
  }

  /** A request of a browser that shows the secret. */
  TestServer.Call trusted(String path) {
    return backend(path).header("User-Agent", BROWSER);
  }

  /** A request with the client's id and nothing else. */
  TestServer.Call client(String path) {
    return server.post(path).header("openpanel-client-id", project.clientId().toString());
  }

  /** An event. */
  static Map<String, Object> track(String name) {
    return track(name, Map.of());
  }

  static Map<String, Object> track(String name, Map<String, ?> properties) {
    return row("track", Map.of("name", name, "properties", properties));
  }

  static Map<String, Object> row(String type, Map<String, ?> payload) {
    return Map.of("type", type, "payload", payload);
  }

  static Map<String, Object> with(Map<String, ?> map, String key, Object value) {
    var more = new LinkedHashMap<String, Object>(map);
    more.put(key, value);
    return more;
  }

  TestServer.Answer send(Map<String, Object> row) {
    return trusted("/track").json(row).send();
  }

  TestServer.Answer sendBatch(List<?> rows) {
    return trusted("/track/batch").json(Map.of("events", rows)).send();
  }

  /** A column of the project's events in their order, those of the server itself left out. */
  List<String> events(String column) {
    return server.column(
        "select "
            + column
            + " from event where project_id = '"
            + project.id()
            + "' and name not in ('session_start', 'session_end') order by id");
  }

  List<String> names() {
    return events("name");
  }

  /** A column of what the project's table holds. */
  List<String> rows(String table, String column) {
    return server.column(
        "select " + column + " from " + table + " where project_id = '" + project.id() + "'");
  }

  long refused(String reason) {
    return server.server().ingest().refusals().of(project.id(), 2).stream()
        .filter(line -> line.protocol().equals("openpanel") && line.reason().equals(reason))
        .mapToLong(line -> line.count())
        .sum();
  }

  UUID id() {
    return project.id();
  }

  @Override
  public void close() {
    server.close();
  }
}

package dev.backspool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import dev.backspool.sync.clickhouse.ClickHouse;
import dev.backspool.sync.clickhouse.TestClickHouse;
import dev.backspool.sync.duckdb.DuckDb;
import dev.backspool.sync.postgres.PostgresSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A database with a project, others that it is copied to, and the nodes that do so. */
final class Workshop implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  final Database source = TestPostgres.freshDatabase().open();
  final UUID project;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  Workshop() {
    open.push(source);
    project = project();
    source.own(handle ->
        handle
            .createQuery("select add_event_day(:day)")
            .bind("day", LocalDate.now(ZoneOffset.UTC))
            .mapTo(String.class)
            .list());
  }

  /** One more project. */
  UUID project() {
    return new Projects(source).create("Shop", "web").project().id();
  }

  /** A database that somebody else owns. */
  final class Copy {
    final TestPostgres.Address address;
    final UUID id;

    private Copy(TestPostgres.Address address, UUID id) {
      this.address = address;
      this.id = id;
    }

    Connection connect() {
      try {
        return DriverManager.getConnection(address.url(), address.user(), address.password());
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    }

    /** A column of what a query finds. */
    List<String> ask(String sql) {
      try (Connection connection = connect();
          var statement = connection.createStatement();
          var rows = statement.executeQuery(sql)) {
        var found = new ArrayList<String>();
        while (rows.next()) {
          found.add(String.valueOf(rows.getString(1)));
        }
        return found;
      } catch (SQLException failure) {
        if (List.of("3F000", "42P01", "42703").contains(failure.getSQLState())) {
          return List.of("no such table or column");
        }
        throw new IllegalStateException(failure);
      }
    }

    void run(String sql) {
      try (Connection connection = connect();
          var statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    }

    /** Waits until a query finds this, in any order. */
    void shows(String sql, String... expected) {
      eventually(() -> assertThat(ask(sql)).containsExactlyInAnyOrder(expected));
    }

    /** Waits until it holds the rows of all mappings as they are. */
    void isEqual() {
      for (Mapping mapping : Mappings.ALL) {
        eventually(() -> assertThat(held(mapping)).as(mapping.id()).isEqualTo(rows(mapping)));
      }
    }

    private List<String> held(Mapping mapping) {
      return sorted(
          ask(
              "select (to_jsonb(it) - 'sync_version')::text from backspool.%s as it"
                  .formatted(mapping)));
    }
  }

  /** A database in a ClickHouse. */
  static final class House {
    final UUID id;
    private final String database = TestClickHouse.freshName();
    private final TestClickHouse server = TestClickHouse.shared();

    private House(Sync sync, int port) {
      id =
          sync.sinks()
              .add(null, "clickhouse", "House", TestClickHouse.address(port, database), true);
    }

    /** What a query finds, a line for each row; its tables have {@code @} before their names. */
    List<String> ask(String sql) {
      try {
        return server.lines(sql.replace("@", "`" + database + "`."));
      } catch (IllegalStateException failure) {
        if (String.valueOf(failure.getMessage()).matches("(?s)Code: (47|60|81)\\..*")) {
          return List.of("no such table or column");
        }
        throw failure;
      }
    }

    /** Waits until a query finds this, in any order. */
    void shows(String sql, String... expected) {
      eventually(() -> assertThat(ask(sql)).containsExactlyInAnyOrder(expected));
    }
  }

  /** Another one; skips the test where there is no engine. */
  House house(Sync sync) {
    return new House(sync, TestClickHouse.shared().port());
  }

  /** Another one, at the end of a cable. */
  House house(Sync sync, Cable cable) {
    return new House(sync, cable.port());
  }

  /** The way to the ClickHouse. */
  Cable cableToClickHouse() {
    var cable =
        new Cable(
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(), TestClickHouse.shared().port()));
    open.push(cable);
    return cable;
  }

  /** Another database, on the same server. */
  Copy copy(Sync sync) {
    return copy(sync, TestPostgres.freshDatabase(), null);
  }

  Copy copy(Sync sync, TestPostgres.Address address, @Nullable UUID project) {
    return new Copy(
        address, sync.sinks().add(project, "postgres", "Warehouse", connection(address), true));
  }

  /** Another database, at the end of a cable. */
  Copy copy(Sync sync, Cable cable, TestPostgres.Address address) {
    return new Copy(
        address,
        sync.sinks()
            .add(
                null,
                "postgres",
                "Far away",
                connection(address).replaceFirst(":\\d+/", ":" + cable.port() + "/"),
                true));
  }

  /** The way to a database. */
  Cable cable(TestPostgres.Address address) {
    URI url = URI.create(address.url().substring("jdbc:".length()));
    var cable = new Cable(new InetSocketAddress(url.getHost(), url.getPort()));
    open.push(cable);
    return cable;
  }

  /** A file of the columnar store, open. */
  DuckDb file() {
    try {
      Path folder = Files.createTempDirectory("backspool-sync-");
      DuckDb file = DuckDb.open(folder.resolve("analytics.duckdb"), folder.resolve("tmp"), 256);
      open.push(() -> {
        file.close();
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(each);
          }
        }
      });
      return file;
    } catch (IOException | SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Attaches such a file to a node. */
  SinkRow attach(Sync sync, DuckDb file) {
    sync.attach(file.id(), "duckdb", "Analytics", file.id().toString(), file.sink());
    return sink(sync, file.id());
  }

  static SinkRow sink(Sync sync, UUID id) {
    sync.sinks().refresh();
    return sync.sinks().all().stream().filter(row -> row.id().equals(id)).findFirst().orElseThrow();
  }

  /** What the verifier finds. A connection that was cut may be found out by it: it asks again. */
  List<Difference> differences(Sync sync, SinkRow sink, UUID project, boolean repairs) {
    for (int attempts = 1; ; attempts++) {
      try {
        var differences = new ArrayList<Difference>();
        for (Comparison comparison : sync.verifier().verify(sink, project, repairs)) {
          assertThat(comparison.unknown()).as(comparison.mapping()).isNull();
          differences.addAll(comparison.differences());
        }
        return differences;
      } catch (SinkException failure) {
        if (failure.kind() != SinkException.Kind.UNREACHABLE || attempts == 3) {
          throw new IllegalStateException(failure);
        }
      }
    }
  }

  /** Waits until nothing is behind at a sink. */
  void settles(Sync sync, UUID sink, UUID project) {
    eventually(() -> {
      SyncStatus.OfSink status =
          sync.statuses().of(project).sinks().stream()
              .filter(each -> each.id().equals(sink))
              .findFirst()
              .orElseThrow();
      assertThat(status.error()).isNull();
      assertThat(status.mappings())
          .allSatisfy(mapping -> {
            assertThat(mapping.state()).isEqualTo(SyncStatus.State.LIVE);
            assertThat(mapping.behind()).isZero();
          });
    });
  }

  static String connection(TestPostgres.Address address) {
    return address
            .url()
            .replaceFirst(
                "^jdbc:postgresql://",
                "postgresql://" + encode(address.user()) + ":" + encode(address.password()) + "@")
        + "?sslmode=disable";
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A node. */
  Sync node(int workers) {
    return node(workers, new Watcher() {});
  }

  /** A node that is watched. */
  Sync node(int workers, Watcher watcher) {
    return node(Mappings.ALL, Settings.standard().hasty(workers), watcher);
  }

  Sync node(List<Mapping> mappings, Settings settings, Watcher watcher) {
    var sync =
        new Sync(
            source,
            mappings,
            Map.of("postgres", PostgresSink.opener(true), "clickhouse", ClickHouse.opener(true)),
            settings,
            watcher);
    open.push(sync);
    return sync;
  }

  /** Changes something, in a transaction. */
  void run(String... statements) {
    source.write(handle -> {
      for (String sql : statements) {
        handle.execute(sql.replace(":project", "'" + project + "'::uuid"));
      }
      return statements.length;
    });
  }

  /** Changes somebody's row, or adds it. */
  void profile(String id, String email) {
    run(
        """
        insert into profile (project_id, id, email, first_seen_at, last_seen_at)
        values (:project, '%s', '%s', now(), now())
        on conflict (project_id, id) do update set email = excluded.email
        """
            .formatted(id, email));
  }

  /** A transaction that is left open. */
  Connection begin() {
    Connection connection = source.writer();
    open.push(connection);
    return connection;
  }

  void in(Connection connection, String sql) {
    try (var statement = connection.createStatement()) {
      statement.execute(sql.replace(":project", "'" + project + "'::uuid"));
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private List<String> rows(Mapping mapping) {
    return sorted(
        source.own(handle ->
            handle
                .createQuery(
                    "select to_jsonb(it) || case when '%s' = 'events' then jsonb_build_object('properties', (to_jsonb(it) ->> 'properties')::jsonb) else '{}' end from (%s) as it"
                        .formatted(mapping, mapping.query()))
                .mapTo(String.class)
                .list()));
  }

  private static List<String> sorted(List<String> rows) {
    var sorted = new ArrayList<>(rows);
    Collections.sort(sorted);
    return sorted;
  }

  List<String> ask(String sql) {
    return source.own(handle -> handle.createQuery(sql).mapTo(String.class).list());
  }

  /** Waits until an assertion holds. */
  static void eventually(Runnable assertion) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError notYet) {
        if (System.nanoTime() > end) {
          throw notYet;
        }
      }
      pause(20);
    }
  }

  static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception failure) {
        throw new IllegalStateException(failure);
      }
    }
  }
}

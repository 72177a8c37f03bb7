package dev.backspool.sync.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.postgres.TestPostgres;
import dev.backspool.sync.Sink;
import dev.backspool.sync.SinkContract;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sink in a PostgreSQL, and what may be wrong with one. */
final class PostgresSinkTest extends SinkContract {
  private final TestPostgres.Address address = TestPostgres.freshDatabase();

  @Override
  protected Sink sink() {
    return open(connection("disable"), true);
  }

  private static Sink open(String connection, boolean isPrivateAllowed) {
    try {
      return PostgresSink.opener(isPrivateAllowed).open(connection);
    } catch (SinkException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private String connection(String sslMode) {
    URI url = URI.create(address.url().substring("jdbc:".length()));
    return "postgresql://%s:%s@%s:%d%s?sslmode=%s"
        .formatted(
            address.user(),
            address.password(),
            url.getHost(),
            url.getPort(),
            url.getPath(),
            sslMode);
  }

  private void run(String sql) throws SQLException {
    try (var connection =
            DriverManager.getConnection(address.url(), address.user(), address.password());
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void fails(Sink sink, Kind kind, String words) {
    assertThatThrownBy(() -> apply(sink, PROJECT, FACTS, fact(1, 1, "a")))
        .asInstanceOf(InstanceOfAssertFactories.type(SinkException.class))
        .satisfies(failure -> {
          assertThat(failure.kind()).isEqualTo(kind);
          assertThat(failure.getMessage()).contains(words);
        });
  }

  @Test
  void a_row_that_the_owner_of_the_table_refuses_is_told_from_a_table_that_was_changed()
      throws Exception {
    try (Sink sink = sink()) {
      sink.prepare(ALL);
      run("alter table backspool.facts add constraint short check (length(name) > 3)");
      fails(sink, Kind.REFUSED_ROW, "short");
      run("alter table backspool.facts drop column name");
      fails(sink, Kind.SCHEMA_DRIFT, "name");
      assertThat(sink.prepare(ALL)).containsExactly("facts");
      apply(sink, PROJECT, FACTS, fact(1, 1, "a"));
      run("alter table backspool.facts alter column name type integer using 1");
      fails(sink, Kind.SCHEMA_DRIFT, "");
      assertThat(sink.prepare(ALL)).containsExactly("facts");
      run("drop table backspool.facts");
      fails(sink, Kind.SCHEMA_DRIFT, "facts");
      assertThat(sink.prepare(ALL)).containsExactly("facts");
      run("alter table backspool.facts drop column id");
      fails(sink, Kind.SCHEMA_DRIFT, "id");
      assertThat(sink.prepare(ALL)).containsExactly("facts");
      apply(sink, PROJECT, FACTS, fact(1, 1, "a"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "192.168.0.9",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]"
      })
  void an_address_of_a_private_network_is_refused_by_policy(String host) {
    String connection = "postgresql://u:very-secret@%s:5432/db?sslmode=disable".formatted(host);
    try (Sink sink = open(connection, false)) {
      assertThatThrownBy(() -> sink.prepare(ALL))
          .asInstanceOf(InstanceOfAssertFactories.type(SinkException.class))
          .satisfies(failure -> {
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure.getMessage()).contains("private").doesNotContain("very-secret");
          });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:very-secret@db.example.com/name?socketFactory=x",
        "postgresql://u:very-secret@db.example.com/name?sslfactory=x&sslmode=require",
        "postgresql://u:very-secret@db.example.com/name?schema=a\"b",
        "postgresql://u:very-secret@db.example.com/name?sslmode=none",
        "postgresql://u:very-secret@db.example.com",
        "postgresql://db.example.com/very-secret",
        "mysql://u:very-secret@db.example.com/name",
        "postgresql://u:very secret@db.example.com/name",
        "jdbc:postgresql://u:very-secret@db.example.com/name"
      })
  void an_address_with_more_than_an_address_is_refused_without_repeating_it(String connection) {
    assertThatThrownBy(() -> PostgresSink.opener(true).open(connection))
        .asInstanceOf(InstanceOfAssertFactories.type(SinkException.class))
        .satisfies(failure -> {
          assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
          assertThat(failure.getMessage()).doesNotContain("very").doesNotContain("secret");
        });
  }

  @Test
  void a_wrong_password_and_a_server_without_tls_are_told_without_secrets() {
    try (Sink sink = open(connection("disable").replace(address.password(), "very-secret"), true)) {
      assertThatThrownBy(() -> sink.prepare(ALL))
          .asInstanceOf(InstanceOfAssertFactories.type(SinkException.class))
          .satisfies(failure -> {
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure.getMessage()).doesNotContain("very-secret");
          });
    }
    try (Sink sink = open(connection("require"), true)) {
      assertThatThrownBy(() -> sink.prepare(ALL))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("SSL");
    }
  }

  @Test
  void a_host_that_says_nothing_is_given_up() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Sink sink =
            open(
                "postgresql://u:p@127.0.0.1:%d/db?sslmode=disable".formatted(silent.getLocalPort()),
                true)) {
      Instant start = Instant.now();
      assertThatThrownBy(() -> sink.prepare(ALL))
          .asInstanceOf(InstanceOfAssertFactories.type(SinkException.class))
          .satisfies(failure -> assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE));
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(40));
    }
  }
}

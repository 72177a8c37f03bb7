package dev.backspool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a connection may be told. */
final class WhereaboutsTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          postgresql://ada:hunter2@db.example.com:6000/shop?sslmode=require, db.example.com, 6000, shop, ada
          postgres://ada:hunter2@db.example.com/shop, db.example.com, 5432, shop, ada
          postgresql://a%40b+c:hunter2@[2001:db8::1]/shop, [2001:db8::1], 5432, shop, a@b+c
          clickhouse:https://ada:hunter2@ch.example.com/shop, ch.example.com, 8443, shop, ada
          clickhouse:http://ch.example.com:1/, ch.example.com, 1, -, -
          """)
  void place_and_user_are_told_and_the_password_is_not(
      String connection, String host, int port, String database, String user) {
    Whereabouts where = Objects.requireNonNull(Whereabouts.of(connection));
    assertThat(where).isEqualTo(new Whereabouts(host, port, database, user));
    assertThat(where.toString()).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hunter2", "postgresql://ada:hun ter2@h/d", "postgresql:///d", "a:b"})
  void of_what_is_no_address_nothing_is_told(String connection) {
    assertThat(Whereabouts.of(connection)).isNull();
  }

  @Test
  void another_login_is_no_other_place_and_everything_else_is() {
    String there = "postgresql://ada:one@h/d?schema=s";
    assertThat(Whereabouts.isSame(there, " postgresql://bob:two@h/d?schema=s")).isTrue();
    assertThat(Whereabouts.isSame(there, "postgresql://ada:one@other/d?schema=s")).isFalse();
    assertThat(Whereabouts.isSame(there, "postgresql://ada:one@h/d?schema=t")).isFalse();
  }
}

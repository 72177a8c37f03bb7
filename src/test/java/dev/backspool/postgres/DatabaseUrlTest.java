package dev.backspool.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DatabaseUrlTest {
  @Test
  void reads_the_spelling_of_libpq() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "postgres://ann:p%40ss%2Fword@db.example:5433/back?sslmode=require&connect_timeout=3",
            null, null);
    assertThat(url.jdbc())
        .isEqualTo("jdbc:postgresql://db.example:5433/back?sslmode=require&connectTimeout=3");
    assertThat(url.user()).isEqualTo("ann");
    assertThat(url.password()).isEqualTo("p@ss/word");
    assertThat(url).hasToString("postgresql://db.example:5433/back");
  }

  @Test
  void reads_the_spelling_of_the_driver() {
    DatabaseUrl url =
        DatabaseUrl.parse("jdbc:postgresql://a:1,b:2/back?user=ann&password=a%26b", null, null);
    assertThat(url).isEqualTo(new DatabaseUrl("jdbc:postgresql://a:1,b:2/back", "ann", "a&b"));
  }

  @Test
  void takes_user_and_password_from_beside_the_address() {
    assertThat(DatabaseUrl.parse("postgresql://[::1]/back", "ann", "secret"))
        .isEqualTo(new DatabaseUrl("jdbc:postgresql://[::1]/back", "ann", "secret"));
    assertThat(DatabaseUrl.parse("postgresql://bob@host", null, "secret"))
        .isEqualTo(new DatabaseUrl("jdbc:postgresql://host/bob", "bob", "secret"));
  }

  @Test
  void refuses_another_address_without_repeating_it() {
    assertThatThrownBy(() -> DatabaseUrl.parse("mysql://ann:secret@host/back", null, null))
        .isInstanceOf(PostgresStartException.class)
        .hasMessageNotContaining("secret");
  }
}

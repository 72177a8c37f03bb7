package dev.backspool.sync.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClickHouseUrlTest {
  @Test
  void reads_all_parts() {
    ClickHouseUrl url =
        ClickHouseUrl.parse(
            "clickhouse:https://me:p%40ss%2Fw+rd@ch.example.com:9440/data?cluster=main&certificate=/etc/ca.pem&insert_quorum=auto");
    assertThat(url.endpoint()).hasToString("https://ch.example.com:9440");
    assertThat(url.user()).isEqualTo("me");
    assertThat(url.password()).isEqualTo("p@ss/w+rd");
    assertThat(url.database()).isEqualTo("data");
    assertThat(url.cluster()).isEqualTo("main");
    assertThat(url.certificate()).isEqualTo(Path.of("/etc/ca.pem"));
    assertThat(url.settings()).isEqualTo(Map.of("insert_quorum", "auto"));
    assertThat(url).hasToString("clickhouse:https://ch.example.com:9440/data");
  }

  @Test
  void fills_in_what_is_usual() {
    ClickHouseUrl plain = ClickHouseUrl.parse("clickhouse:http://localhost");
    assertThat(plain.endpoint()).hasToString("http://localhost:8123");
    assertThat(plain.user()).isEqualTo("default");
    assertThat(plain.password()).isEmpty();
    assertThat(plain.database()).isEqualTo("backspool");
    assertThat(plain.cluster()).isNull();
    assertThat(plain.settings()).isEmpty();
    assertThat(ClickHouseUrl.parse("clickhouse:https://[::1]/").endpoint())
        .hasToString("https://[::1]:8443");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "clickhouse:",
        "clickhouse:secret",
        "http://me:secret@host/",
        "clickhouse:tcp://me:secret@host:9000/",
        "clickhouse:http://me:secret@/",
        "clickhouse:http://me:secret@host:port/",
        "clickhouse:http://me:se cret@host/",
        "clickhouse:http://me:secret@host/a/b",
        "clickhouse:http://me:secret@host/a`b",
        "clickhouse:http://me:secret@host/a?cluster=x'y",
        "clickhouse:http://me:secret@host/a?x-y=1",
        "clickhouse:http://me:secret%zz@host/"
      })
  void tells_what_is_wrong_without_the_password(String text) {
    assertThatThrownBy(() -> ClickHouseUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .hasMessageNotContaining("secret");
  }
}

package dev.backspool.enrich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose address a request comes from. */
final class ClientAddressTest {
  private static final String PUBLIC = "198.51.100.9";
  private static final ClientAddress OF_ANYONE = new ClientAddress();
  private static final ClientAddress BEHIND_PROXIES =
      new ClientAddress(
          TrustedProxies.of("10.0.0.0/8, 203.0.113.64/26, fd00::/8"), ClientAddress.HEADERS);

  private static @Nullable String forwarded(String value) {
    return OF_ANYONE.of(Map.of("x-forwarded-for", value)::get, PUBLIC);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          203.0.113.7                                      | 203.0.113.7
          203.0.113.7, 70.41.3.18, 150.172.238.178         | 203.0.113.7
          10.1.2.3, 203.0.113.7                            | 203.0.113.7
          203.0.113.7:4711                                 | 203.0.113.7
          2001:DB8::0:1                                    | 2001:db8:0:0:0:0:0:1
          [2001:db8::1]:4711                               | 2001:db8:0:0:0:0:0:1
          [2001:db8::1]                                    | 2001:db8:0:0:0:0:0:1
          ::ffff:203.0.113.7                               | 203.0.113.7
          ::ffff:cb00:7107                                 | 203.0.113.7
          for=203.0.113.7;proto=https;by=10.0.0.1          | 203.0.113.7
          For="[2001:db8::1]:4711"                         | 2001:db8:0:0:0:0:0:1
          for=_hidden, for=unknown, For=203.0.113.7        | 203.0.113.7
          proto=https;for="203.0.113.7:80"                 | 203.0.113.7
          """)
  void the_first_public_address_counts(String header, String ip) {
    assertThat(forwarded(header)).isEqualTo(ip);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "10.255.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "",
        " ",
        ",",
        "unknown",
        "localhost",
        "1.2.3",
        "127.1",
        "2130706433",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.4/8",
        "2001:db8::1%eth0",
        "[2001:db8::1",
        "example.com",
        "for=",
        "2001:db8:::1",
        "'; drop table"
      })
  void what_is_not_public_or_no_address_is_passed_over(String header) {
    assertThat(forwarded(header)).isNull();
    assertThat(
            OF_ANYONE.of(
                Map.of("x-forwarded-for", header, "x-real-ip", "203.0.113.7")::get, PUBLIC))
        .isEqualTo("203.0.113.7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "198.20.0.1"})
  void the_neighbours_of_private_ranges_are_public(String header) {
    assertThat(forwarded(header)).isEqualTo(header);
  }

  @Test
  void headers_are_asked_in_the_contracts_order() {
    for (int first = 0; first < ClientAddress.HEADERS.size(); first++) {
      List<String> sent = ClientAddress.HEADERS.subList(first, ClientAddress.HEADERS.size());
      int least = first;
      assertThat(
              OF_ANYONE.of(
                  name -> sent.contains(name) ? "203.0.113." + (least + sent.indexOf(name)) : null,
                  PUBLIC))
          .isEqualTo("203.0.113." + first);
    }
  }

  @Test
  void the_order_can_be_another() {
    var client = new ClientAddress(TrustedProxies.EVERYONE, List.of("x-real-ip", "x-client-ip"));
    Map<String, String> sent =
        Map.of(
            "x-client-ip", "203.0.113.1", "x-real-ip", "203.0.113.2", "forwarded", "203.0.113.3");

    assertThat(client.of(sent::get, PUBLIC)).isEqualTo("203.0.113.2");
    assertThat(client.of(Map.of("forwarded", "for=203.0.113.3")::get, PUBLIC)).isNull();
  }

  @Test
  void the_sockets_address_does_not_count_while_anyone_is_believed() {
    assertThat(OF_ANYONE.of(name -> null, PUBLIC)).isNull();
  }

  @Test
  void without_a_trusted_proxy_only_the_sockets_address_counts() {
    Map<String, String> forged = Map.of("x-forwarded-for", "203.0.113.7");

    assertThat(BEHIND_PROXIES.of(forged::get, PUBLIC)).isEqualTo(PUBLIC);
    assertThat(BEHIND_PROXIES.of(forged::get, "2001:db8::5")).isEqualTo("2001:db8:0:0:0:0:0:5");
    assertThat(BEHIND_PROXIES.of(forged::get, "192.168.1.1")).isNull();
    assertThat(BEHIND_PROXIES.of(forged::get, null)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"10.9.8.7", "203.0.113.127", "fd00::2", "::ffff:10.0.0.1", "[fd00::2]:443"})
  void a_trusted_proxy_is_believed(String proxy) {
    assertThat(BEHIND_PROXIES.of(Map.of("x-real-ip", "203.0.113.7")::get, proxy))
        .isEqualTo("203.0.113.7");
    assertThat(BEHIND_PROXIES.of(name -> null, proxy)).isNull();
  }

  @Test
  void what_stands_in_a_chain_before_the_last_stranger_is_the_senders_own_word() {
    Map<String, String> chain =
        Map.of("x-forwarded-for", "8.8.8.8, 203.0.113.7, 203.0.113.65, 10.0.0.3");

    assertThat(BEHIND_PROXIES.of(chain::get, "10.0.0.2")).isEqualTo("203.0.113.7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.0/8,",
        "10.0.0.0/33",
        "fd00::/129",
        "10.0.0.0/-1",
        "10.0.0.0/x",
        "proxy",
        "*, ::1"
      })
  void a_range_that_is_none_is_refused(String setting) {
    assertThatThrownBy(() -> TrustedProxies.of(setting))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void an_address_has_one_spelling() {
    assertThat(ClientAddress.normal(" 203.0.113.7 ")).isEqualTo("203.0.113.7");
    assertThat(ClientAddress.normal("::FFFF:203.0.113.7")).isEqualTo("203.0.113.7");
    assertThat(ClientAddress.normal("2001:0DB8:0::1")).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(ClientAddress.normal("10.0.0.1")).isEqualTo("10.0.0.1");
    assertThat(ClientAddress.normal("here")).isNull();
    assertThat(ClientAddress.normal(null)).isNull();
  }
}

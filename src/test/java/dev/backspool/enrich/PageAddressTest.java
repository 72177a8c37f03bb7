package dev.backspool.enrich;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Taking addresses apart. */
final class PageAddressTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          https://shop.example/cart/1?a=b#top,       /cart/1,    https://shop.example,       top
          https://shop.example,                      /,          https://shop.example,       -
          https://shop.example?a=b,                  /,          https://shop.example,       -
          HTTPS://User:pass@Shop.Example:443/A%20b,  /A%20b,     https://shop.example,       -
          http://shop.example:80/,                   /,          http://shop.example,        -
          http://shop.example:8080/#,                /,          http://shop.example:8080,   -
          http://[2001:DB8::1]:3000/x,               /x,         http://[2001:db8::1]:3000,  -
          capacitor://localhost/home,                /home,      capacitor://localhost,      -
          file:///index.html,                        /index.html, -,                         -
          /checkout?step=2#pay,                      /checkout,  -,                          pay
          HomeScreen,                                HomeScreen, -,                          -
          /go?to=https://other.example/,             /go,        -,                          -
          """)
  void an_address_has_these_parts(String url, String path, String origin, String hash) {
    PageAddress address = PageAddress.of(url);

    assertThat(address.path()).isEqualTo(path);
    assertThat(address.origin()).isEqualTo(origin);
    assertThat(address.hash()).isEqualTo(hash);
  }

  @Test
  void a_route_may_stand_after_the_hash() {
    assertThat(PageAddress.of("#/cart?x=1"))
        .isEqualTo(new PageAddress(null, null, Map.of(), "/cart?x=1"));
  }

  @Test
  void the_query_is_decoded_in_its_order() {
    assertThat(
            PageAddress.of("/?utm_source=a+b&x=%C3%A9%2F&empty=&bare&x=last&%3D=eq&=none&&p=%zz%4")
                .query())
        .containsExactly(
            Map.entry("utm_source", "a b"),
            Map.entry("x", "last"),
            Map.entry("empty", ""),
            Map.entry("bare", ""),
            Map.entry("=", "eq"),
            Map.entry("p", "%zz%4"));
    assertThat(PageAddress.of("/?x=%C3%A9%2F").query()).containsExactly(Map.entry("x", "é/"));
    assertThat(PageAddress.of("/").query()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://",
        "http:///path",
        "https://?x=1",
        "http://[::1/x?y",
        "http://a b/c#d",
        "http://host:port/",
        "http://host:1234567/",
        "http://<script>/"
      })
  void what_is_malformed_is_a_path_as_given(String url) {
    assertThat(PageAddress.of(url)).isEqualTo(new PageAddress(url, null, Map.of(), null));
  }

  @Test
  void nothing_has_no_parts() {
    assertThat(PageAddress.of(null)).isEqualTo(new PageAddress(null, null, Map.of(), null));
    assertThat(PageAddress.of("  ")).isEqualTo(PageAddress.of(null));
  }

  @Test
  void a_long_query_is_gone_over_once() {
    // Twice over for each of its names would take hours.
    assertThat(PageAddress.of("/?" + "a&".repeat(4_000_000) + "b").query())
        .containsExactly(Map.entry("a", ""), Map.entry("b", ""));
  }

  @Test
  void no_text_makes_it_throw() {
    String letters = "ht:/?#&=%[]@.a1 \u00e9\ud800+";
    var random = new Random(7);

    for (int round = 0; round < 100_000; round++) {
      var text = new StringBuilder(random.nextInt(4) == 0 ? "http://" : "");
      for (int length = random.nextInt(16); length > 0; length--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      PageAddress address = PageAddress.of(text.toString());
      assertThat(address.query()).isNotNull();
      if (address.origin() != null) {
        assertThat(address.host()).as(text.toString()).isNotEmpty();
      }
    }
  }
}

package dev.backspool.enrich;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What led to a page. */
final class ReferrersTest {
  private static final String PAGE = "https://shop.example/checkout";

  private final Referrers referrers = new Referrers();

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          https://www.google.com/,                      Google,        search
          https://www.google.co.uk/search?q=shoes,      Google,        search
          https://news.google.com/articles/1,           Google News,   search
          https://mail.google.com/mail/u/0/,            Gmail,         email
          https://gemini.google.com/,                   Gemini,        ai
          https://chatgpt.com/,                         ChatGPT,       ai
          https://uk.search.yahoo.com/,                 Yahoo!,        search
          https://mail.yahoo.com/d/folders/1,           Yahoo! Mail,   email
          https://t.co/AbCdEf,                          X,             social
          https://l.facebook.com/l.php?u=x,             Facebook,      social
          https://old.reddit.com/r/java,                Reddit,        social
          android-app://com.google.android.gm/,         Gmail,         email
          android-app://org.telegram.messenger/,        Telegram,      messaging
          https://www.youtube.com/watch?v=1,            YouTube,       video
          https://gist.github.com/a/b,                  GitHub,        code
          HTTPS://WWW.BING.COM:443/search,              Bing,          search
          """)
  void a_known_site_has_a_name_and_a_type(String url, String name, String type) {
    assertThat(referrers.of(url, PAGE)).isEqualTo(new Referrer(url, name, type));
  }

  @ParameterizedTest
  @CsvSource({
    "https://www.blog.example/post?id=1, blog.example",
    "https://google.evil.example/, google.evil.example",
    "https://notgoogle.com/, notgoogle.com",
    "http://localhost:3000/, localhost"
  })
  void another_site_has_its_host_for_a_name(String url, String name) {
    assertThat(referrers.of(url, PAGE)).isEqualTo(new Referrer(url, name, null));
  }

  @ParameterizedTest
  @CsvSource({
    "https://shop.example/, https://shop.example/checkout",
    "https://www.shop.example/, https://shop.example/checkout",
    "http://shop.example:8080/, https://www.shop.example/checkout",
    "'', https://shop.example/",
    "no address, https://shop.example/",
    ", https://shop.example/"
  })
  void the_same_site_and_nothing_lead_nowhere(String url, String page) {
    assertThat(referrers.of(url, page)).isEqualTo(Referrer.NONE);
  }

  @Test
  void another_host_of_the_same_domain_counts() {
    assertThat(referrers.of("https://blog.shop.example/", PAGE).name())
        .isEqualTo("blog.shop.example");
  }

  @ParameterizedTest
  @CsvSource({
    "?utm_source=newsletter, Email, email",
    "?utm_source=Google, Google, search",
    "?utm_source=fb, Facebook, social",
    "?ref=producthunt.com, Product Hunt, social",
    "?ref=https%3A%2F%2Fnews.ycombinator.com%2F, Hacker News, social",
    "?utm_referrer=yandex.ru, Yandex, search",
    "?utm_referrer=bing&ref=duckduckgo&utm_source=ecosia, Ecosia, search",
    "?utm_source=&ref=duckduckgo, DuckDuckGo, search",
    "?utm_source=Spring+Sale, Spring Sale, "
  })
  void the_pages_query_has_the_last_word(String query, String name, String type) {
    assertThat(referrers.of("https://blog.example/", PAGE + query))
        .isEqualTo(new Referrer("https://blog.example/", name, type));
    assertThat(referrers.of(null, "/checkout" + query)).isEqualTo(new Referrer(null, name, type));
    assertThat(referrers.of("https://shop.example/", PAGE + query))
        .isEqualTo(new Referrer(null, name, type));
  }

  @Test
  void what_is_too_long_for_a_host_is_not_looked_up() {
    String endless = "a.".repeat(4_000_000) + "google.com";

    assertThat(referrers.of(null, "/?ref=" + endless)).isEqualTo(new Referrer(null, endless, null));
    assertThat(referrers.of("https://" + endless + "/", PAGE).type()).isNull();
  }

  @Test
  void every_host_of_the_list_leads_to_its_site() {
    List<String> lines = Resources.lines("referrers.txt");

    assertThat(lines)
        .hasSizeGreaterThan(100)
        .allSatisfy(line -> {
          String[] parts = line.split(" {2,}", -1);
          for (String host : parts[2].split(" ", -1)) {
            String known = host.replace(".*", ".de");
            assertThat(
                    known.indexOf('.') < 0
                        ? referrers.of(null, "/?ref=" + known)
                        : referrers.of("https://" + known + "/", PAGE))
                .extracting(Referrer::name, Referrer::type)
                .as(known)
                .containsExactly(parts[1], parts[0]);
          }
        });
  }
}

package dev.backspool.enrich;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read out of real user agents. */
final class UserAgentsTest {
  private static final String CHROME =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
          + " Safari/537.36";

  private final UserAgents userAgents = new UserAgents();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          Windows    | 10      | Chrome            | 126.0.0    | desktop | -       | -        | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
          Windows    | 10      | Edge              | 126.0.0    | desktop | -       | -        | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0
          Windows    | 10      | Firefox           | 127.0      | desktop | -       | -        | Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0
          Windows    | 7       | IE                | 10.0       | desktop | -       | -        | Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Tablet PC 2.0; Trident/6.0)
          macOS      | 10.15.7 | Safari            | 17.5       | desktop | Apple   | Mac      | Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15
          Linux      | -       | Chrome            | 120.0.0    | desktop | -       | -        | Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.0.0
          Ubuntu     | -       | Firefox           | 127.0      | desktop | -       | -        | Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0
          Chrome OS  | 14541.0.0 | Chrome          | 126.0.0    | desktop | -       | -        | Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
          iOS        | 17.5.1  | Mobile Safari     | 17.5       | mobile  | Apple   | iPhone   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1
          iOS        | 17.5    | Chrome Mobile iOS | 126.0.6478 | mobile  | Apple   | iPhone   | Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1
          iOS        | 17.5    | Mobile Safari     | 17.5       | tablet  | Apple   | iPad     | Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1
          iOS        | -       | MyApp             | 42         | mobile  | Apple   | -        | MyApp/42 CFNetwork/1494.0.7 Darwin/23.4.0
          Android    | 13      | Chrome Mobile     | 126.0.0    | mobile  | Samsung | SM-G991B | Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36
          Android    | 10      | Chrome Mobile     | 126.0.0    | mobile  | -       | -        | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36
          Android    | 10      | Chrome            | 126.0.0    | tablet  | -       | -        | Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
          Android    | 13      | Samsung Internet  | 25.0       | mobile  | Samsung | SM-S901B | Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36
          Android    | 13      | Firefox Mobile    | 127.0      | tablet  | -       | -        | Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0
          Android    | 13      | Android           | 13         | mobile  | Google  | Pixel 7  | Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)
          Tizen      | 6.0     | Safari            | -          | smarttv | Samsung | SMART-TV | Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36
          -          | -       | Safari            | 13.0       | console | Sony    | PlayStation 5 | Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15
          """)
  void a_visitor_is_told_by_the_user_agent(
      String os,
      String osVersion,
      String browser,
      String browserVersion,
      String device,
      String brand,
      String model,
      String userAgent) {
    assertThat(userAgents.parse(userAgent))
        .isEqualTo(new Agent(os, osVersion, browser, browserVersion, device, brand, model));
    assertThat(userAgents.isServer(userAgent)).isFalse();
    assertThat(userAgents.isBot(userAgent)).isFalse();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "okhttp/4.12.0",
        "okhttp/5.0.0-alpha.11",
        "esp32-http-client/1.0",
        "curl/8.5.0",
        "Java-http-client/17.0.15",
        "unknown/1.0",
        "Mozilla/5.0",
        "python-requests/2.31.0",
        "node",
        "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
        "axios/1.7.2",
        "Go-http-client/2.0",
        "Apache-HttpClient/4.5.14 (Java/17.0.9)",
        "Dart/3.1 (dart:io)"
      })
  void a_program_is_a_server_and_no_robot(String userAgent) {
    assertThat(userAgents.isServer(userAgent)).isTrue();
    assertThat(userAgents.isBot(userAgent)).isFalse();
    assertThat(userAgents.parse(userAgent)).isEqualTo(Agent.SERVER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like"
            + " Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1;"
            + " +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2;"
            + " +https://openai.com/gptbot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0;"
            + " +claudebot@anthropic.com)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
            + " HeadlessChrome/126.0.0.0 Safari/537.36"
      })
  void a_robot_is_known(String userAgent) {
    assertThat(userAgents.isBot(userAgent)).isTrue();
  }

  @Test
  void a_robot_is_no_browser() {
    String googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

    assertThat(userAgents.isServer(googlebot)).isTrue();
    assertThat(userAgents.parse(googlebot).browser()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Mozilla/5.0 (Linux; Android 14; CUBOT_X90) AppleWebKit/537.36 (KHTML, like Gecko)"
            + " Chrome/126.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko)"
            + " Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36"
      })
  void a_visitor_whose_device_sounds_like_a_robot_is_none(String userAgent) {
    assertThat(userAgents.isBot(userAgent)).isFalse();
    assertThat(userAgents.isServer(userAgent)).isFalse();
  }

  @Test
  void every_pattern_of_the_list_finds_itself() {
    List<String> plain =
        Resources.lines("crawlers.txt").stream()
            .filter(line -> line.matches("[A-Za-z0-9 _-]{3,}"))
            .toList();

    assertThat(plain).hasSizeGreaterThan(1_000);
    assertThat(plain).allMatch(name -> userAgents.isBot(CHROME + " (compatible; " + name + ")"));
  }

  @Test
  void what_follows_any_real_length_is_not_read() {
    String endless = CHROME + " ".repeat(1_000_000) + "Googlebot/2.1";

    assertThat(userAgents.isBot(CHROME + " Googlebot/2.1")).isTrue();
    assertThat(userAgents.isBot(endless)).isFalse();
    assertThat(userAgents.parse(endless)).isEqualTo(userAgents.parse(CHROME));
  }
}

package dev.backspool.enrich;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The list of the crawler-user-agents project. Nearly all of its 1,500 patterns are plain text:
 * these are found by their first letters, so that a user agent is gone over once.
 */
final class Crawlers {
  private static final int LETTERS = 3;
  private static final Pattern ESCAPED = Pattern.compile("\\\\([^A-Za-z0-9])");
  private static final Pattern PLAIN =
      Pattern.compile("(?:[^\\\\\\[\\](){}|^$*+?.]|\\\\[^A-Za-z0-9]){3,}");

  private final Map<String, List<String>> texts = new HashMap<>();
  private final List<Pattern> patterns = new ArrayList<>();

  private Crawlers() {}

  static Crawlers load() {
    var crawlers = new Crawlers();
    Resources.lines("crawlers.txt").forEach(crawlers::add);
    return crawlers;
  }

  private void add(String pattern) {
    if (PLAIN.matcher(pattern).matches()) {
      String text = ESCAPED.matcher(pattern).replaceAll("$1");
      texts.computeIfAbsent(text.substring(0, LETTERS), letters -> new ArrayList<>()).add(text);
    } else {
      patterns.add(Pattern.compile(pattern));
    }
  }

  /** Whether a user agent holds one of the patterns. */
  boolean include(String userAgent) {
    for (int at = 0; at + LETTERS <= userAgent.length(); at++) {
      for (String text : texts.getOrDefault(userAgent.substring(at, at + LETTERS), List.of())) {
        if (userAgent.startsWith(text, at)) {
          return true;
        }
      }
    }
    return patterns.stream().anyMatch(pattern -> pattern.matcher(userAgent).find());
  }
}

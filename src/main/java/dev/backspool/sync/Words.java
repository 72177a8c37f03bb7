package dev.backspool.sync;

import java.util.HashMap;
import java.util.Map;

/** Of values that come again and again one object each: pages are held in memory. One thread. */
public final class Words {
  private static final int MOST = 10_000;

  private final Map<String, String> known = new HashMap<>();

  /** The same text, mostly as the same object as before. */
  public String of(String word) {
    String first = known.putIfAbsent(word, word);
    if (known.size() > MOST) {
      known.clear();
    }
    return first == null ? word : first;
  }
}

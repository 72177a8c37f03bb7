package dev.backspool.verify;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** How findings put numbers and times. */
final class Words {
  /** More than these are not listed one by one. */
  private static final int MOST_RANGES = 10;

  private Words() {}

  static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }

  static String time(Instant moment) {
    return moment.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Begins with a capital letter, without a full stop. */
  static String sentence(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  /** Numbers as people write them: {@code 3, 5 to 9}. */
  static String ranges(Collection<Integer> numbers) {
    var ranges = new ArrayList<String>();
    List<Integer> sorted = List.copyOf(new TreeSet<>(numbers));
    for (int i = 0; i < sorted.size(); ) {
      int last = i;
      while (last + 1 < sorted.size() && sorted.get(last + 1) == sorted.get(last) + 1) {
        last++;
      }
      if (ranges.size() == MOST_RANGES) {
        ranges.add("...");
        break;
      }
      ranges.add(last == i ? sorted.get(i).toString() : sorted.get(i) + " to " + sorted.get(last));
      i = last + 1;
    }
    return String.join(", ", ranges);
  }
}

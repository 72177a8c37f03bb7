package dev.backspool.rrweb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the events of a block tell, gathered one event after the other. */
final class Observations {
  private static final int META = 4;
  private static final int FULL_SNAPSHOT = 2;
  private static final int MAX_PAGES = 1_000;
  private static final int MAX_MARKS = 1_000;
  private static final int MAX_ACTIVE_SECONDS = 3_600;
  private static final int MAX_HREF = 8_192;

  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private final List<Page> pages = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();
  private int elements;
  private boolean lastIsMeta;
  private long metaTime;
  private boolean anyTime;
  private long first = Long.MAX_VALUE;
  private long last = Long.MIN_VALUE;
  private @Nullable Viewport viewport;
  private int clicks;
  private int inputs;
  private int mutations;
  private int errors;
  private long[] activeAt = new long[16];
  private int activeCount;

  /** Takes an element that is not an object. */
  void other() {
    elements++;
    lastIsMeta = false;
  }

  /** Takes the event that the scanner has just passed. */
  void event(EventScanner event) {
    int type = event.type();
    boolean timed = event.timed();
    boolean meta = false;
    if (timed) {
      long time = event.time();
      anyTime = true;
      first = Math.min(first, time);
      last = Math.max(last, time);
      switch (type) {
        case FULL_SNAPSHOT -> checkpoint(time);
        case 3 -> incremental(event, time);
        case META -> {
          meta = true;
          metaTime = time;
          page(event, time);
        }
        case 5 -> errorIf(event.dataTag.is("error"), time);
        case 6 ->
            errorIf(event.dataPlugin.is("rrweb/console@1") && event.payloadLevel.is("error"), time);
        default -> {}
      }
    }
    lastIsMeta = meta;
    elements++;
  }

  private void checkpoint(long time) {
    checkpoints.add(
        lastIsMeta
            ? new Checkpoint(elements - 1, metaTime, true)
            : new Checkpoint(elements, time, false));
  }

  private void page(EventScanner event, long time) {
    String href = event.dataHref.text();
    if (href != null && pages.size() < MAX_PAGES) {
      pages.add(new Page(time, storable(href)));
    }
    int width = event.dataWidth.integer();
    int height = event.dataHeight.integer();
    if (viewport == null && width != Member.NONE && height != Member.NONE) {
      viewport = new Viewport(width, height);
    }
  }

  /** Text that PostgreSQL takes: no NUL, no half of a surrogate pair, not endless. */
  private static String storable(String href) {
    StringBuilder kept = new StringBuilder(Math.min(href.length(), MAX_HREF));
    href.codePoints()
        .filter(c -> c != 0)
        .limit(MAX_HREF)
        .map(c -> Character.getType(c) == Character.SURROGATE ? 0xfffd : c)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }

  private void incremental(EventScanner event, long time) {
    int source = event.dataSource.integer();
    switch (source) {
      case 0 -> mutations++;
      case 2 -> {
        if (event.dataType.integer() == 2) {
          clicks++;
          mark(time, Mark.Kind.CLICK);
        }
      }
      case 5 -> {
        inputs++;
        mark(time, Mark.Kind.INPUT);
      }
      default -> {}
    }
    if ((source >= 1 && source <= 6) || source == 12) {
      if (activeCount == activeAt.length) {
        activeAt = Arrays.copyOf(activeAt, activeCount * 2);
      }
      activeAt[activeCount++] = time;
    }
  }

  private void errorIf(boolean error, long time) {
    if (error) {
      errors++;
      mark(time, Mark.Kind.ERROR);
    }
  }

  private void mark(long time, Mark.Kind kind) {
    if (marks.size() < MAX_MARKS) {
      marks.add(new Mark(time, kind));
    }
  }

  /** How many elements were taken. */
  int elements() {
    return elements;
  }

  /** Whether the last one is a Meta. */
  boolean lastIsMeta() {
    return lastIsMeta;
  }

  /** The times seen so far. */
  @Nullable TimeRange times() {
    return anyTime ? new TimeRange(first, last) : null;
  }

  /** The block of everything taken, whose lines these are; they are empty afterwards. */
  EventBlock block(Lines lines) {
    byte[] payload = PayloadWriter.frame(lines.bytes(), lines.length());
    long rawBytes = lines.length();
    lines.forget();
    return new EventBlock(
        elements,
        payload,
        rawBytes,
        times(),
        List.copyOf(checkpoints),
        lastIsMeta,
        List.copyOf(pages),
        viewport,
        new Counts(clicks, inputs, mutations, activeCount, errors),
        List.copyOf(marks),
        activity());
  }

  private int[] activity() {
    int length = 0;
    for (int i = 0; i < activeCount; i++) {
      long second = second(activeAt[i]);
      if (second < MAX_ACTIVE_SECONDS) {
        length = Math.max(length, (int) second + 1);
      }
    }
    int[] seconds = new int[length];
    for (int i = 0; i < activeCount; i++) {
      long second = second(activeAt[i]);
      if (second < length) {
        seconds[(int) second]++;
      }
    }
    return seconds;
  }

  private long second(long time) {
    return (time - first) / 1_000;
  }
}

package dev.backspool.rrweb;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Reads what one upload brought into one {@link EventBlock}: the whole of it, or nothing.
 *
 * <p>Every byte is checked to be JSON in UTF-8; an element's own bytes are kept, so that it comes
 * back as it was sent, down to unknown members and the spelling of numbers. Feed it by any of the
 * {@code read} methods, as often as the protocol needs, then call {@link #finish} once. After an
 * exception it is of no more use. One thread at a time; blocking only for a core to compress on.
 */
public final class EventReader {
  private static final int MAX_MEMBERS = 1_000;

  private final Limits limits;
  private final String field;
  private final JsonScanner json;
  private final ElementScanner element;
  private Lines lines;
  private Observations seen = new Observations();
  private boolean whole = true;

  /**
   * A reader of one block.
   *
   * @param field what the protocol calls the events, for messages such as {@code
   *     events[3].timestamp}
   */
  public EventReader(Limits limits, Manner manner, String field) {
    this.limits = limits;
    this.field = field;
    json = new JsonScanner(limits.maxDepth());
    element = new ElementScanner(json, limits, manner);
    lines = new Lines(limits.maxBytes());
  }

  /** One block of all the bytes, a JSON array or newline-delimited JSON. */
  public static EventBlock block(byte[] bytes, Limits limits, Manner manner) throws EventsRefused {
    EventReader reader = new EventReader(limits, manner, "events");
    reader.read(bytes, 0, bytes.length);
    return reader.finish();
  }

  /** Reads a JSON array, when the first character is a bracket, or else newline-delimited JSON. */
  public void read(byte[] bytes, int from, int to) throws EventsRefused {
    begin(bytes, from, to);
    int first = json.space(from);
    if (json.peek(first) == '[') {
      attempt(from, () -> end(array(first)));
    } else {
      attempt(from, () -> lines(first));
    }
  }

  /** Reads a JSON array of elements. */
  public void readArray(byte[] bytes, int from, int to) throws EventsRefused {
    begin(bytes, from, to);
    attempt(from, () -> end(array(json.space(from))));
  }

  /** Reads elements that each end with a line break or the bytes; empty lines do not count. */
  public void readLines(byte[] bytes, int from, int to) throws EventsRefused {
    begin(bytes, from, to);
    attempt(from, () -> lines(json.space(from)));
  }

  /** Reads one element. */
  public void readElement(byte[] bytes, int from, int to) throws EventsRefused {
    begin(bytes, from, to);
    attempt(from, () -> end(element(json.space(from))));
  }

  /**
   * Reads a JSON object of which one member is the array of events, in one pass. Of members named
   * twice the last counts.
   */
  public Envelope readObject(byte[] bytes, int from, int to) throws EventsRefused {
    begin(bytes, from, to);
    Map<String, Slice> members = new LinkedHashMap<>();
    boolean[] eventsRead = new boolean[1];
    attempt(from, () -> end(object(json.space(from), members, eventsRead)));
    return new Envelope(Collections.unmodifiableMap(members), eventsRead[0]);
  }

  /** The block of everything read. */
  public EventBlock finish() {
    if (!whole) {
      throw new IllegalStateException("what was read is not whole");
    }
    whole = false;
    return seen.block(lines);
  }

  private void begin(byte[] bytes, int from, int to) {
    if (!whole) {
      throw new IllegalStateException("the reader has finished or refused");
    }
    Objects.checkFromToIndex(from, to, bytes.length);
    json.reset(bytes, to);
  }

  /** A walk over the bytes. */
  private interface Walk {
    void run() throws JsonFault, EventsRefused;
  }

  private void attempt(int from, Walk walk) throws EventsRefused {
    whole = false;
    try {
      walk.run();
    } catch (JsonFault fault) {
      throw new MalformedEvents(field + fault.member, (long) fault.at - from, fault.why);
    }
    whole = true;
  }

  private void end(int at) throws JsonFault {
    int p = json.space(at);
    if (p < json.end()) {
      throw json.unexpected(p, "the end");
    }
  }

  private int array(int at) throws JsonFault, EventsRefused {
    if (json.peek(at) != '[') {
      throw json.unexpected(at, "an array");
    }
    lines.expect(json.end() - at);
    int p = json.space(at + 1);
    if (json.peek(p) == ']') {
      return p + 1;
    }
    while (true) {
      p = json.space(element(p));
      byte c = json.peek(p);
      if (c == ']') {
        return p + 1;
      }
      if (c != ',') {
        throw json.unexpected(p, "',' or ']'");
      }
      p = json.space(p + 1);
    }
  }

  private void lines(int at) throws JsonFault, EventsRefused {
    lines.expect(json.end() - at + 1);
    int p = at;
    while (p < json.end()) {
      int end = element(p);
      json.forgetLines();
      p = json.space(end);
      if (p < json.end() && !json.lineBroken()) {
        throw json.unexpected(p, "a line break");
      }
    }
  }

  private int element(int at) throws JsonFault, EventsRefused {
    if (seen.elements() >= limits.maxEvents()) {
      throw new TooManyEvents(limits.maxEvents());
    }
    try {
      int end = element.pass(at, lines.room());
      element.addTo(lines, seen);
      return end;
    } catch (JsonFault fault) {
      throw fault.in("[" + seen.elements() + "]");
    }
  }

  private int object(int at, Map<String, Slice> members, boolean[] eventsRead)
      throws JsonFault, EventsRefused {
    if (json.peek(at) != '{') {
      throw json.unexpected(at, "an object");
    }
    int p = json.space(at + 1);
    if (json.peek(p) == '}') {
      return p + 1;
    }
    while (true) {
      int value = json.key(p);
      String name = JsonString.decode(json.bytes(), p + 1, json.string(p) - 1);
      members.remove(name);
      if (name.equals(field)) {
        seen = new Observations();
        lines = new Lines(limits.maxBytes());
        eventsRead[0] = json.peek(value) == '[';
      }
      if (name.equals(field) && eventsRead[0]) {
        p = array(value);
      } else {
        p = json.value(value, 0);
        members.put(name, new Slice(json.bytes(), value, p));
        if (members.size() > MAX_MEMBERS) {
          throw new JsonFault(value, "more than " + MAX_MEMBERS + " members", false);
        }
      }
      p = json.space(p);
      byte c = json.peek(p);
      if (c == '}') {
        return p + 1;
      }
      if (c != ',') {
        throw json.unexpected(p, "',' or '}'");
      }
      p = json.space(p + 1);
    }
  }
}

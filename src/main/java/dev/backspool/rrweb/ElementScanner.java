package dev.backspool.rrweb;

import org.jspecify.annotations.Nullable;

/**
 * Passes one element of an upload, whatever it is: an event object, a string that holds one, or, in
 * the lenient manner, any JSON value. What was passed is then added to a block, or left.
 */
final class ElementScanner {
  private final Manner manner;
  private final Limits limits;
  private final JsonScanner json;
  private final EventScanner plain;

  /** The scanner that holds what was passed, or null when it is no object. */
  private @Nullable EventScanner event;

  private byte[] bytes = new byte[0];
  private int from;
  private int to;

  /** The packer's mark, which is left out; empty when there is none. */
  private int cutFrom;

  private int cutTo;
  private boolean spansLines;

  ElementScanner(JsonScanner json, Limits limits, Manner manner) {
    this.manner = manner;
    this.limits = limits;
    this.json = json;
    plain = new EventScanner(json);
  }

  /**
   * Passes the element whose first byte is at {@code at}.
   *
   * @param room how many bytes it may hold when unpacked
   * @return the position after it
   */
  int pass(int at, int room) throws JsonFault, OversizedEvents {
    event = null;
    json.forgetLines();
    byte first = json.peek(at);
    int end = first == '{' ? plain.event(at) : json.value(at, 0);
    keep(json, at, end);
    if (first == '{') {
      event = plain;
      if (manner == Manner.STRICT) {
        mustBeEvent(plain, at);
      }
    } else if (first == '"') {
      unpack(at, end, room);
    } else if (manner == Manner.STRICT) {
      throw new JsonFault(at, "must be an event object", false);
    }
    return end;
  }

  private void keep(JsonScanner where, int start, int end) {
    bytes = where.bytes();
    from = start;
    to = end;
    cutFrom = end;
    cutTo = end;
    spansLines = where.lineBroken();
  }

  private static void mustBeEvent(EventScanner event, int at) throws JsonFault {
    if (event.type() == Member.NONE) {
      throw new JsonFault(event.type.at(at), ".type", "must be a whole number");
    }
    if (!event.timed()) {
      throw new JsonFault(event.timestamp.at(at), ".timestamp", "must be a finite number");
    }
  }

  /** Turns to the event in a string; a string without one is refused, or kept as it came. */
  private void unpack(int at, int end, int room) throws JsonFault, OversizedEvents {
    String text = JsonString.decode(json.bytes(), at + 1, end - 1);
    boolean packed = PackedEvent.isPacked(text);
    byte[] inside =
        packed ? PackedEvent.inflate(text, room, limits.maxBytes()) : PackedEvent.utf8(text);
    try {
      if (inside == null) {
        throw new JsonFault(at, "must be an event, packed or as JSON", false);
      }
      unpackEvent(inside, packed);
    } catch (JsonFault fault) {
      if (manner == Manner.STRICT) {
        throw new JsonFault(at, fault.member, "in the string: " + fault.why);
      }
    }
  }

  private void unpackEvent(byte[] inside, boolean packed) throws JsonFault {
    JsonScanner text = new JsonScanner(limits.maxDepth());
    EventScanner scanner = new EventScanner(text);
    text.reset(inside, inside.length);
    int start = text.space(0);
    if (text.peek(start) != '{') {
      throw new JsonFault(start, "must be an event object", false);
    }
    text.forgetLines();
    int end = scanner.event(start);
    int rest = text.space(end);
    if (rest != inside.length) {
      throw text.unexpected(rest, "the end");
    }
    if (packed && scanner.markFrom() < 0) {
      throw new JsonFault(start, ".v", "must be \"v1\"");
    }
    mustBeEvent(scanner, start);
    keep(text, start, end);
    if (packed) {
      cutFrom = scanner.markFrom();
      cutTo = scanner.markTo();
    }
    event = scanner;
  }

  /** The event that was passed, or null when the element is no object. */
  @Nullable EventScanner event() {
    return event;
  }

  /** How long the element is, unpacked, with its line end. */
  int length() {
    return to - from + 1;
  }

  /** Adds what was passed to a block. */
  void addTo(Lines lines, Observations seen) throws OversizedEvents {
    lines.append(bytes, from, cutFrom);
    lines.append(bytes, cutTo, to);
    lines.endLine(spansLines);
    if (event == null) {
      seen.other();
    } else {
      seen.event(event);
    }
  }
}

package dev.backspool.rrweb;

import org.jspecify.annotations.Nullable;

/**
 * Passes one event object and remembers where its few interesting members lie.
 *
 * <p>Of members named twice the last counts, as for {@code JSON.parse}. Reused from event to event;
 * what it tells is valid until the next {@link #event}.
 */
final class EventScanner {
  /** The farthest moments of JavaScript's {@code Date}, in milliseconds before and after 1970. */
  private static final double FARTHEST = 8.64e15;

  private final JsonScanner json;

  final Member type;
  final Member timestamp;
  final Member dataSource;
  final Member dataType;
  final Member dataHref;
  final Member dataWidth;
  final Member dataHeight;
  final Member dataPlugin;
  final Member dataTag;
  final Member payloadLevel;

  private final Member data;
  private final Member dataPayload;
  private final Member v;
  private final Member[] ofEvent;
  private final Member[] ofData;
  private final Member[] ofPayload;
  private int cutFrom;
  private int cutTo;
  private int typeNumber = Member.NONE;
  private double timeNumber = Double.NaN;

  EventScanner(JsonScanner json) {
    this.json = json;
    type = new Member("type", json);
    timestamp = new Member("timestamp", json);
    data = new Member("data", json);
    v = new Member("v", json);
    ofEvent = new Member[] {type, timestamp, data, v};
    dataSource = new Member("source", json);
    dataType = new Member("type", json);
    dataHref = new Member("href", json);
    dataWidth = new Member("width", json);
    dataHeight = new Member("height", json);
    dataPlugin = new Member("plugin", json);
    dataTag = new Member("tag", json);
    dataPayload = new Member("payload", json);
    ofData =
        new Member[] {
          dataSource, dataType, dataHref, dataWidth, dataHeight, dataPlugin, dataTag, dataPayload
        };
    payloadLevel = new Member("level", json);
    ofPayload = new Member[] {payloadLevel};
  }

  /**
   * Passes the event that begins at {@code at} with its opening brace.
   *
   * @return the position after its closing brace
   */
  int event(int at) throws JsonFault {
    forget(ofEvent);
    forget(ofData);
    forget(ofPayload);
    int end = members(at, 1, ofEvent);
    typeNumber = type.integer();
    timeNumber = timestamp.number();
    return end;
  }

  private static void forget(Member[] members) {
    for (Member member : members) {
      member.forget();
    }
  }

  private int members(int at, int depth, Member[] wanted) throws JsonFault {
    json.enter(at, depth, true);
    int before = at;
    int p = json.space(at + 1);
    if (json.peek(p) == '}') {
      return p + 1;
    }
    while (true) {
      int key = p;
      if (json.peek(p) != '"') {
        throw json.unexpected(p, "a member name in quotes");
      }
      json.forgetEscapes();
      int keyEnd = json.string(p);
      boolean escaped = json.escaped();
      p = json.colon(keyEnd);
      Member member = find(wanted, key + 1, keyEnd - 1, escaped);
      if (member == null) {
        p = json.value(p, depth);
      } else {
        int value = p;
        p = inside(member, value, depth);
        member.found(value, p);
      }
      int valueEnd = p;
      p = json.space(p);
      byte c = json.peek(p);
      if (c != ',' && c != '}') {
        throw json.unexpected(p, "',' or '}'");
      }
      if (member == v) {
        // The member goes with the comma before it, or, as the first one, with the comma after it.
        boolean first = json.peek(before) == '{';
        cutFrom = first ? before + 1 : before;
        cutTo = first && c == ',' ? p + 1 : valueEnd;
      }
      if (c == '}') {
        return p + 1;
      }
      before = p;
      p = json.space(p + 1);
    }
  }

  private @Nullable Member find(Member[] wanted, int keyFrom, int keyTo, boolean escaped) {
    byte[] bytes = json.bytes();
    for (Member member : wanted) {
      if (member.isNamed(bytes, keyFrom, keyTo)) {
        return member;
      }
    }
    return escaped ? find(wanted, JsonString.decode(bytes, keyFrom, keyTo)) : null;
  }

  private static @Nullable Member find(Member[] wanted, String key) {
    for (Member member : wanted) {
      if (member.isNamed(key)) {
        return member;
      }
    }
    return null;
  }

  /** Passes a wanted value, looking into it where wanted members are inside. */
  private int inside(Member member, int at, int depth) throws JsonFault {
    if (member == data) {
      forget(ofData);
      forget(ofPayload);
      return json.peek(at) == '{' ? members(at, depth + 1, ofData) : json.value(at, depth);
    }
    if (member == dataPayload) {
      forget(ofPayload);
      return json.peek(at) == '{' ? members(at, depth + 1, ofPayload) : json.value(at, depth);
    }
    return json.value(at, depth);
  }

  /**
   * Where the packer's mark {@code "v":"v1"} begins, comma included, or -1 when it is not there.
   */
  int markFrom() {
    return v.is("v1") ? cutFrom : -1;
  }

  int markTo() {
    return cutTo;
  }

  /** The event's {@code type}, or {@link Member#NONE} when it is not a whole number. */
  int type() {
    return typeNumber;
  }

  /** Whether the event has a {@code timestamp} that is a finite number. */
  boolean timed() {
    return Double.isFinite(timeNumber);
  }

  /**
   * The event's time in milliseconds since 1970, without its fraction. Beyond the range of
   * JavaScript's dates it is the end of that range, so that differences never overflow.
   */
  long time() {
    return (long) Math.floor(Math.clamp(timeNumber, -FARTHEST, FARTHEST));
  }
}

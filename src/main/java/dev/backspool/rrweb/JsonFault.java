package dev.backspool.rrweb;

/** Where and why bytes are not what they should be; told to callers as {@link MalformedEvents}. */
final class JsonFault extends Exception {
  /** Index into the scanned array. */
  final int at;

  /**
   * The member at fault below the element, for example {@code .timestamp}; empty for the element.
   */
  final String member;

  /** What was wrong. */
  final String why;

  /** True when the text stopped too early, so that more bytes could still make it whole. */
  final boolean endedEarly;

  JsonFault(int at, String why, boolean endedEarly) {
    this(at, "", why, endedEarly);
  }

  JsonFault(int at, String member, String why) {
    this(at, member, why, false);
  }

  private JsonFault(int at, String member, String why, boolean endedEarly) {
    super(why, null, false, false);
    this.at = at;
    this.member = member;
    this.why = why;
    this.endedEarly = endedEarly;
  }

  /** The same fault, seen from what the element is in. */
  JsonFault in(String place) {
    return new JsonFault(at, place + member, why, endedEarly);
  }
}

package dev.backspool.rrweb;

/**
 * The bytes are not JSON, or not events: HTTP answers 400. The message may be told to the sender.
 */
public final class MalformedEvents extends EventsRefused {
  private final String field;
  private final long offset;

  MalformedEvents(String field, long offset, String why) {
    super(field + ": " + why + " (byte " + offset + ")");
    this.field = field;
    this.offset = offset;
  }

  /** What is wrong, for example {@code events[3].timestamp}. */
  public String field() {
    return field;
  }

  /**
   * Where it was seen, in bytes from the start of what was given to the reader. For a packed event
   * this is where its string begins.
   */
  public long offset() {
    return offset;
  }
}

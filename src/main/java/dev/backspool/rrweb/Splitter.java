package dev.backspool.rrweb;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a long recording, as a file or another system gives it, into blocks such as a recorder would
 * have uploaded. It holds one block and the next event, however long the stream is.
 *
 * <p>A block ends before a Meta, or a FullSnapshot without one, so that playback can start at it;
 * when its events span more than five seconds; and before it passes 512 kB, unless one event alone,
 * or a Meta with its FullSnapshot, is larger. One thread at a time.
 */
public final class Splitter implements AutoCloseable {
  private static final int MAX_BLOCK_BYTES = 512 * 1024;
  private static final long MAX_BLOCK_MILLIS = 5_000;
  private static final int FIRST_BUFFER = 256 * 1024;
  private static final int META = 4;
  private static final int FULL_SNAPSHOT = 2;

  private final InputStream source;
  private final Limits limits;
  private final JsonScanner json;
  private final ElementScanner element;
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int filled;
  private boolean sourceEnded;

  /** Where the next element begins; the bytes before it are done with. */
  private int position;

  /** How many bytes of the stream went before the buffer. */
  private long dropped;

  /** Where the element at the position ends, when it is already passed; else -1. */
  private int passedTo = -1;

  private long passed;
  private State state = State.FRESH;

  private enum State {
    FRESH,
    IN_ARRAY,
    IN_LINES,
    DONE
  }

  /**
   * A splitter of one stream: a JSON array of events, or newline-delimited JSON.
   *
   * @param source closed with the splitter
   * @param limits {@code maxEvents} cuts a block, the others refuse
   */
  public Splitter(InputStream source, Limits limits, Manner manner) {
    this.source = source;
    this.limits = limits;
    json = new JsonScanner(limits.maxDepth());
    element = new ElementScanner(json, limits, manner);
  }

  /**
   * The next block, or null after the last.
   *
   * @throws EventsRefused when the stream is wrong from here on; blocks given before stay right
   */
  public @Nullable EventBlock next() throws IOException, EventsRefused {
    Lines lines = new Lines(limits.maxBytes());
    Observations seen = new Observations();
    try {
      begin();
      while (state != State.DONE) {
        int end = passedTo < 0 ? pass() : passedTo;
        if (seen.elements() > 0 && mustCut(lines, seen)) {
          passedTo = end; // The element waits, passed, to begin the next block.
          break;
        }
        element.addTo(lines, seen);
        passed++;
        passedTo = -1;
        position = end;
        separator();
      }
    } catch (OversizedEvents refused) {
      state = State.DONE;
      throw refused;
    } catch (JsonFault fault) {
      state = State.DONE;
      throw new MalformedEvents("events" + fault.member, dropped + fault.at, fault.why);
    }
    return seen.elements() == 0 ? null : seen.block(lines);
  }

  private boolean mustCut(Lines lines, Observations seen) {
    if (seen.elements() >= limits.maxEvents()) {
      return true;
    }
    EventScanner event = element.event();
    int type = event == null ? Member.NONE : event.type();
    if (type == FULL_SNAPSHOT) {
      return !seen.lastIsMeta();
    }
    if (type == META || (long) lines.length() + element.length() > MAX_BLOCK_BYTES) {
      return true;
    }
    TimeRange times = seen.times();
    if (event == null || times == null || !event.timed()) {
      return false;
    }
    long time = event.time();
    return Math.max(times.last(), time) - Math.min(times.first(), time) > MAX_BLOCK_MILLIS;
  }

  /** At the stream's start: tells an array from lines. */
  private void begin() throws IOException, JsonFault, OversizedEvents {
    if (state != State.FRESH) {
      return;
    }
    skipSpace();
    if (json.peek(position) == '[') {
      state = State.IN_ARRAY;
      position++;
      skipSpace();
      if (json.peek(position) == ']') {
        position++;
        endOfArray();
      }
    } else {
      state = position == filled ? State.DONE : State.IN_LINES;
    }
  }

  /**
   * Passes the element at the position, reading on until the buffer holds all of it. Reading moves
   * the buffer's bytes, so the element is then passed again.
   */
  private int pass() throws IOException, JsonFault, OversizedEvents {
    while (true) {
      try {
        int end = element.pass(position, limits.maxBytes());
        // A number may go on in bytes not yet read.
        if (end < filled || sourceEnded) {
          return end;
        }
      } catch (JsonFault fault) {
        if (!fault.endedEarly || sourceEnded) {
          throw fault.in("[" + passed + "]");
        }
      }
      fill();
    }
  }

  /** After an element: passes what stands between it and the next. */
  private void separator() throws IOException, JsonFault, OversizedEvents {
    json.forgetLines();
    skipSpace();
    byte c = json.peek(position);
    if (state == State.IN_LINES) {
      if (position == filled) {
        state = State.DONE;
      } else if (!json.lineBroken()) {
        throw json.unexpected(position, "a line break");
      }
    } else if (c == ',') {
      position++;
      skipSpace();
    } else if (c == ']') {
      position++;
      endOfArray();
    } else {
      throw json.unexpected(position, "',' or ']'");
    }
  }

  private void endOfArray() throws IOException, JsonFault, OversizedEvents {
    skipSpace();
    if (position < filled) {
      throw json.unexpected(position, "the end");
    }
    state = State.DONE;
  }

  private void skipSpace() throws IOException, JsonFault, OversizedEvents {
    do {
      position = json.space(position);
    } while (position == filled && fill());
  }

  /** Reads on, first dropping what is done with; false at the stream's end. */
  private boolean fill() throws IOException, OversizedEvents {
    if (sourceEnded) {
      return false;
    }
    System.arraycopy(buffer, position, buffer, 0, filled - position);
    dropped += position;
    filled -= position;
    position = 0;
    if (filled == buffer.length) {
      if (filled >= limits.maxBytes()) {
        throw new OversizedEvents(limits.maxBytes());
      }
      buffer = Arrays.copyOf(buffer, (int) Math.min(2L * filled, limits.maxBytes()));
    }
    // Full before it is looked at: a half-read event would be scanned again for every few bytes.
    int read = source.readNBytes(buffer, filled, buffer.length - filled);
    sourceEnded = filled + read < buffer.length;
    filled += read;
    json.reset(buffer, filled);
    return read > 0;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}

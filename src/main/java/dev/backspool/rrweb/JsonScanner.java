package dev.backspool.rrweb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Walks over JSON (RFC 8259) in UTF-8, checking every byte and building nothing.
 *
 * <p>Positions are indexes into the array; each method takes the position of a token and returns
 * the one after it. Strings, the bulk of a snapshot, are looked at eight bytes a step. One thread
 * at a time.
 */
final class JsonScanner {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private final boolean[] inObject;
  private byte[] bytes = new byte[0];
  private int end;
  private boolean lineBroken;
  private boolean escaped;

  JsonScanner(int maxDepth) {
    inObject = new boolean[maxDepth + 1];
  }

  /** Turns to other bytes: those of {@code bytes} before {@code end}. */
  void reset(byte[] bytes, int end) {
    this.bytes = bytes;
    this.end = end;
  }

  byte[] bytes() {
    return bytes;
  }

  int end() {
    return end;
  }

  /** Whether a line break was passed, outside strings, since the last {@link #forgetLines}. */
  boolean lineBroken() {
    return lineBroken;
  }

  void forgetLines() {
    lineBroken = false;
  }

  /** Whether a string with an escape was passed since the last {@link #forgetEscapes}. */
  boolean escaped() {
    return escaped;
  }

  void forgetEscapes() {
    escaped = false;
  }

  /** The byte at a position, or 0 (never part of JSON outside an error) at the end. */
  byte peek(int at) {
    return at < end ? bytes[at] : 0;
  }

  /** Passes spaces, tabs and line breaks. */
  int space(int at) {
    return at < end && bytes[at] > ' ' ? at : longSpace(at);
  }

  private int longSpace(int at) {
    int p = at;
    for (; p < end; p++) {
      switch (bytes[p]) {
        case ' ', '\t' -> {}
        case '\n', '\r' -> lineBroken = true;
        default -> {
          return p;
        }
      }
    }
    return p;
  }

  /**
   * Passes one value and all it holds.
   *
   * @param at the value's first byte
   * @param depth how many objects and arrays are open around it
   */
  int value(int at, int depth) throws JsonFault {
    byte[] b = bytes;
    int open = depth;
    int p = at;
    while (true) {
      switch (peek(p)) {
        case '"' -> p = string(p);
        case '{' -> {
          enter(p, ++open, true);
          p = space(p + 1);
          if (peek(p) != '}') {
            p = key(p);
            continue;
          }
          open--;
          p++;
        }
        case '[' -> {
          enter(p, ++open, false);
          p = space(p + 1);
          if (peek(p) != ']') {
            continue;
          }
          open--;
          p++;
        }
        case 't' -> p = literal(p, "true");
        case 'f' -> p = literal(p, "false");
        case 'n' -> p = literal(p, "null");
        default -> p = number(p);
      }
      while (true) {
        if (open == depth) {
          return p;
        }
        p = space(p);
        byte c = p < end ? b[p] : 0;
        if (c == ',') {
          p = space(p + 1);
          if (inObject[open]) {
            p = key(p);
          }
          break;
        }
        if (c != (inObject[open] ? '}' : ']')) {
          throw unexpected(p, inObject[open] ? "',' or '}'" : "',' or ']'");
        }
        open--;
        p++;
      }
    }
  }

  /** Notes that an object or array begins; {@code depth} counts it. */
  void enter(int at, int depth, boolean object) throws JsonFault {
    if (depth >= inObject.length) {
      throw new JsonFault(at, "nested deeper than " + (inObject.length - 1), false);
    }
    inObject[depth] = object;
  }

  /** Passes a member's name, the colon and the space around it: to the first byte of the value. */
  int key(int at) throws JsonFault {
    if (peek(at) != '"') {
      throw unexpected(at, "a member name in quotes");
    }
    return colon(string(at));
  }

  /** Passes the colon and the space around it. */
  int colon(int at) throws JsonFault {
    int p = space(at);
    if (peek(p) != ':') {
      throw unexpected(p, "':'");
    }
    return space(p + 1);
  }

  /** Passes a string; {@code at} is its opening quote. */
  int string(int at) throws JsonFault {
    byte[] b = bytes;
    int p = at + 1;
    int lastStep = end - 8;
    while (p <= lastStep) {
      long special = notPlain((long) EIGHT_BYTES.get(b, p));
      if (special == 0) {
        p += 8;
        continue;
      }
      p += Long.numberOfTrailingZeros(special) >>> 3;
      if (b[p] == '"') {
        return p + 1;
      }
      p = notPlain(p);
    }
    while (p < end) {
      byte c = b[p];
      if (c == '"') {
        return p + 1;
      }
      p = c >= ' ' && c != '\\' ? p + 1 : notPlain(p);
    }
    throw new JsonFault(p, "the text ends inside a string", true);
  }

  /**
   * The high bit of each byte that is a quote, a backslash, a control character or not ASCII.
   * Borrows can mark bytes above the first marked one wrongly; only the first counts.
   */
  private static long notPlain(long eight) {
    long quote = (eight ^ ('"' * ONES)) - ONES;
    long backslash = (eight ^ ('\\' * ONES)) - ONES;
    long control = eight - ' ' * ONES;
    return (quote | backslash | control | eight) & HIGH_BITS;
  }

  /** Passes an escape, or a run of characters beyond ASCII, inside a string. */
  private int notPlain(int at) throws JsonFault {
    if (bytes[at] == '\\') {
      return escape(at);
    }
    if (bytes[at] >= 0) {
      throw new JsonFault(at, "a control character must be escaped in a string", false);
    }
    int p = at;
    do {
      p = beyondAscii(p);
    } while (p < end && bytes[p] < 0);
    return p;
  }

  private int escape(int at) throws JsonFault {
    escaped = true;
    return switch (peek(at + 1)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 2;
      case 'u' -> {
        for (int p = at + 2; p < at + 6; p++) {
          if (hexDigit(peek(p)) < 0) {
            throw unexpected(p, "four hexadecimal digits");
          }
        }
        yield at + 6;
      }
      default -> throw unexpected(at + 1, "an escape that JSON knows");
    };
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hexDigit(byte c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** Passes one character of two to four bytes, by table 3-7 of the Unicode standard. */
  private int beyondAscii(int at) throws JsonFault {
    int lead = bytes[at] & 0xff;
    int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) {
      throw new JsonFault(at, "not UTF-8", false);
    }
    if (at + 1 < end) {
      int second = bytes[at + 1] & 0xff;
      int lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      int highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      if (second < lowest || second > highest) {
        throw new JsonFault(at, "not UTF-8", false);
      }
    }
    for (int p = at + 2; p < at + length && p < end; p++) {
      if ((bytes[p] & 0xc0) != 0x80) {
        throw new JsonFault(at, "not UTF-8", false);
      }
    }
    if (at + length > end) {
      throw new JsonFault(end, "the text ends inside a character", true);
    }
    return at + length;
  }

  private int number(int at) throws JsonFault {
    int p = peek(at) == '-' ? at + 1 : at;
    byte first = peek(p);
    if (first == '0') {
      p++;
    } else if (first >= '1' && first <= '9') {
      p = digits(p);
    } else {
      throw unexpected(p, p == at ? "a value" : "a digit");
    }
    if (peek(p) == '.') {
      p = digits(p + 1);
    }
    if ((peek(p) | 0x20) == 'e') {
      p++;
      byte sign = peek(p);
      p = digits(sign == '+' || sign == '-' ? p + 1 : p);
    }
    return p;
  }

  private int digits(int at) throws JsonFault {
    int p = at;
    while (p < end && bytes[p] >= '0' && bytes[p] <= '9') {
      p++;
    }
    if (p == at) {
      throw unexpected(p, "a digit");
    }
    return p;
  }

  private int literal(int at, String word) throws JsonFault {
    for (int i = 1; i < word.length(); i++) {
      if (peek(at + i) != word.charAt(i)) {
        throw unexpected(at + i, word);
      }
    }
    return at + word.length();
  }

  /**
   * The fault of finding something else, or the end of the text, where {@code wanted} should be.
   */
  JsonFault unexpected(int at, String wanted) {
    return at >= end
        ? new JsonFault(end, "the text ends where " + wanted + " should be", true)
        : new JsonFault(at, "expected " + wanted, false);
  }
}

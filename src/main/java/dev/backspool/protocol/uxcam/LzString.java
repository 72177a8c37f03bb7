package dev.backspool.protocol.uxcam;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decompresses what lz-string 1.5.0 compresses, the npm package that browsers use.
 *
 * <p>It is LZ78 with a code width that grows: each code names a character to come, the end, or an
 * entry of the dictionary, and every entry is what was put out before it and one character more. So
 * an entry is a slice of the output: two numbers, not a string, and the dictionary grows only with
 * the input. The output is limited while it is written; fifty million equal characters take 20 kB,
 * and cost no more than the limit. The format has no checksum: what can be seen to be wrong (a code
 * that names nothing, an early end, symbols after the end) is refused, and the rest is for the JSON
 * reader.
 */
final class LzString {
  private static final int EIGHT_BIT_CHARACTER = 0;
  private static final int SIXTEEN_BIT_CHARACTER = 1;
  private static final int END = 2;
  private static final int FIRST_ENTRY = 3;

  private final LzBits bits;
  private final int maxLength;
  private char[] output;
  private int length;
  private int[] entryStart = new int[256];
  private int[] entryLength = new int[256];
  private int entries = FIRST_ENTRY;

  private LzString(LzBits bits, int maxLength) {
    this.bits = bits;
    this.maxLength = maxLength;
    output = new char[Math.min(maxLength, 4_096)];
  }

  /**
   * The JSON in a text of unknown form, in UTF-8.
   *
   * <p>Half of a surrogate pair is refused: JSON text made by a browser has such characters
   * escaped.
   *
   * @param maxLength how many UTF-16 units may come out; up to three bytes each
   * @throws CorruptLzString also when the text is in no form that gives JSON
   */
  static byte[] json(String text, int maxLength) throws CorruptLzString, OversizedLzString {
    LzForm form = LzForm.ofJson(text);
    if (form == null) {
      throw new CorruptLzString("no form of LZString that holds JSON");
    }
    LzString decoder = new LzString(LzBits.of(form, text), maxLength);
    decoder.run();
    try {
      ByteBuffer utf8 =
          StandardCharsets.UTF_8
              .newEncoder()
              .encode(CharBuffer.wrap(decoder.output, 0, decoder.length));
      byte[] json = new byte[utf8.remaining()];
      utf8.get(json);
      return json;
    } catch (CharacterCodingException e) {
      throw new CorruptLzString("half of a surrogate pair in the decompressed text");
    }
  }

  /** The text that was compressed to a text of this form. */
  static String text(LzForm form, String compressed, int maxLength)
      throws CorruptLzString, OversizedLzString {
    return text(LzBits.of(form, compressed), maxLength);
  }

  /** The text that {@code compressToUint8Array} compressed. */
  static String text(byte[] compressed, int maxLength) throws CorruptLzString, OversizedLzString {
    return text(LzBits.of(compressed), maxLength);
  }

  private static String text(LzBits bits, int maxLength) throws CorruptLzString, OversizedLzString {
    LzString decoder = new LzString(bits, maxLength);
    decoder.run();
    return new String(decoder.output, 0, decoder.length);
  }

  private void run() throws CorruptLzString, OversizedLzString {
    int code = bits.next(2);
    if (code == END) {
      bits.end();
      return;
    }
    if (code == FIRST_ENTRY) {
      throw new CorruptLzString("begins with a code that names nothing");
    }
    character(code);
    int width = 3;
    int untilWider = 4;
    int previous = FIRST_ENTRY;
    while (true) {
      code = bits.next(width);
      if (code == END) {
        bits.end();
        return;
      }
      int start = length;
      if (code == EIGHT_BIT_CHARACTER || code == SIXTEEN_BIT_CHARACTER) {
        character(code);
        code = entries - 1;
        if (--untilWider == 0) {
          untilWider = 1 << width++;
        }
      } else {
        repeat(code, previous);
      }
      // The entry before and the first character of this one, side by side in the output.
      add(start - entryLength[previous], entryLength[previous] + 1);
      previous = code;
      if (--untilWider == 0) {
        untilWider = 1 << width++;
      }
    }
  }

  /** Puts out a character that the dictionary does not have yet, and gives it an entry. */
  private void character(int code) throws CorruptLzString, OversizedLzString {
    char unit = (char) bits.next(code == EIGHT_BIT_CHARACTER ? 8 : 16);
    makeRoom(1);
    add(length, 1);
    output[length++] = unit;
  }

  /** Puts out an entry; the next one to come is the previous and its own first character again. */
  private void repeat(int code, int previous) throws CorruptLzString, OversizedLzString {
    if (code > entries) {
      throw new CorruptLzString("a code that names nothing");
    }
    boolean unfinished = code == entries;
    int source = unfinished ? previous : code;
    int size = entryLength[source];
    makeRoom(unfinished ? size + 1 : size);
    System.arraycopy(output, entryStart[source], output, length, size);
    length += size;
    if (unfinished) {
      output[length] = output[length - size];
      length++;
    }
  }

  private void add(int start, int size) {
    if (entries == entryStart.length) {
      entryStart = Arrays.copyOf(entryStart, 2 * entries);
      entryLength = Arrays.copyOf(entryLength, 2 * entries);
    }
    entryStart[entries] = start;
    entryLength[entries++] = size;
  }

  private void makeRoom(int more) throws OversizedLzString {
    if (more > maxLength - length) {
      throw new OversizedLzString(maxLength);
    }
    if (more > output.length - length) {
      long doubled = Math.max(2L * output.length, (long) length + more);
      output = Arrays.copyOf(output, (int) Math.min(doubled, maxLength));
    }
  }
}

package dev.backspool.protocol.uxcam;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The ways lz-string 1.5.0 spells the same stream of bits, each symbol (a character, or two bytes)
 * holding some of them.
 */
enum LzForm {
  /** {@code compress}: sixteen bits in each UTF-16 unit, paired or not. */
  RAW(16),

  /**
   * {@code compressToUTF16}: fifteen bits in each character from U+0020, and a space at the end.
   */
  UTF16(15),

  /** {@code compressToBase64}: six bits a character, {@code =} at the end. */
  BASE64(6),

  /** {@code compressToEncodedURIComponent}: six bits a character, {@code +} perhaps as a space. */
  URI_COMPONENT(6),

  /** {@code compressToUint8Array}: {@link #RAW} in bytes, the higher first; not found in text. */
  BYTES(16);

  private static final byte[] SIX_BITS = sixBits();
  private static final int FIRST_UTF16 = ' ';
  private static final int LAST_UTF16 = FIRST_UTF16 + 0x7fff;

  /** How many bits a symbol holds. */
  final int bits;

  LzForm(int bits) {
    this.bits = bits;
  }

  /**
   * The form of text that decompresses to JSON, or null when there is none.
   *
   * <p>The first ten bits are the same in all forms: two for "a character of eight bits follows"
   * and that character. JSON begins with one of six, and no symbol spells one of them in two forms,
   * so the first symbol decides.
   */
  static @Nullable LzForm ofJson(String text) {
    for (LzForm form : new LzForm[] {BASE64, UTF16, RAW}) {
      if (form.beginsJson(text)) {
        boolean uri = form == BASE64 && text.chars().anyMatch(c -> c == '-' || c == ' ');
        return uri ? URI_COMPONENT : form;
      }
    }
    return null;
  }

  private boolean beginsJson(String text) {
    int needed = bits < 10 ? 2 : 1;
    if (text.length() < needed) {
      return false;
    }
    int begin = 0;
    for (int i = 0; i < needed; i++) {
      int symbol = symbol(text.charAt(i));
      if (symbol < 0) {
        return false;
      }
      begin = (begin << bits) | symbol;
    }
    begin >>>= needed * bits - 10;
    return begin >>> 8 == 0 && "[{ \t\r\n".indexOf(Integer.reverse(begin & 0xff) >>> 24) >= 0;
  }

  /** The bits that a unit of text stands for, or -1 when this form has no such unit. */
  int symbol(char unit) {
    return switch (this) {
      case RAW -> unit;
      case UTF16 -> unit < FIRST_UTF16 || unit > LAST_UTF16 ? -1 : unit - FIRST_UTF16;
      case BASE64 -> unit == '-' || unit == ' ' ? -1 : sixBits(unit);
      case URI_COMPONENT -> unit == '/' ? -1 : sixBits(unit);
      case BYTES -> -1;
    };
  }

  private static int sixBits(char unit) {
    return unit < SIX_BITS.length ? SIX_BITS[unit] : -1;
  }

  /** Both alphabets of six bits: they differ in how they spell 63, and a space is a lost plus. */
  private static byte[] sixBits() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < letters.length(); i++) {
      values[letters.charAt(i)] = (byte) i;
    }
    values[' '] = values['+'];
    values['-'] = values['/'];
    return values;
  }
}

package dev.backspool.protocol.uxcam;

/**
 * The bits of a compressed text: the highest of each symbol first, the lowest of each code first.
 */
abstract sealed class LzBits {
  private static final int MAX_FILLING = 2;

  private final int symbols;
  private final int bitsPerSymbol;
  private int position;
  private long waiting;
  private int waitingBits;

  private LzBits(int symbols, int bitsPerSymbol) {
    this.symbols = symbols;
    this.bitsPerSymbol = bitsPerSymbol;
  }

  /** The bits in a text of a known form. */
  static LzBits of(LzForm form, String text) {
    return new OfText(form, text);
  }

  /** The bits in the bytes of {@code compressToUint8Array}. */
  static LzBits of(byte[] bytes) throws CorruptLzString {
    if (bytes.length % 2 != 0) {
      throw new CorruptLzString("half a symbol at the end");
    }
    return new OfBytes(bytes);
  }

  abstract int symbol(int index) throws CorruptLzString;

  /** The next code of so many bits, at most 32. */
  int next(int width) throws CorruptLzString {
    while (waitingBits < width) {
      if (position == symbols) {
        throw new CorruptLzString("ends too early");
      }
      waiting = (waiting << bitsPerSymbol) | symbol(position++);
      waitingBits += bitsPerSymbol;
    }
    waitingBits -= width;
    int highestFirst = (int) (waiting >>> waitingBits);
    return Integer.reverse(highestFirst) >>> (32 - width);
  }

  /**
   * After the end code: nothing may follow but zeros, which lz-string puts to fill the last symbol,
   * or as a whole one when there was nothing to fill, and one more in the UTF-16 form.
   */
  void end() throws CorruptLzString {
    boolean zeros = (waiting & ((1L << waitingBits) - 1)) == 0 && symbols - position <= MAX_FILLING;
    while (zeros && position < symbols) {
      zeros = symbol(position++) == 0;
    }
    if (!zeros) {
      throw new CorruptLzString("more after the end");
    }
  }

  private static final class OfText extends LzBits {
    private final LzForm form;
    private final String text;

    OfText(LzForm form, String text) {
      super(form == LzForm.BASE64 ? withoutPadding(text) : text.length(), form.bits);
      this.form = form;
      this.text = text;
    }

    /** The length up to the {@code =} at the end, of which lz-string puts one to three. */
    private static int withoutPadding(String text) {
      int length = text.length();
      while (length > 0 && length > text.length() - 3 && text.charAt(length - 1) == '=') {
        length--;
      }
      return length;
    }

    @Override
    int symbol(int index) throws CorruptLzString {
      int symbol = form.symbol(text.charAt(index));
      if (symbol < 0) {
        throw new CorruptLzString("character " + index + " is not of the form " + form);
      }
      return symbol;
    }
  }

  private static final class OfBytes extends LzBits {
    private final byte[] bytes;

    OfBytes(byte[] bytes) {
      super(bytes.length / 2, LzForm.BYTES.bits);
      this.bytes = bytes;
    }

    @Override
    int symbol(int index) {
      return ((bytes[2 * index] & 0xff) << 8) | (bytes[2 * index + 1] & 0xff);
    }
  }
}

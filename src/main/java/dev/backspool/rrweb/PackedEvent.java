package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An event that came as a string: what rrweb's {@code pack} makes (zlib, one byte a character), or
 * the plain JSON that its {@code unpack} takes as well.
 */
final class PackedEvent {
  private PackedEvent() {}

  /** Whether the text has the first byte of a zlib stream, as packed events do. */
  static boolean isPacked(String text) {
    return !text.isEmpty() && text.charAt(0) == 'x';
  }

  /**
   * The JSON in a packed string, or null when the string is no whole zlib stream.
   *
   * @param room how many bytes may come out
   * @param maxBytes the limit to tell when they are more
   */
  static byte @Nullable [] inflate(String text, int room, int maxBytes) throws OversizedEvents {
    byte[] packed = text.getBytes(ISO_8859_1);
    byte[] json = new byte[(int) Math.min(4L * packed.length, room)];
    int length = 0;
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      while (!inflater.finished()) {
        if (length == json.length) {
          if (length == room && !endsHere(inflater)) {
            throw new OversizedEvents(maxBytes);
          }
          json = Arrays.copyOf(json, (int) Math.min(2L * length + 64, room));
        }
        int read = inflater.inflate(json, length, json.length - length);
        if (read == 0 && !inflater.finished() && length < json.length) {
          return null; // Cut short, or made with a dictionary.
        }
        length += read;
      }
      return inflater.getRemaining() == 0 ? Arrays.copyOf(json, length) : null;
    } catch (DataFormatException e) {
      return null;
    } finally {
      inflater.end();
    }
  }

  /** Whether nothing but the stream's own end is left, which takes no room. */
  private static boolean endsHere(Inflater inflater) throws DataFormatException {
    return inflater.inflate(new byte[1]) == 0 && inflater.finished();
  }

  /** The text in UTF-8, or null when half a surrogate pair is in it, which JSON would escape. */
  static byte @Nullable [] utf8(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] json = new byte[bytes.remaining()];
      bytes.get(json);
      return json;
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}

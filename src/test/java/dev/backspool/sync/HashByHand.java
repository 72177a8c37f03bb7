package dev.backspool.sync;

import dev.backspool.sync.Page.Row;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hashes of {@link KeyRange}, written down once more from its words. */
final class HashByHand {
  private HashByHand() {}

  static long key(Row row) {
    return md5(row.key().stream().map(String::valueOf).toList()).getInt() & 0xffffffffL;
  }

  static long row(Mapping mapping, Row row) {
    var texts = new ArrayList<@Nullable String>();
    for (int i = 0; i < row.key().size(); i++) {
      texts.add(text(mapping.key().get(i).type(), row.key().get(i)));
    }
    for (int i = 0; i < row.values().size(); i++) {
      texts.add(text(mapping.columns().get(i).type(), row.values().get(i)));
    }
    return md5(texts).getLong();
  }

  private static @Nullable String text(Column.Type type, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    return switch (type) {
      case BOOLEAN -> (boolean) value ? "t" : "f";
      case REAL, DOUBLE -> Long.toString(Math.round(((Number) value).doubleValue() * 1_000_000));
      case TIMESTAMP -> {
        var at = (Instant) value;
        yield Long.toString(at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000);
      }
      case TEXTS -> String.join("\u001e", ((List<?>) value).stream().map(String::valueOf).toList());
      case UUID, TEXT, WORD, INTEGER, BIGINT, JSON -> value.toString();
    };
  }

  private static ByteBuffer md5(List<? extends @Nullable String> texts) {
    var bytes = new ByteArrayOutputStream();
    for (String text : texts) {
      if (text == null) {
        bytes.write('-');
      } else {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes((utf8.length + ":").getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(utf8);
      }
    }
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(bytes.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

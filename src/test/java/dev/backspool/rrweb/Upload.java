package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Events on their way in and out, as tests write and read them. */
final class Upload {
  static final Limits LIMITS = new Limits(100_000, 2_000, 1 << 28);

  private Upload() {}

  static EventBlock strict(String json) throws EventsRefused {
    return strict(json.getBytes(UTF_8));
  }

  static EventBlock strict(byte[] json) throws EventsRefused {
    return EventReader.block(json, LIMITS, Manner.STRICT);
  }

  static EventBlock lenient(String json) throws EventsRefused {
    return EventReader.block(json.getBytes(UTF_8), LIMITS, Manner.LENIENT);
  }

  /** The lines of a block as text, read both ways. */
  static List<String> lines(EventBlock block) throws IOException {
    List<String> lines =
        new String(PayloadReader.lines(block.payload(), 1 << 28), UTF_8).lines().toList();
    List<String> streamed = new ArrayList<>();
    try (PayloadReader reader =
        new PayloadReader(new ByteArrayInputStream(block.payload()), 1 << 28)) {
      for (Slice line = reader.next(); line != null; line = reader.next()) {
        streamed.add(line.text());
      }
    }
    if (!lines.equals(streamed)) {
      throw new AssertionError("the two ways of reading a payload differ");
    }
    return lines;
  }

  static List<JsonNode> values(EventBlock block) throws IOException {
    return lines(block).stream().map(TreeOracle.MAPPER::readTree).toList();
  }

  /** What rrweb's {@code pack} makes of an event. */
  static String pack(JsonNode event) {
    ObjectNode marked = ((ObjectNode) event).deepCopy();
    marked.put("v", "v1");
    return deflate(TreeOracle.MAPPER.writeValueAsString(marked));
  }

  static String deflate(String text) {
    ByteArrayOutputStream zlib = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(zlib)) {
      deflater.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return zlib.toString(ISO_8859_1);
  }

  static String quoted(String text) {
    return TreeOracle.MAPPER.writeValueAsString(text);
  }
}

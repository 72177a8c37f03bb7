package dev.backspool.bench;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One upload as a recorder sends it while a page changes.
 *
 * @param body a JSON array of rrweb events, gzip
 * @param json the array's size in bytes
 * @param events the same as the server stores it
 */
@SuppressWarnings("ArrayRecordComponent") // Bytes on their way to a socket; never compared.
record Upload(byte[] body, int json, EventBlock events) {
  private static final List<String> SAMPLES = List.of("grid", "admin-short", "admin-long");
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final int WINDOW_LOG = 27;
  private static final int INCREMENTAL = 3;
  private static final double LEAST = 0.9;
  private static final double MOST = 1.2;
  private static final Limits LIMITS = new Limits(50_000, 1_000, 32 << 20);

  /**
   * Cuts the incremental events of the sample recordings into uploads.
   *
   * @param compressedBytes size of each when compressed for storage, nearly
   */
  static List<Upload> cut(int compressedBytes) throws IOException {
    var uploads = new ArrayList<Upload>();
    for (String sample : SAMPLES) {
      cut(sample, compressedBytes, uploads);
    }
    return uploads;
  }

  private static void cut(String sample, int compressedBytes, List<Upload> uploads)
      throws IOException {
    try (JsonParser events = open(sample)) {
      events.nextToken(); // the array's beginning
      String upload = "";
      while (events.nextToken() != JsonToken.END_ARRAY) {
        JsonNode event = JSON.readTree(events);
        if (event.path("type").asInt() != INCREMENTAL) {
          continue;
        }
        String longer = upload.isEmpty() ? event.toString() : upload + "," + event;
        if (compressed(longer) < compressedBytes * MOST) {
          upload = longer;
        }
        // An event that makes it too large begins the next one, or is left out if it is too large
        // alone.
        if (compressed(upload) >= compressedBytes * LEAST) {
          uploads.add(of("[" + upload + "]"));
          boolean left = !upload.equals(longer);
          upload =
              left && compressed(event.toString()) < compressedBytes * MOST ? event.toString() : "";
        }
      }
    }
  }

  private static int compressed(String text) {
    return Zstd.compress(text.getBytes(StandardCharsets.UTF_8)).length;
  }

  private static Upload of(String text) throws IOException {
    byte[] json = text.getBytes(StandardCharsets.UTF_8);
    var gzip = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(gzip)) {
      out.write(json);
    }
    try {
      return new Upload(
          gzip.toByteArray(), json.length, EventReader.block(json, LIMITS, Manner.STRICT));
    } catch (EventsRefused refused) {
      throw new IOException("a sample of this build is broken", refused);
    }
  }

  /** Does what a server has to do with the body: inflates, checks, compresses. */
  EventBlock read() throws IOException {
    try (var json = new GZIPInputStream(new ByteArrayInputStream(body), body.length)) {
      return EventReader.block(json.readAllBytes(), LIMITS, Manner.STRICT);
    } catch (EventsRefused refused) {
      throw new IOException("a sample of this build is broken", refused);
    }
  }

  private static JsonParser open(String sample) throws IOException {
    InputStream file = Upload.class.getResourceAsStream("/samples/" + sample + ".json.zst");
    if (file == null) {
      throw new IOException("this build carries no sample " + sample);
    }
    return JSON.createParser(new ZstdInputStreamNoFinalizer(file).setLongMax(WINDOW_LOG));
  }
}

package dev.backspool.bench;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
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
  private static final List<String> SAMPLES = List.of("grid", "admin-short");
  private static final int WINDOW_LOG = 27;
  private static final int INCREMENTAL = 3;
  private static final double MOST_OVER = 1.2;
  private static final Limits LIMITS = new Limits(50_000, 1_000, 32 << 20);

  /**
   * Cuts the incremental events of the sample recordings into uploads.
   *
   * @param compressedBytes size of each when compressed for storage, nearly
   */
  static List<Upload> cut(int compressedBytes) throws IOException {
    var uploads = new ArrayList<Upload>();
    for (String sample : SAMPLES) {
      String upload = "";
      for (JsonNode event : read(sample)) {
        if (event.path("type").asInt() != INCREMENTAL) {
          continue;
        }
        String longer = upload.isEmpty() ? event.toString() : upload + "," + event;
        int size = Zstd.compress(longer.getBytes(StandardCharsets.UTF_8)).length;
        if (size < compressedBytes) {
          upload = longer;
        } else if (size < compressedBytes * MOST_OVER) {
          uploads.add(of("[" + longer + "]"));
          upload = "";
        } // else: an event that alone is too large for an upload of this size is left out
      }
    }
    return uploads;
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

  private static JsonNode read(String sample) throws IOException {
    try (InputStream file = Upload.class.getResourceAsStream("/samples/" + sample + ".json.zst")) {
      if (file == null) {
        throw new IOException("this build carries no sample " + sample);
      }
      return JsonMapper.shared()
          .readTree(new ZstdInputStreamNoFinalizer(file).setLongMax(WINDOW_LOG));
    }
  }
}

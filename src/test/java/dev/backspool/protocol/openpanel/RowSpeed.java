package dev.backspool.protocol.openpanel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.enrich.Referrers;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.Places;
import java.time.Instant;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Measures, on one core, how fast the rows of batches are read, next to Jackson only passing the
 * same tokens. Run its {@code main}; nothing is asserted.
 */
final class RowSpeed {
  private static final int ROWS = 2_000;
  private static final int ROUNDS = 300;

  private RowSpeed() {}

  public static void main(String[] arguments) {
    byte[] batch = batch();
    var places = new Places(new Referrers());
    System.out.printf("%,d rows of %d bytes%n", ROWS, batch.length / ROWS);
    stage(
        "pass",
        () -> {
          try (JsonParser p = FlatProperties.JSON.createParser(batch)) {
            while (p.nextToken() != null) {
              // Only the way through counts.
            }
          }
        });
    stage("tree", () -> FlatProperties.JSON.readTree(batch));
    stage("read", () -> read(batch, places));
  }

  private static void read(byte[] batch, Places places) {
    var tracks = new TrackReader(places, Instant.parse("2026-06-08T12:00:00Z"), "payload.");
    int events = 0;
    try (JsonParser p = FlatProperties.JSON.createParser(batch)) {
      p.nextToken();
      while (p.nextToken() != JsonToken.END_ARRAY) {
        events += tracks.read(p) instanceof Draft.Track ? 1 : 0;
      }
    }
    if (events != ROWS) {
      throw new IllegalStateException(events + " events");
    }
  }

  private static void stage(String name, Runnable work) {
    double[] times = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      work.run();
      times[i] = (System.nanoTime() - start) / 1_000.0 / ROWS;
    }
    Arrays.sort(times, ROUNDS / 2, ROUNDS);
    System.out.printf("%-6s %6.2f us a row%n", name, times[ROUNDS / 2 + ROUNDS / 4]);
  }

  /** As the web SDK sends them: a page, a referrer, a time, some properties of the customer's. */
  private static byte[] batch() {
    var json = new StringBuilder("[");
    for (int i = 0; i < ROWS; i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"name\":\"product_viewed\",\"profileId\":\"user-")
          .append(i % 500)
          .append("\",\"groups\":[\"acme\"],\"properties\":{\"__path\":")
          .append("\"https://shop.example.com/products/")
          .append(i % 200)
          .append("?q=shoes\",")
          .append("\"__referrer\":\"https://www.google.com/\",\"__title\":\"Shoes & more\",")
          .append("\"__timestamp\":\"2026-06-08T11:")
          .append(10 + i % 50)
          .append(":00.000Z\",")
          .append("\"__deviceId\":\"device-")
          .append(i % 700)
          .append("\",\"__insertId\":\"")
          .append(i)
          .append("\",\"price\":")
          .append(i)
          .append(",\"currency\":\"EUR\",")
          .append("\"variant\":{\"size\":42,\"colour\":\"blue\"},\"sale\":true}}");
    }
    return json.append("]").toString().getBytes(UTF_8);
  }
}

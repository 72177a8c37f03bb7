package dev.backspool.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

/**
 * Events as a browser's SDK and a collector of devices would send them, in OpenPanel's contract.
 */
final class EventBodies {
  private static final String[] NAMES = {
    "screen_view", "screen_view", "click", "add_to_cart", "scroll"
  };
  private static final int PAGES = 200;

  private final SplittableRandom random;

  EventBodies(long seed) {
    random = new SplittableRandom(seed);
  }

  /**
   * A batch whose devices send some events each, of the last minutes.
   *
   * @param prefix begins the devices' names
   * @param mark as in {@link #batch(Instant, int, int, String, String)}
   */
  byte[] batch(int rows, int devices, String prefix, String mark) {
    return batch(Instant.now().minus(Duration.ofMinutes(10)), rows, devices, prefix, mark);
  }

  /**
   * A batch whose devices send some events each.
   *
   * @param from when the first event was; the others follow it
   * @param prefix begins the devices' names
   * @param mark goes into every row as {@code properties.mark}, with the row's number; and as the
   *     row's own id where it is not empty
   */
  byte[] batch(Instant from, int rows, int devices, String prefix, String mark) {
    var body = new StringBuilder(rows * 400).append("{\"events\":[");
    for (int i = 0; i < rows; i++) {
      if (i > 0) {
        body.append(',');
      }
      body.append("{\"type\":\"track\",\"payload\":");
      payload(body, prefix + random.nextInt(devices), from.plusMillis(i * 200L), mark, i);
      body.append('}');
    }
    return body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * One event of the sender's own address and browser, now.
   *
   * @param mark as in a batch; the row's number is 0
   */
  byte[] single(String mark) {
    var body = new StringBuilder(400).append("{\"type\":\"track\",\"payload\":");
    payload(body, "", Instant.EPOCH, mark, 0);
    return body.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  private void payload(StringBuilder body, String device, Instant at, String mark, int number) {
    int page = random.nextInt(PAGES);
    body.append("{\"name\":\"")
        .append(NAMES[random.nextInt(NAMES.length)])
        .append("\",\"properties\":{\"__path\":\"https://shop.example.com/products/")
        .append(page)
        .append("?color=blue\",\"__title\":\"Product ")
        .append(page)
        .append(" - Shop\",\"__referrer\":\"https://www.google.com/\",\"price\":")
        .append(random.nextInt(10_000))
        .append(",\"variant\":\"size-")
        .append(random.nextInt(5))
        .append("\",\"inStock\":true");
    if (!device.isEmpty()) {
      body.append(",\"__deviceId\":\"")
          .append(device)
          .append("\",\"__timestamp\":\"")
          .append(at)
          .append('"');
    }
    if (!mark.isEmpty()) {
      String row = mark + "-" + number;
      body.append(",\"mark\":\"")
          .append(row)
          .append("\",\"__insertId\":\"")
          .append(row)
          .append('"');
    }
    body.append("}}");
  }
}

package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Measures, on one core, how fast uploads are read, stage by stage, next to Jackson only passing
 * the same tokens. Run its {@code main}; nothing is asserted.
 */
final class ReadingSpeed {
  private static final Limits LIMITS = new Limits(1_000_000, 2_000, 1 << 28);
  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(2_000)
                  .maxStringLength(1 << 28)
                  .build())
          .build();

  private ReadingSpeed() {}

  public static void main(String[] names) throws Exception {
    byte[] grid = Recordings.sample("grid");
    for (String name : names.length == 0 ? new String[] {"grid", "admin-long"} : names) {
      measure(name, Recordings.sample(name));
    }
    measure("a chunk of increments", increments(grid));
  }

  /** Events of a live page without its snapshot: some 10 kB when compressed. */
  private static byte[] increments(byte[] recording) throws Exception {
    byte[] lines =
        PayloadReader.lines(EventReader.block(recording, LIMITS, Manner.STRICT).payload(), 1 << 28);
    String[] all = new String(lines, UTF_8).split("\n");
    String chunk = String.join(",", Arrays.copyOfRange(all, 40, 600));
    return ("[" + chunk + "]").getBytes(UTF_8);
  }

  private static void measure(String name, byte[] json) throws Exception {
    JsonScanner scanner = new JsonScanner(2_000);
    byte[] payload = EventReader.block(json, LIMITS, Manner.STRICT).payload();
    byte[] lines = PayloadReader.lines(payload, 1 << 28);
    System.out.printf("%s: %,d bytes, compressed %,d%n", name, json.length, payload.length);
    stage(
        json,
        "validate",
        () -> {
          scanner.reset(json, json.length);
          if (scanner.value(0, 0) != json.length) {
            throw new IllegalStateException();
          }
        });
    stage(
        json,
        "validate, extract, copy",
        () -> {
          EventReader reader = new EventReader(LIMITS, Manner.STRICT, "events");
          reader.read(json, 0, json.length);
        });
    stage(json, "whole block", () -> EventReader.block(json, LIMITS, Manner.STRICT));
    stage(json, "zstd alone", () -> PayloadWriter.frame(lines, lines.length));
    stage(json, "its payload read back", () -> PayloadReader.lines(payload, lines.length));
    stage(
        json,
        "Jackson, tokens only",
        () -> {
          try (JsonParser parser = JACKSON.createParser(ObjectReadContext.empty(), json)) {
            while (parser.nextToken() != null) {}
          }
        });
  }

  private interface Stage {
    void run() throws Exception;
  }

  private static void stage(byte[] json, String name, Stage stage) throws Exception {
    long warmUntil = System.nanoTime() + 2_000_000_000L;
    while (System.nanoTime() < warmUntil) {
      stage.run();
    }
    int rounds = 0;
    long started = System.nanoTime();
    long spent;
    do {
      stage.run();
      rounds++;
      spent = System.nanoTime() - started;
    } while (spent < 2_000_000_000L);
    System.out.printf("  %-28s %,7.0f MB/s%n", name, json.length * (double) rounds / spent * 1_000);
  }
}

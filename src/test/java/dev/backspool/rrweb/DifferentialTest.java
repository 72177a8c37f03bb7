package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.rrweb.TreeOracle.Facts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * The reader against Jackson's tree on random bytes: both must take and refuse the same, and tell
 * the same of what they take. Give {@code -Dbackspool.seed=N} to repeat a failure.
 */
class DifferentialTest {
  private static final int MUTANTS = 30_000;
  private static final byte[] TELLING =
      "{}[],:\"\\ \n\t\r0123456789+-.eEtrufalsn/bx\0\u0001".getBytes(UTF_8);

  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\"",
    "\\",
    "0",
    "-0",
    "1.5e+3",
    "12",
    "1e999",
    "true",
    "false",
    "null",
    "\"type\":",
    "\"timestamp\":",
    "\"data\":{",
    "\"source\":",
    "\"\\u0074ype\":",
    "4",
    "2",
    "3",
    "5",
    "\"a\"",
    "\"\\ud83d\\ude00\"",
    "\"é𝄞\"",
    "\"payload\":{\"level\":\"error\"}",
    "\"href\":\"h\\u0000\"",
    "[{\"type\":3,\"timestamp\":1},",
    "{\"type\":4,\"timestamp\":1795229083186}"
  };

  private final long seed = Long.getLong("backspool.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  @Test
  void agrees_with_the_tree_on_mutated_recordings() throws Exception {
    List<byte[]> originals = new ArrayList<>();
    for (Path file : Recordings.suite()) {
      originals.add(Files.readAllBytes(file));
    }
    int taken = 0;
    for (int i = 0; i < MUTANTS; i++) {
      taken += agree(mutant(originals.get(random.nextInt(originals.size())))) ? 1 : 0;
    }
    assertThat(taken).as("seed %d", seed).isBetween(MUTANTS / 20, MUTANTS * 19 / 20);
  }

  @Test
  void agrees_with_the_tree_on_random_pieces() throws Exception {
    for (int i = 0; i < MUTANTS; i++) {
      StringBuilder text = new StringBuilder("[");
      for (int n = random.nextInt(12); n > 0; n--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      agree(text.append(']').toString().getBytes(UTF_8));
    }
  }

  @Test
  void agrees_on_every_sequence_of_two_bytes_in_a_string() throws Exception {
    for (int first = 0; first < 256; first++) {
      for (int second = 0; second < 256; second++) {
        agree(new byte[] {'[', '"', (byte) first, (byte) second, '"', ']'});
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5})
  void agrees_on_longer_characters_wherever_they_stand(int lead) throws Exception {
    int[] edges = {0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (int second : edges) {
      for (int third : edges) {
        for (int fourth : edges) {
          for (int before = 0; before < 9; before++) {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            text.write('[');
            text.write('"');
            text.write("aaaaaaaa".getBytes(UTF_8), 0, Math.min(before, 8));
            text.writeBytes(
                new byte[] {(byte) lead, (byte) second, (byte) third, (byte) fourth, '"', ']'});
            agree(text.toByteArray());
          }
        }
      }
    }
  }

  private byte[] mutant(byte[] original) {
    byte[] mutant = original.clone();
    for (int n = random.nextInt(3); n >= 0; n--) {
      int at = random.nextInt(mutant.length);
      byte telling = TELLING[random.nextInt(TELLING.length)];
      mutant =
          switch (random.nextInt(7)) {
            case 0 -> with(mutant, at, (byte) random.nextInt(256));
            case 1, 2 -> with(mutant, at, telling);
            case 3 -> spliced(mutant, at, at, new byte[] {telling});
            case 4 ->
                spliced(mutant, at, Math.min(at + random.nextInt(4), mutant.length), new byte[0]);
            case 5 -> spliced(mutant, at, at, Arrays.copyOfRange(mutant, at / 2, at));
            default ->
                random.nextInt(4) == 0 ? Arrays.copyOf(mutant, at + 1) : digitChanged(mutant, at);
          };
    }
    return mutant;
  }

  private byte[] digitChanged(byte[] bytes, int at) {
    for (int p = at; p < bytes.length; p++) {
      if (bytes[p] >= '0' && bytes[p] <= '9') {
        return with(bytes, p, (byte) ('0' + random.nextInt(10)));
      }
    }
    return bytes;
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    bytes[at] = value;
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] between) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.write(bytes, 0, from);
    joined.writeBytes(between);
    joined.write(bytes, to, bytes.length - to);
    return joined.toByteArray();
  }

  /** Whether both took the bytes; fails when one did and the other did not. */
  private boolean agree(byte[] json) throws IOException {
    String about = "seed " + seed + ": " + new String(json, UTF_8);
    Optional<List<JsonNode>> tree =
        TreeOracle.parse(json).filter(JsonNode::isArray).map(TreeOracle::elements);
    Optional<EventBlock> lenient = read(json, Manner.LENIENT);
    Optional<EventBlock> strict = read(json, Manner.STRICT);
    assertThat(lenient.isPresent()).as(about).isEqualTo(tree.isPresent());
    boolean events = tree.isPresent() && tree.get().stream().allMatch(TreeOracle::isEvent);
    assertThat(strict.isPresent()).as(about).isEqualTo(events);
    if (lenient.isPresent() && tree.isPresent()) {
      assertThat(Upload.values(lenient.get())).as(about).isEqualTo(tree.get());
      assertThat(Facts.of(lenient.get())).as(about).isEqualTo(TreeOracle.facts(tree.get()));
    }
    return tree.isPresent();
  }

  private static Optional<EventBlock> read(byte[] json, Manner manner) {
    EventReader reader = new EventReader(Upload.LIMITS, manner, "events");
    try {
      reader.readArray(json, 0, json.length);
      return Optional.of(reader.finish());
    } catch (EventsRefused refused) {
      assertThat(refused).isInstanceOf(MalformedEvents.class);
      return Optional.empty();
    }
  }
}

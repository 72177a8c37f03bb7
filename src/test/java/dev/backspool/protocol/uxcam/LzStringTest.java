package dev.backspool.protocol.uxcam;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LzStringTest {
  private static final int MAX = 2_000_000;
  private static final Map<String, LzForm> TEXT_FORMS =
      Map.of(
          "raw", LzForm.RAW,
          "utf16", LzForm.UTF16,
          "base64", LzForm.BASE64,
          "uri", LzForm.URI_COMPONENT);

  /** What lz-string 1.5.0 made of a text; {@code generate.mjs} beside the file writes it. */
  record Vector(String name, String text, Map<String, String> compressed, String hex) {
    byte[] bytes() {
      return HexFormat.of().parseHex(hex);
    }

    boolean isJson() {
      return text.strip().startsWith("[") || text.strip().startsWith("{");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Vector> vectors() throws IOException {
    List<Vector> vectors = new ArrayList<>();
    try (InputStream golden =
        Objects.requireNonNull(LzStringTest.class.getResourceAsStream("/lzstring/golden.json"))) {
      for (JsonNode node : JsonMapper.shared().readTree(golden)) {
        String text =
            node.has("text")
                ? node.get("text").stringValue()
                : node.get("repeat").stringValue().repeat(node.get("times").intValue());
        Map<String, String> compressed = new TreeMap<>();
        TEXT_FORMS.keySet().forEach(form -> compressed.put(form, node.get(form).stringValue()));
        String bytes = node.get("bytes").stringValue();
        vectors.add(new Vector(node.get("name").stringValue(), text, compressed, bytes));
      }
    }
    return vectors;
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void decompresses_what_lz_string_compressed(Vector vector) throws Exception {
    for (Map.Entry<String, String> form : vector.compressed().entrySet()) {
      LzForm lzForm = Objects.requireNonNull(TEXT_FORMS.get(form.getKey()));
      assertThat(LzString.text(lzForm, form.getValue(), MAX))
          .as(form.getKey())
          .isEqualTo(vector.text());
    }
    assertThat(LzString.text(vector.bytes(), MAX)).isEqualTo(vector.text());
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void finds_the_form_of_json_and_of_nothing_else(Vector vector) throws Exception {
    boolean encodable = UTF_8.newEncoder().canEncode(vector.text());
    for (Map.Entry<String, String> form : vector.compressed().entrySet()) {
      String compressed = form.getValue();
      if (vector.isJson() && encodable) {
        assertThat(LzString.json(compressed, MAX))
            .as(form.getKey())
            .isEqualTo(vector.text().getBytes(UTF_8));
      } else {
        assertThatThrownBy(() -> LzString.json(compressed, MAX))
            .as(form.getKey())
            .isInstanceOf(CorruptLzString.class);
      }
    }
  }

  @Test
  void takes_a_space_for_the_plus_that_a_query_string_lost() throws Exception {
    Vector vector = vector("input");
    String uri = Objects.requireNonNull(vector.compressed().get("uri"));
    assertThat(uri).contains("+");
    assertThat(LzString.json(uri.replace('+', ' '), MAX)).isEqualTo(vector.text().getBytes(UTF_8));
  }

  @Test
  void agrees_with_the_published_examples() throws Exception {
    assertThat(LzString.text(LzForm.BASE64, "IZA=", 9)).isEqualTo("a");
    assertThat(LzString.text(new byte[] {0x21, (byte) 0x90}, 9)).isEqualTo("a");
    assertThat(LzString.text(LzForm.BASE64, "BIUwNmD2AEDukCcwBMg=", 99)).isEqualTo("Hello world");
    assertThat(LzString.text(LzForm.BASE64, "Q===", 9)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void refuses_every_truncation(Vector vector) {
    for (Map.Entry<String, String> form : vector.compressed().entrySet()) {
      LzForm lzForm = Objects.requireNonNull(TEXT_FORMS.get(form.getKey()));
      // The last symbols may be padding alone, and UTF-16 adds a space.
      String whole = form.getValue().replaceAll("[= ]+$", "");
      int step = 1 + whole.length() / 200;
      for (int length = whole.length() - 2; length >= 0; length -= step) {
        String cut = whole.substring(0, length);
        assertThatThrownBy(() -> LzString.text(lzForm, cut, MAX))
            .as("%s cut to %d", form.getKey(), length)
            .isInstanceOf(CorruptLzString.class);
      }
    }
    assertThatThrownBy(
            () -> LzString.text(Arrays.copyOf(vector.bytes(), vector.bytes().length - 1), MAX))
        .isInstanceOf(CorruptLzString.class);
  }

  @Test
  void refuses_more_behind_the_end_and_foreign_characters() throws Exception {
    Vector vector = vector("hover");
    vector
        .compressed()
        .forEach((name, compressed) -> {
          LzForm form = Objects.requireNonNull(TEXT_FORMS.get(name));
          String body = compressed.replaceAll("[= ]+$", "");
          assertThatThrownBy(() -> LzString.text(form, body + body, MAX))
              .isInstanceOf(CorruptLzString.class);
          if (form != LzForm.RAW) {
            String foreign = body.substring(0, 20) + '\u001f' + body.substring(21);
            assertThatThrownBy(() -> LzString.text(form, foreign, MAX))
                .isInstanceOf(CorruptLzString.class);
          }
        });
    assertThatThrownBy(() -> LzString.json("", MAX)).isInstanceOf(CorruptLzString.class);
    assertThatThrownBy(() -> LzString.json("N", MAX)).isInstanceOf(CorruptLzString.class);
  }

  @Test
  void ends_in_bounds_whatever_bit_is_flipped() throws Exception {
    long seed = Long.getLong("backspool.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = vector("iframe in a shadow").bytes();
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] flipped = bytes.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat(LzString.text(flipped, 100_000)).as("seed %d", seed).hasSizeLessThan(100_001);
      } catch (CorruptLzString | OversizedLzString expected) {
        refused++;
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  @Test
  void ends_in_bounds_on_random_bytes() {
    long seed = Long.getLong("backspool.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[2 * random.nextInt(200)];
      random.nextBytes(bytes);
      try {
        assertThat(LzString.text(bytes, 10_000)).as("seed %d", seed).hasSizeLessThan(10_001);
      } catch (CorruptLzString | OversizedLzString expected) {
        assertThat(expected).hasMessageNotContaining("index");
      }
    }
  }

  @Test
  void stops_a_bomb_at_the_limit() throws Exception {
    String bomb = Objects.requireNonNull(vector("a million equal").compressed().get("base64"));
    assertThat(bomb.length()).isLessThan(4_000);
    assertThat(LzString.text(LzForm.BASE64, bomb, 1_000_000)).hasSize(1_000_000);
    assertThatThrownBy(() -> LzString.text(LzForm.BASE64, bomb, 999_999))
        .isInstanceOf(OversizedLzString.class);
    assertThatThrownBy(() -> LzString.text(LzForm.BASE64, bomb, 0))
        .isInstanceOf(OversizedLzString.class);
  }

  private static Vector vector(String name) throws IOException {
    return vectors().stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
  }
}

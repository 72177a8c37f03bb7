package dev.backspool.rrweb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitterTest {
  private static final int BLOCK_BYTES = 512 * 1024;

  private static List<EventBlock> split(InputStream source) throws IOException, EventsRefused {
    List<EventBlock> blocks = new ArrayList<>();
    try (Splitter splitter = new Splitter(source, Upload.LIMITS, Manner.STRICT)) {
      for (EventBlock block = splitter.next(); block != null; block = splitter.next()) {
        blocks.add(block);
      }
    }
    return blocks;
  }

  private static List<EventBlock> split(String json) throws IOException, EventsRefused {
    return split(new ByteArrayInputStream(json.getBytes(UTF_8)));
  }

  private static List<String> lines(List<EventBlock> blocks) throws IOException {
    List<String> lines = new ArrayList<>();
    for (EventBlock block : blocks) {
      lines.addAll(Upload.lines(block));
    }
    return lines;
  }

  @ParameterizedTest
  @ValueSource(strings = {"swagger", "grid", "admin-short"})
  void cuts_a_recording_into_blocks_that_are_all_of_it(String sample) throws Exception {
    byte[] json = Recordings.sample(sample);
    EventBlock whole = Upload.strict(json);
    List<String> expected = Upload.lines(whole);

    List<EventBlock> blocks = split(new ByteArrayInputStream(json));

    assertThat(lines(blocks)).isEqualTo(expected);
    assertThat(lines(split(String.join("\n", expected)))).isEqualTo(expected);
    assertThat(blocks.stream().flatMap(b -> b.checkpoints().stream()))
        .hasSize(whole.checkpoints().size())
        .allMatch(c -> c.withMeta() && c.ordinal() == 0);
    assertThat(blocks)
        .allSatisfy(block -> {
          TimeRange times = Objects.requireNonNull(block.times());
          assertThat(times.last() - times.first()).isLessThanOrEqualTo(5_000);
          assertThat(block.rawBytes() <= BLOCK_BYTES || block.eventCount() <= 2).isTrue();
        });
  }

  @Test
  void reads_on_when_the_source_gives_one_byte_at_a_time() throws Exception {
    byte[] json = Recordings.sample("grid");
    InputStream trickle =
        new FilterInputStream(new ByteArrayInputStream(json)) {
          @Override
          public int read(byte[] target, int from, int length) throws IOException {
            return super.read(target, from, Math.min(length, 1));
          }
        };
    assertThat(lines(split(trickle))).isEqualTo(Upload.lines(Upload.strict(json)));
  }

  @Test
  void cuts_by_time_size_and_checkpoint() throws Exception {
    assertThat(counts(event(3, 0), event(3, 5_000), event(3, 5_001))).containsExactly(2, 1);
    assertThat(counts(event(3, 9_000), event(3, 5_000), event(3, 3_999))).containsExactly(2, 1);
    assertThat(counts(event(3, 0), event(4, 0), event(2, 0), event(2, 0), event(3, 0)))
        .containsExactly(1, 2, 2);
    String large = "{\"type\":3,\"timestamp\":0,\"x\":\"" + "x".repeat(BLOCK_BYTES) + "\"}";
    assertThat(counts(event(3, 0), large, event(3, 0))).containsExactly(1, 1, 1);
    String half = "{\"type\":3,\"timestamp\":0,\"x\":\"" + "x".repeat(BLOCK_BYTES / 3) + "\"}";
    assertThat(counts(half, half, half, half)).containsExactly(2, 2);
  }

  private static String event(int type, long time) {
    return "{\"type\":" + type + ",\"timestamp\":" + time + "}";
  }

  private static List<Integer> counts(String... events) throws IOException, EventsRefused {
    return split("[" + String.join(" ,\n", events) + "]").stream()
        .map(EventBlock::eventCount)
        .toList();
  }

  @Test
  void gives_nothing_for_nothing() throws Exception {
    for (String empty : List.of("", " \n", "[]", " [ ] ")) {
      assertThat(split(empty)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"type\":3,\"timestamp\":1}",
        "[{\"type\":3,\"timestamp\":1},",
        "[{\"type\":3,\"timestamp\":1},]",
        "[{\"type\":3,\"timestamp\":1}] x",
        "[{\"type\":3,\"timestamp\":1}{\"type\":3,\"timestamp\":1}]",
        "{\"type\":3,\"timestamp\":1} {\"type\":3,\"timestamp\":1}",
        "{\"type\":3,\"timestamp\":1}\n{\"type\":3,\"timestamp\":",
        "{\"type\":3,\"timestamp\":1}\n7",
        "[",
      })
  void refuses_a_stream_that_is_cut_or_wrong(String json) {
    assertThatThrownBy(() -> split(json)).isInstanceOf(MalformedEvents.class);
  }

  @Test
  void tells_the_place_in_the_stream_and_gives_the_blocks_before() throws Exception {
    String good = "{\"type\":3,\"timestamp\":1,\"x\":\"" + "x".repeat(300_000) + "\"}\n";
    String json = good.repeat(4) + "{\"type\":3}";
    try (Splitter splitter =
        new Splitter(
            new ByteArrayInputStream(json.getBytes(UTF_8)), Upload.LIMITS, Manner.STRICT)) {
      for (int i = 0; i < 3; i++) {
        assertThat(splitter.next()).isNotNull();
      }
      assertThatThrownBy(splitter::next)
          .isInstanceOfSatisfying(
              MalformedEvents.class,
              refused -> {
                assertThat(refused.field()).isEqualTo("events[4].timestamp");
                assertThat(refused.offset()).isEqualTo(4L * good.length());
              });
    }
  }

  @Test
  void refuses_an_element_larger_than_allowed_without_reading_all_of_it() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return '9';
          }

          @Override
          public int read(byte[] target, int from, int length) {
            Arrays.fill(target, from, from + length, (byte) '9');
            return length;
          }
        };
    Splitter splitter = new Splitter(endless, new Limits(10, 10, 1 << 20), Manner.LENIENT);
    assertThatThrownBy(splitter::next).isInstanceOf(OversizedEvents.class);
  }
}

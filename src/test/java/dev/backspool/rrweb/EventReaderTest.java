package dev.backspool.rrweb;

import static dev.backspool.rrweb.Upload.LIMITS;
import static dev.backspool.rrweb.Upload.lenient;
import static dev.backspool.rrweb.Upload.lines;
import static dev.backspool.rrweb.Upload.quoted;
import static dev.backspool.rrweb.Upload.strict;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.rrweb.TreeOracle.Facts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class EventReaderTest {
  private static final String EVENT = "{\"type\":3,\"data\":{},\"timestamp\":5}";

  static Stream<String> recordings() {
    return Stream.concat(
        Recordings.SHORT_SAMPLES.stream(), Recordings.suite().stream().map(Path::toString));
  }

  private static byte[] bytes(String recording) throws IOException {
    return recording.endsWith(".json")
        ? Files.readAllBytes(Path.of(recording))
        : Recordings.sample(recording);
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void gives_back_every_recording_and_tells_what_is_in_it(String recording) throws Exception {
    byte[] json = bytes(recording);
    List<JsonNode> events = TreeOracle.elements(TreeOracle.MAPPER.readTree(json));

    EventBlock block = strict(json);

    assertThat(Upload.values(block)).isEqualTo(events);
    assertThat(Facts.of(block)).isEqualTo(TreeOracle.facts(events));
    assertThat(block.rawBytes())
        .isEqualTo(lines(block).stream().mapToLong(l -> l.getBytes(UTF_8).length + 1).sum());
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void takes_packed_and_mixed_forms_for_the_same_events(String recording) throws Exception {
    List<JsonNode> events = TreeOracle.elements(TreeOracle.MAPPER.readTree(bytes(recording)));
    List<String> packed = new ArrayList<>();
    List<String> mixed = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      String plain = events.get(i).toString();
      packed.add(quoted(Upload.pack(events.get(i))));
      mixed.add(i % 3 == 0 ? plain : i % 3 == 1 ? packed.getLast() : quoted(plain));
    }
    for (List<String> form : List.of(packed, mixed)) {
      EventBlock array = strict("[" + String.join(",", form) + "]");
      assertThat(Upload.values(array)).isEqualTo(events);
      assertThat(Facts.of(array)).isEqualTo(TreeOracle.facts(events));
      assertThat(Upload.values(strict(String.join("\n", form)))).isEqualTo(events);
      assertThat(Upload.values(lenient("[" + String.join(",", form) + "]"))).isEqualTo(events);
    }
  }

  @Test
  void gives_back_the_long_recording() throws Exception {
    byte[] json = Recordings.sample("admin-long");
    EventBlock block = strict(json);
    assertThat(block.eventCount()).isEqualTo(4_055);
    assertThat(block.checkpoints()).hasSize(83).allMatch(Checkpoint::withMeta);
    assertThat(block.pages()).hasSize(83);
    assertThat(block.counts().clicks()).isEqualTo(152);
    // One byte between the elements and two brackets, against one line end each.
    assertThat(block.rawBytes()).isEqualTo(json.length - 1);
  }

  @Test
  void keeps_an_event_as_it_was_spelled() throws Exception {
    String odd =
        "{ \"timestamp\" : 1.50e3,\"type\":99, \"x\":\"\\u00e9\\/\\ud800é𝄞\",\"_sid\":[1E-2,-0,{}]}";
    assertThat(lines(strict("[" + odd + "]"))).containsExactly(odd);
  }

  @Test
  void joins_an_event_that_spans_lines() throws Exception {
    EventBlock block = strict("[\r\n{\n\"type\":3,\r\n\t\"timestamp\":5}\n,\n" + EVENT + "]\n");
    assertThat(lines(block)).containsExactly("{ \"type\":3,  \t\"timestamp\":5}", EVENT);
  }

  @Test
  void takes_lines_with_empty_ones_between_and_no_end() throws Exception {
    assertThat(lines(strict("\n" + EVENT + "\r\n\n  " + EVENT))).containsExactly(EVENT, EVENT);
    assertThat(strict("").eventCount()).isZero();
    assertThat(strict("[ ]").eventCount()).isZero();
    assertThat(lines(strict("[]"))).isEmpty();
  }

  @Test
  void reads_elements_one_by_one_into_one_block() throws Exception {
    EventReader reader = new EventReader(LIMITS, Manner.STRICT, "events");
    byte[] event = ("xx" + EVENT + "yy").getBytes(UTF_8);
    reader.readElement(event, 2, event.length - 2);
    reader.readElement(event, 2, event.length - 2);
    assertThat(lines(reader.finish())).containsExactly(EVENT, EVENT);
    assertThatThrownBy(reader::finish).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void reads_the_object_around_the_events_in_the_same_pass() throws Exception {
    byte[] body =
        ("{\"id\" : \"a\\u0062\", \"snapshots\":[1], \"n\":{\"snapshots\":[]}, \"snapshots\":["
                + EVENT
                + "]}")
            .getBytes(UTF_8);
    EventReader reader = new EventReader(LIMITS, Manner.LENIENT, "snapshots");
    Envelope envelope = reader.readObject(body, 0, body.length);
    assertThat(envelope.eventsRead()).isTrue();
    assertThat(envelope.members().keySet()).containsExactly("id", "n");
    assertThat(text(envelope, "id")).isEqualTo("\"a\\u0062\"");
    assertThat(lines(reader.finish())).containsExactly(EVENT);
  }

  @Test
  void hands_out_a_member_that_should_be_events_and_is_none() throws Exception {
    byte[] body = "{\"events\":[],\"events\":\"N4Ig\"}".getBytes(UTF_8);
    EventReader reader = new EventReader(LIMITS, Manner.STRICT, "events");
    Envelope envelope = reader.readObject(body, 0, body.length);
    assertThat(envelope.eventsRead()).isFalse();
    assertThat(text(envelope, "events")).isEqualTo("\"N4Ig\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{\"type\":3,\"timestamp\":1},7]                    | events[1]           | 26",
        "[{\"type\":3.5,\"timestamp\":1}]                    | events[0].type      | 9",
        "[{\"type\":\"3\",\"timestamp\":1}]                  | events[0].type      | 9",
        "[{\"timestamp\":1}]                                 | events[0].type      | 1",
        "[{\"type\":3,\"type\":null,\"timestamp\":1}]        | events[0].type      | 18",
        "[{\"type\":3}]                                      | events[0].timestamp | 1",
        "[{\"type\":3,\"timestamp\":1e999}]                  | events[0].timestamp | 23",
        "[{\"type\":3,\"timestamp\":\"2026-01-01\"}]         | events[0].timestamp | 23",
        "[{\"type\":3,\"timestamp\":1},{\"type\":3,}]        | events[1]           | 36",
        "[{\"type\":3,\"timestamp\":1}                       | events              | 25",
        "[{\"type\":3,\"timestamp\":1}]]                     | events              | 26",
        "[{\"type\":3,\"timestamp\":1},]                     | events[1]           | 26",
        "[\"nothing\"]                                       | events[0]           | 1",
        "[\"{}\"]                                            | events[0].type      | 1",
        "[\"x\\u009c\"]                                      | events[0]           | 1",
        "{\"type\":3,\"timestamp\":1} {}                     | events              | 25",
      })
  void names_what_is_wrong_and_where(String json, String field, long offset) {
    assertThatThrownBy(() -> strict(json.strip()))
        .isInstanceOfSatisfying(
            MalformedEvents.class,
            refused -> {
              assertThat(refused.field()).isEqualTo(field);
              assertThat(refused.offset()).isEqualTo(offset);
            });
  }

  @Test
  void refuses_packed_events_without_the_mark_or_with_more_behind() {
    for (String packed :
        List.of(
            Upload.deflate(EVENT),
            Upload.deflate(EVENT.replace("}", ",\"v\":\"v2\"}")),
            Upload.deflate("{\"v\":\"v1\",\"type\":3,\"timestamp\":1} 1"),
            Upload.deflate("{\"v\":\"v1\",\"type\":3,\"timestamp\":1}") + "x")) {
      assertThatThrownBy(() -> strict("[" + quoted(packed) + "]"))
          .isInstanceOf(MalformedEvents.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"v\":\"v1\",\"type\":3,\"timestamp\":5}",
        "{\"type\":3, \"v\" : \"v1\" ,\"timestamp\":5}",
        "{\"type\":3,\"timestamp\":5,\"\\u0076\":\"v\\u0031\"}",
      })
  void drops_the_packers_mark_wherever_it_is(String marked) throws Exception {
    JsonNode event = Upload.values(strict("[" + quoted(Upload.deflate(marked)) + "]")).getFirst();
    assertThat(event).isEqualTo(TreeOracle.MAPPER.readTree("{\"type\":3,\"timestamp\":5}"));
  }

  @Test
  void keeps_a_v_that_is_the_events_own() throws Exception {
    String own = "{\"type\":3,\"timestamp\":5,\"v\":\"v1\"}";
    assertThat(lines(strict("[" + own + "]"))).containsExactly(own);
  }

  @Test
  void keeps_any_value_when_lenient() throws Exception {
    String json = "[1,null,\"text\",[{\"type\":2}],{\"type\":2},{\"timestamp\":7.9},\"x\\u009c\"]";
    EventBlock block = lenient(json);
    assertThat(Upload.values(block))
        .isEqualTo(TreeOracle.elements(TreeOracle.MAPPER.readTree(json)));
    assertThat(block.times()).isEqualTo(new TimeRange(7, 7));
    assertThat(block.hasFullSnapshot()).isFalse();
    assertThat(lenient("[1]").times()).isNull();
  }

  @Test
  void is_not_fooled_by_escaped_and_repeated_names() throws Exception {
    EventBlock block =
        strict(
            "[{\"t\\u0079pe\":3,\"\\u0074ype\":4,\"data\":{\"href\":\"a\"},\"data\":"
                + "{\"\\u0068ref\":\"b\\u0000c\\ud800\",\"width\":1,\"height\":2},\"timestamp\":1,"
                + "\"timestamp\":2}]");
    assertThat(block.pages()).containsExactly(new Page(2, "bc\ufffd"));
    assertThat(block.viewport()).isEqualTo(new Viewport(1, 2));
    assertThat(lines(block).getFirst()).contains("b\\u0000c\\ud800");
    assertThat(
            strict("[{\"type\":3,\"timestamp\":1,\"data\":{\"source\":5},\"data\":{\"x\":1}}]")
                .counts()
                .inputs())
        .isZero();
  }

  @Test
  void counts_errors_of_the_console_and_of_custom_events() throws Exception {
    String console =
        "{\"type\":6,\"timestamp\":1,\"data\":{\"plugin\":\"rrweb\\/console@1\",\"payload\":%s}}";
    EventBlock block =
        strict(
            "["
                + String.join(
                    ",",
                    console.formatted("{\"level\":\"error\"}"),
                    console.formatted("{\"level\":\"warn\"}"),
                    console.formatted("{\"a\":{\"level\":\"error\"}}"),
                    console.formatted("\"error\""),
                    "{\"type\":5,\"timestamp\":2,\"data\":{\"tag\":\"error\",\"payload\":1}}",
                    "{\"type\":5,\"timestamp\":2,\"data\":{\"tag\":\"erro\"}}")
                + "]");
    assertThat(block.counts().errors()).isEqualTo(2);
    assertThat(block.marks())
        .containsExactly(new Mark(1, Mark.Kind.ERROR), new Mark(2, Mark.Kind.ERROR));
  }

  @Test
  void notes_checkpoints_within_and_across_blocks() throws Exception {
    String meta = "{\"type\":4,\"data\":{},\"timestamp\":10}";
    String full = "{\"type\":2,\"data\":{},\"timestamp\":20}";
    EventBlock block = strict("[" + String.join(",", full, meta, full, full, meta) + "]");
    assertThat(block.checkpoints())
        .containsExactly(
            new Checkpoint(0, 20, false),
            new Checkpoint(1, 10, true),
            new Checkpoint(3, 20, false));
    assertThat(block.beginsWithFullSnapshot()).isTrue();
    assertThat(block.endsWithMeta()).isTrue();
    assertThat(strict("[" + meta + "," + full + "]").beginsWithFullSnapshot()).isFalse();
  }

  @Test
  void holds_absurd_times_within_the_range_of_dates() throws Exception {
    EventBlock block =
        strict("[{\"type\":3,\"timestamp\":-1e300},{\"type\":3,\"timestamp\":1e300}]");
    assertThat(block.times())
        .isEqualTo(new TimeRange(-8_640_000_000_000_000L, 8_640_000_000_000_000L));
  }

  @Test
  void refuses_more_events_deeper_events_and_larger_events_than_allowed() throws Exception {
    Limits limits = new Limits(2, 3, 100);
    assertThatThrownBy(() -> read("[" + EVENT + "," + EVENT + "," + EVENT + "]", limits))
        .isInstanceOf(TooManyEvents.class);
    String deep = "{\"type\":3,\"timestamp\":1,\"data\":{\"x\":%s}}";
    assertThat(read("[" + deep.formatted("[]") + "]", limits).eventCount()).isOne();
    for (String tooDeep : List.of("[[]]", "{\"y\":{}}")) {
      assertThatThrownBy(() -> read("[" + deep.formatted(tooDeep) + "]", limits))
          .isInstanceOf(MalformedEvents.class)
          .hasMessageContaining("nested deeper than 3");
    }
    String large = deep.formatted(quoted("x".repeat(100)));
    assertThatThrownBy(() -> read("[" + large + "]", limits)).isInstanceOf(OversizedEvents.class);
  }

  @Test
  void stops_inflating_at_the_limit() {
    String bomb = Upload.deflate("{\"v\":\"v1\",\"x\":\"" + "a".repeat(20_000_000) + "\"}");
    for (Manner manner : Manner.values()) {
      assertThatThrownBy(() ->
              EventReader.block(
                  ("[" + quoted(bomb) + "]").getBytes(UTF_8),
                  new Limits(10, 10, 1_000_000),
                  manner))
          .isInstanceOf(OversizedEvents.class);
    }
  }

  @Test
  void inflates_up_to_the_very_limit() throws Exception {
    String event = "{\"type\":3,\"timestamp\":1,\"v\":\"v1\",\"x\":\"" + "a".repeat(10_000) + "\"}";
    String json = "[" + quoted(Upload.deflate(event)) + "]";
    assertThat(read(json, new Limits(1, 9, event.length())).eventCount()).isOne();
    assertThatThrownBy(() -> read(json, new Limits(1, 9, event.length() - 1)))
        .isInstanceOf(OversizedEvents.class);
  }

  @Test
  void is_of_no_use_after_refusing() {
    EventReader reader = new EventReader(LIMITS, Manner.STRICT, "events");
    byte[] bad = "[1]".getBytes(UTF_8);
    assertThatThrownBy(() -> reader.read(bad, 0, bad.length)).isInstanceOf(MalformedEvents.class);
    assertThatThrownBy(reader::finish).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reader.read(bad, 0, bad.length))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void names_equal_uploads_equally_and_others_not() throws Exception {
    String hash = strict("[" + EVENT + "]").contentHash();
    assertThat(hash).hasSize(32).isEqualTo(strict(" " + EVENT + "\n").contentHash());
    assertThat(hash).isNotEqualTo(strict("[" + EVENT + "," + EVENT + "]").contentHash());
  }

  private static EventBlock read(String json, Limits limits) throws EventsRefused {
    return EventReader.block(json.getBytes(UTF_8), limits, Manner.STRICT);
  }

  private static String text(Envelope envelope, String member) {
    return Objects.requireNonNull(envelope.member(member)).text();
  }
}

package dev.backspool.rrweb;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The slow and plain way to the same answers: Jackson's tree, and a walk over it. */
final class TreeOracle {
  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(100_000)
                          .maxStringLength(1 << 28)
                          .maxNumberLength(1 << 20)
                          .build())
                  .build())
          .build();

  private TreeOracle() {}

  /** The document, or nothing when the bytes are not JSON in UTF-8. */
  static Optional<JsonNode> parse(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.isBlank()) {
        return Optional.empty();
      }
      return Optional.of(MAPPER.readTree(text));
    } catch (CharacterCodingException | JacksonException e) {
      return Optional.empty();
    }
  }

  static List<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  static boolean isEvent(JsonNode element) {
    return element.isObject() && integer(element.path("type")) != null && isTimed(element);
  }

  private static boolean isTimed(JsonNode element) {
    JsonNode time = element.path("timestamp");
    return element.isObject() && time.isNumber() && Double.isFinite(time.doubleValue());
  }

  private static @Nullable Integer integer(JsonNode node) {
    if (!node.isNumber()) {
      return null;
    }
    double number = node.doubleValue();
    return number == Math.rint(number) && Math.abs(number) <= Integer.MAX_VALUE
        ? (int) number
        : null;
  }

  private static boolean is(JsonNode node, int number) {
    Integer value = integer(node);
    return value != null && value == number;
  }

  private static boolean is(JsonNode node, String text) {
    return node.isString() && node.stringValue().equals(text);
  }

  private static long time(JsonNode event) {
    double time = event.path("timestamp").doubleValue();
    return (long) Math.floor(Math.max(-8.64e15, Math.min(8.64e15, time)));
  }

  /** What a block should say, its payload aside. */
  record Facts(
      int eventCount,
      @Nullable TimeRange times,
      List<Checkpoint> checkpoints,
      boolean endsWithMeta,
      List<Page> pages,
      @Nullable Viewport viewport,
      Counts counts,
      List<Mark> marks,
      List<Integer> activity) {
    static Facts of(EventBlock block) {
      List<Integer> activity = new ArrayList<>();
      for (int count : block.activity()) {
        activity.add(count);
      }
      return new Facts(
          block.eventCount(),
          block.times(),
          block.checkpoints(),
          block.endsWithMeta(),
          block.pages(),
          block.viewport(),
          block.counts(),
          block.marks(),
          activity);
    }
  }

  static Facts facts(List<JsonNode> elements) {
    List<JsonNode> timed = elements.stream().filter(TreeOracle::isTimed).toList();
    TimeRange times =
        timed.isEmpty()
            ? null
            : new TimeRange(
                timed.stream().mapToLong(TreeOracle::time).min().orElseThrow(),
                timed.stream().mapToLong(TreeOracle::time).max().orElseThrow());
    List<JsonNode> metas = timed.stream().filter(e -> is(e.path("type"), 4)).toList();
    List<Checkpoint> checkpoints = new ArrayList<>();
    for (int i = 0; i < elements.size(); i++) {
      JsonNode event = elements.get(i);
      if (isEvent(event) && is(event.path("type"), 2)) {
        boolean paired = i > 0 && metas.contains(elements.get(i - 1));
        int start = paired ? i - 1 : i;
        checkpoints.add(new Checkpoint(start, time(elements.get(start)), paired));
      }
    }
    List<Page> pages =
        metas.stream()
            .filter(e -> e.path("data").path("href").isString())
            .map(e -> new Page(time(e), storable(e.path("data").path("href").stringValue())))
            .limit(1_000)
            .toList();
    Viewport viewport = metas.stream().flatMap(e -> viewport(e).stream()).findFirst().orElse(null);
    List<JsonNode> active = timed.stream().filter(TreeOracle::isUserActivity).toList();
    List<Mark> marks =
        timed.stream().flatMap(e -> kind(e).map(k -> new Mark(time(e), k)).stream()).toList();
    return new Facts(
        elements.size(),
        times,
        checkpoints,
        !elements.isEmpty() && metas.contains(elements.getLast()),
        pages,
        viewport,
        new Counts(
            count(marks, Mark.Kind.CLICK),
            count(marks, Mark.Kind.INPUT),
            (int) timed.stream().filter(e -> incremental(e, 0)).count(),
            active.size(),
            count(marks, Mark.Kind.ERROR)),
        marks.stream().limit(1_000).toList(),
        activity(active, times));
  }

  private static String storable(String href) {
    return new String(
            href.replace("\u0000", "").getBytes(StandardCharsets.UTF_16), StandardCharsets.UTF_16)
        .substring(0, Math.min(8_192, href.replace("\u0000", "").length()));
  }

  private static Optional<Viewport> viewport(JsonNode meta) {
    Integer width = integer(meta.path("data").path("width"));
    Integer height = integer(meta.path("data").path("height"));
    return width == null || height == null
        ? Optional.empty()
        : Optional.of(new Viewport(width, height));
  }

  private static int count(List<Mark> marks, Mark.Kind kind) {
    return (int) marks.stream().filter(m -> m.kind() == kind).count();
  }

  private static boolean incremental(JsonNode event, int source) {
    return is(event.path("type"), 3) && is(event.path("data").path("source"), source);
  }

  private static boolean isUserActivity(JsonNode event) {
    for (int source : new int[] {1, 2, 3, 4, 5, 6, 12}) {
      if (incremental(event, source)) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Mark.Kind> kind(JsonNode event) {
    JsonNode data = event.path("data");
    if (incremental(event, 2) && is(data.path("type"), 2)) {
      return Optional.of(Mark.Kind.CLICK);
    }
    if (incremental(event, 5)) {
      return Optional.of(Mark.Kind.INPUT);
    }
    boolean console =
        is(event.path("type"), 6)
            && is(data.path("plugin"), "rrweb/console@1")
            && is(data.path("payload").path("level"), "error");
    boolean custom = is(event.path("type"), 5) && is(data.path("tag"), "error");
    return console || custom ? Optional.of(Mark.Kind.ERROR) : Optional.empty();
  }

  private static List<Integer> activity(List<JsonNode> active, @Nullable TimeRange times) {
    List<Integer> seconds = new ArrayList<>();
    for (JsonNode event : active) {
      long second = times == null ? 0 : (time(event) - times.first()) / 1_000;
      while (second < 3_600 && seconds.size() <= second) {
        seconds.add(0);
      }
      if (second < 3_600) {
        seconds.set((int) second, seconds.get((int) second) + 1);
      }
    }
    return seconds;
  }
}

package dev.backspool.http;

import io.javalin.http.Context;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** JSON as our own API speaks it: snake_case, ISO times, nulls spelled out. */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(64).build())
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final ObjectReader EXACT =
      MAPPER.reader(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private Json() {}

  public static byte[] bytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  public static void send(Context ctx, int status, Object value) {
    ctx.status(status).contentType("application/json; charset=utf-8").result(bytes(value));
  }

  public static void send(Context ctx, Object value) {
    send(ctx, 200, value);
  }

  /**
   * Reads a small request body of our own API.
   *
   * @throws Refusal when it is not JSON of that shape; the field is named
   */
  public static <T> T read(Body body, Class<T> type) {
    return shaped(() -> MAPPER.readValue(body.bytes(), 0, body.length(), type));
  }

  /**
   * The same as a tree, in which a number has all the digits that were sent.
   *
   * @throws Refusal when it is no JSON
   */
  public static JsonNode tree(Body body) {
    return shaped(() -> EXACT.readTree(body.bytes(), 0, body.length()));
  }

  private static <T> T shaped(Supplier<T> read) {
    try {
      return read.get();
    } catch (tools.jackson.databind.DatabindException e) {
      String path =
          e.getPath().stream()
              .map(step ->
                  step.getPropertyName() == null
                      ? "[" + step.getIndex() + "]"
                      : step.getPropertyName())
              .collect(java.util.stream.Collectors.joining("."));
      throw Refusal.field(path.isEmpty() ? "body" : path, e.getOriginalMessage());
    } catch (JacksonException e) {
      throw Refusal.field("body", "The body is not valid JSON: " + e.getOriginalMessage());
    }
  }
}

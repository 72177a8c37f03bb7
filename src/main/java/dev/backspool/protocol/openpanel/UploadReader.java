package dev.backspool.protocol.openpanel;

import dev.backspool.Reason;
import dev.backspool.event.FlatProperties;
import dev.backspool.event.Places;
import dev.backspool.http.Body;
import dev.backspool.http.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/** Reads the bodies of the contract. Throws a {@link Refusal} for what is no such body at all. */
final class UploadReader {
  static final int MOST_ROWS = 2_000;

  /** Of a body that holds many rows, uncompressed. */
  static final int MOST_BATCH_BYTES = 10_485_760;

  private static final String PAYLOAD = "payload.";

  private final Body body;
  private final TrackReader tracks;
  private @Nullable String clientId;
  private @Nullable String clientSecret;

  private UploadReader(Body body, TrackReader tracks) {
    this.body = body;
    this.tracks = tracks;
  }

  /**
   * A body.
   *
   * @param batch whether its rows are answered one by one
   * @param clientId credentials that stand in the body, where headers cannot be set
   */
  record Upload(
      boolean batch, List<Draft> rows, @Nullable String clientId, @Nullable String clientSecret) {
    /** The one row of a body that is no batch; null of a batch. */
    @Nullable Draft single() {
      return batch ? null : rows.getFirst();
    }
  }

  /** A body of {@code /track}: {@code {type, payload}}, of which the type may be {@code batch}. */
  static Upload track(Body body, Places places, Instant receivedAt) {
    return new UploadReader(body, new TrackReader(places, receivedAt, PAYLOAD))
        .whole(UploadReader::envelope);
  }

  /** A body of {@code /track/batch}: {@code {events: [{type, payload}, …]}}. */
  static Upload batch(Body body, Places places, Instant receivedAt) {
    return new UploadReader(body, new TrackReader(places, receivedAt, PAYLOAD))
        .whole(UploadReader::events);
  }

  /** A body of the deprecated paths, which is the payload of a row of that type. */
  static Upload payload(String type, Body body, Places places, Instant receivedAt) {
    return new UploadReader(body, new TrackReader(places, receivedAt, ""))
        .whole((reader, p) -> new Upload(false, List.of(reader.row(type, p, "")), null, null));
  }

  private interface Form {
    Upload read(UploadReader reader, JsonParser p);
  }

  private Upload whole(Form form) {
    try (JsonParser p = FlatProperties.JSON.createParser(body.bytes(), 0, body.length())) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw Refusal.field("body", "must be a JSON object");
      }
      Upload upload = form.read(this, p);
      if (p.nextToken() != null) {
        throw Refusal.field("body", "must be one JSON object");
      }
      return upload;
    } catch (JacksonException e) {
      throw Refusal.field("body", "is not valid JSON: " + e.getOriginalMessage());
    }
  }

  private Upload envelope(JsonParser p) {
    String type = null;
    JsonNode before = null;
    Draft row = null;
    List<Draft> rows = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken token = p.nextToken();
      switch (member) {
        case "type" -> type = text(p);
        case "payload" -> {
          if (type == null) {
            before = p.readValueAsTree();
          } else if (type.equals("batch")) {
            rows = rows(p, token, "payload");
          } else {
            row = row(type, p, PAYLOAD);
          }
        }
        case "clientId" -> clientId = text(p);
        case "clientSecret" -> clientSecret = text(p);
        default -> p.skipChildren();
      }
    }
    if (before != null && "batch".equals(type)) {
      try (JsonParser tokens = FlatProperties.JSON.treeAsTokens(before)) {
        rows = rows(tokens, tokens.nextToken(), "payload");
      }
    }
    if (rows == null && "batch".equals(type)) {
      throw Refusal.field("payload", "must be a list of 1 to " + MOST_ROWS + " rows");
    }
    if (rows != null) {
      return new Upload(true, rows, clientId, clientSecret);
    }
    return new Upload(
        false, List.of(row == null ? late(type, before) : row), clientId, clientSecret);
  }

  private Upload events(JsonParser p) {
    List<Draft> rows = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      JsonToken token = p.nextToken();
      if (member.equals("events")) {
        rows = rows(p, token, "events");
      } else {
        p.skipChildren();
      }
    }
    if (rows == null) {
      throw Refusal.field("events", "must be a list of 1 to " + MOST_ROWS + " rows");
    }
    return new Upload(true, rows, null, null);
  }

  private List<Draft> rows(JsonParser p, JsonToken token, String field) {
    if (body.length() > MOST_BATCH_BYTES) {
      throw Refusal.of(
          Reason.TOO_LARGE, "Request body too large (max " + MOST_BATCH_BYTES + " bytes)");
    }
    if (token != JsonToken.START_ARRAY) {
      throw Refusal.field(field, "must be a list of 1 to " + MOST_ROWS + " rows");
    }
    var rows = new ArrayList<Draft>();
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (rows.size() == MOST_ROWS) {
        throw Refusal.field(field, "must hold at most " + MOST_ROWS + " rows");
      }
      rows.add(row(p));
    }
    if (rows.isEmpty()) {
      throw Refusal.field(field, "must hold at least one row");
    }
    return rows;
  }

  /** A row {@code {type, payload}}; the parser stands on its first token. */
  private Draft row(JsonParser p) {
    if (p.currentToken() != JsonToken.START_OBJECT) {
      p.skipChildren();
      return new Draft.Faulty("must be an object with type and payload");
    }
    String type = null;
    JsonNode before = null;
    Draft row = null;
    for (String member = p.nextName(); member != null; member = p.nextName()) {
      p.nextToken();
      switch (member) {
        case "type" -> type = text(p);
        case "payload" -> {
          if (type == null) {
            before = p.readValueAsTree();
          } else {
            row = row(type, p, PAYLOAD);
          }
        }
        default -> p.skipChildren();
      }
    }
    return row == null ? late(type, before) : row;
  }

  private static @Nullable String text(JsonParser p) {
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      return p.getString();
    }
    p.skipChildren();
    return null;
  }

  /** A row whose payload came before its type, or not at all. */
  private Draft late(@Nullable String type, @Nullable JsonNode payload) {
    if (payload == null) {
      return tree(type == null ? "" : type, null, PAYLOAD);
    }
    try (JsonParser p = FlatProperties.JSON.treeAsTokens(payload)) {
      p.nextToken();
      return row(type == null ? "" : type, p, PAYLOAD);
    }
  }

  /** A row of a known type; the parser stands on the payload's first token. */
  private Draft row(String type, JsonParser p, String path) {
    if (type.equals("track") && p.currentToken() == JsonToken.START_OBJECT) {
      return tracks.read(p);
    }
    return tree(type, p.readValueAsTree(), path);
  }

  private static Draft tree(String type, @Nullable JsonNode payload, String path) {
    try {
      if (type.equals("track")) {
        Fields.of(payload, path);
      }
      return PayloadReader.read(type, payload, path);
    } catch (Refusal refusal) {
      return new Draft.Faulty(refusal.field() + ": " + refusal.detail());
    }
  }
}

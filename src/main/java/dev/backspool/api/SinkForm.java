package dev.backspool.api;

import dev.backspool.http.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a client wants of a sink, checked: every field that is wrong is named, and a connection is
 * never repeated. Fields it does not know are passed over.
 */
final class SinkForm {
  private static final int LONGEST_NAME = 120;
  private static final int LONGEST_CONNECTION = 4_000;

  private final JsonNode body;
  private final List<Problem.FieldError> errors = new ArrayList<>();

  SinkForm(JsonNode body) {
    this.body = body;
    if (!body.isObject()) {
      wrong("body", "must be an object");
    }
  }

  /** What is wrong, field by field; empty when nothing is. Complete once every field is read. */
  List<Problem.FieldError> errors() {
    return errors;
  }

  /** One of some words, which must be there. */
  String kind(Set<String> kinds) {
    String kind = text("kind");
    if (kind == null || !kinds.contains(kind)) {
      wrong("kind", "must be " + String.join(" or ", new TreeSet<>(kinds)));
      return "";
    }
    return kind;
  }

  /** The name that a new sink must have. */
  String name() {
    if (!body.has("name")) {
      wrong("name", "is required");
      return "";
    }
    String name = changedName();
    return name == null ? "" : name;
  }

  /** Another name; null when none is given. */
  @Nullable String changedName() {
    return body.has("name") ? text("name", LONGEST_NAME) : null;
  }

  /** The connection that a new sink must have. */
  String connection() {
    if (!body.has("connection")) {
      wrong("connection", "is required");
      return "";
    }
    String connection = changedConnection();
    return connection == null ? "" : connection;
  }

  /** Another connection; null when none is given. */
  @Nullable String changedConnection() {
    return body.has("connection") ? text("connection", LONGEST_CONNECTION) : null;
  }

  /** A field that is true or false, or is not there. */
  @Nullable Boolean flag(String field) {
    if (!body.has(field)) {
      return null;
    }
    JsonNode value = body.path(field);
    if (!value.isBoolean()) {
      wrong(field, "must be true or false");
      return null;
    }
    return value.booleanValue();
  }

  /** A field that is true or false, and must be there. */
  boolean requiredFlag(String field) {
    Boolean value = flag(field);
    if (value == null && !body.has(field)) {
      wrong(field, "is required");
    }
    return Boolean.TRUE.equals(value);
  }

  /** One of some words; null when it is not there. */
  @Nullable String choice(String field, List<String> words) {
    if (!body.has(field) || body.path(field).isNull()) {
      return null;
    }
    String value = text(field);
    if (value == null || !words.contains(value)) {
      wrong(field, "must be one of " + String.join(", ", words));
    }
    return value;
  }

  /** Any text; null when it is not there, or null. */
  @Nullable String optional(String field) {
    return body.has(field) && !body.path(field).isNull() ? text(field, LONGEST_NAME) : null;
  }

  private @Nullable String text(String field) {
    JsonNode value = body.path(field);
    return value.isString() ? value.stringValue().strip() : null;
  }

  private @Nullable String text(String field, int longest) {
    String value = text(field);
    if (value == null || value.isEmpty() || value.length() > longest || value.indexOf('\0') >= 0) {
      wrong(field, "must be text of 1 to " + longest + " characters");
      return null;
    }
    return value;
  }

  void wrong(String field, String what) {
    errors.add(new Problem.FieldError(field, field + " " + what));
  }
}

package dev.backspool.protocol.openpanel;

import dev.backspool.event.FlatProperties;
import dev.backspool.event.Text;
import dev.backspool.http.Refusal;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;

/**
 * The members of a payload that is no event, by the contract's rules. Each throws a {@link Refusal}
 * that names the field.
 *
 * @param path where the object stands, with a dot at its end; empty for a body that is the payload
 */
record Fields(JsonNode node, String path) {
  /** Longer ones do not fit the indexes. */
  static final int LONGEST_ID = 512;

  private static final int LONGEST_TEXT = 2_000;

  /** Read of events alone, or of no use in a profile. */
  private static final Set<String> NO_PROPERTIES = Set.of("__timestamp", "__ip", "__deviceId");

  /** The members of what must be an object. */
  static Fields of(@Nullable JsonNode node, String path) {
    if (node == null || !node.isObject()) {
      throw Refusal.field(
          path.isEmpty() ? "body" : path.substring(0, path.length() - 1), "must be an object");
    }
    return new Fields(node, path);
  }

  Refusal wrong(String member, String what) {
    return Refusal.field(path + member, what);
  }

  /** A member; null when it is absent or null. */
  @Nullable JsonNode value(String member) {
    JsonNode value = node.get(member);
    return value == null || value.isNull() ? null : value;
  }

  /** An id that must be there. */
  String id(String member) {
    JsonNode value = value(member);
    return id(value != null && value.isString() ? value.stringValue() : null, path + member);
  }

  /** An id, checked. */
  static String id(@Nullable String value, String path) {
    String id = value == null ? "" : Text.clean(value);
    if (id.isEmpty() || id.length() > LONGEST_ID) {
      throw Refusal.field(path, "must be a string of 1 to " + LONGEST_ID + " characters");
    }
    return id;
  }

  /** A profile's id, a string or a number; null when it is absent. */
  @Nullable String optionalProfile() {
    JsonNode value = value("profileId");
    if (value == null) {
      return null;
    }
    if (value.isNumber()) {
      return value.asString();
    }
    return id("profileId");
  }

  String profile() {
    String profile = optionalProfile();
    if (profile == null) {
      throw wrong("profileId", "must be a non-empty string or a number");
    }
    return profile;
  }

  /** A text; null when it is absent. */
  @Nullable String text(String member) {
    JsonNode value = value(member);
    if (value == null) {
      return null;
    }
    if (!value.isString() || value.stringValue().length() > LONGEST_TEXT) {
      throw wrong(member, "must be a string of at most " + LONGEST_TEXT + " characters");
    }
    return Text.clean(value.stringValue());
  }

  @Nullable String email() {
    String email = text("email");
    if (email == null) {
      return null;
    }
    int at = email.indexOf('@');
    int dot = email.lastIndexOf('.');
    boolean valid =
        at > 0
            && at == email.lastIndexOf('@')
            && dot > at + 1
            && dot < email.length() - 1
            && email.chars().noneMatch(c -> c <= ' ');
    if (!valid) {
      throw wrong("email", "must be an email address");
    }
    return email;
  }

  @Nullable String url(String member) {
    String url = text(member);
    try {
      if (url == null || URI.create(url).isAbsolute()) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the one message for everything that is no address.
    }
    throw wrong(member, "must be a URL");
  }

  /** A whole number that must be there. */
  int whole(String member, int least, int most) {
    JsonNode value = value(member);
    if (value == null
        || !value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < least
        || value.intValue() > most) {
      throw wrong(member, "must be a whole number from " + least + " to " + most);
    }
    return value.intValue();
  }

  /** Ids of groups that must be there. */
  List<String> groups(String member) {
    JsonNode value = value(member);
    if (value == null || !value.isArray()) {
      throw wrong(member, "must be a list of strings");
    }
    var groups = new ArrayList<String>(value.size());
    for (int i = 0; i < value.size(); i++) {
      JsonNode group = value.get(i);
      groups.add(id(group.isString() ? group.stringValue() : null, path + member + "." + i));
    }
    return List.copyOf(groups);
  }

  /** The properties, flat; empty when there are none. */
  Map<String, String> properties() {
    JsonNode value = value("properties");
    if (value == null) {
      return Map.of();
    }
    if (!value.isObject()) {
      throw wrong("properties", "must be an object");
    }
    var flat = new FlatProperties();
    try (JsonParser p = FlatProperties.JSON.treeAsTokens(value)) {
      p.nextToken();
      for (String name = p.nextName(); name != null; name = p.nextName()) {
        p.nextToken();
        if (NO_PROPERTIES.contains(name)) {
          p.skipChildren();
        } else {
          flat.add(name, p);
        }
      }
    }
    if (flat.isOverfull()) {
      throw wrong("properties", FlatProperties.OVERFULL);
    }
    return flat.toMap();
  }
}

package dev.backspool.protocol.uxcam;

import dev.backspool.http.Refusal;
import dev.backspool.rrweb.Envelope;
import dev.backspool.rrweb.Slice;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What both uploads of the contract say beside their events.
 *
 * @param sdkKey the project's write key, in the body in this contract
 * @param session the SDK's session id, such as {@code sess_1717840800_k3f9a}
 * @param batch names the upload; null where the SDK gives no name, as the original never does
 * @param tab names the tab; {@code main} where the SDK gives none
 */
record UploadHead(String sdkKey, String session, @Nullable String batch, String tab) {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int LONGEST_NAME = 200;

  static UploadHead of(Envelope envelope) {
    String sdkKey = text(envelope, "sdk_key");
    String session = text(envelope, "session_id");
    String tab = text(envelope, "tab_id");
    if (sdkKey == null) {
      throw Refusal.field("sdk_key", "sdk_key must be a string");
    }
    if (session == null) {
      throw Refusal.field("session_id", "session_id must be a string of 1 to 200 characters");
    }
    return new UploadHead(sdkKey, session, text(envelope, "batch_id"), tab == null ? "main" : tab);
  }

  /** A name in the envelope; null when it is not there. */
  private static @Nullable String text(Envelope envelope, String member) {
    JsonNode node = node(envelope, member);
    if (node == null || node.isNull()) {
      return null;
    }
    String text = node.isString() ? node.asString() : "";
    if (text.isEmpty() || text.length() > LONGEST_NAME || text.indexOf('\0') >= 0) {
      throw Refusal.field(member, member + " must be a string of 1 to 200 characters");
    }
    return text;
  }

  /** A member of the envelope as a tree; null when it is not there. */
  static @Nullable JsonNode node(Envelope envelope, String member) {
    Slice slice = envelope.member(member);
    if (slice == null) {
      return null;
    }
    try {
      return JSON.readTree(slice.bytes(), slice.from(), slice.length());
    } catch (JacksonException e) {
      throw Refusal.field(member, member + " cannot be read: " + e.getOriginalMessage());
    }
  }
}

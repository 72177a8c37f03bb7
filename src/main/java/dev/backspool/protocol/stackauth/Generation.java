package dev.backspool.protocol.stackauth;

import dev.backspool.protocol.stackauth.AccessTokens.User;
import dev.backspool.session.Opener;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The two forms that the batch upload has had on the wire. */
enum Generation {
  /** The first form: the client names the session. */
  RECORDINGS("session_id", "tab_id", 5_000_000) {
    @Override
    Opener opener(BatchBody batch, @Nullable User user) {
      return new Opener.Named(batch.session());
    }

    @Override
    Map<String, Object> answer(UUID project, UUID session, BatchBody batch, boolean deduped) {
      return fields(
          "session_id",
          batch.session(),
          batch,
          key("session-recordings", project, session, batch),
          deduped);
    }
  },

  /**
   * The form in use: the server groups what comes from one sign-in. Without a verified sign-in the
   * browser session takes its place.
   */
  REPLAYS("browser_session_id", "session_replay_segment_id", 1_000_000) {
    @Override
    Opener opener(BatchBody batch, @Nullable User user) {
      return new Opener.Token(
          user == null ? BROWSER + batch.session() : String.valueOf(user.refreshTokenId()));
    }

    @Override
    Map<String, Object> answer(UUID project, UUID session, BatchBody batch, boolean deduped) {
      return fields(
          "session_replay_id",
          session.toString(),
          batch,
          key("session-replays", project, session, batch),
          deduped);
    }
  };

  /** Begins the opener's token where a browser session stands for the sign-in. */
  static final String BROWSER = "browser:";

  private final String sessionField;
  private final String segmentField;
  private final int mostBytes;

  Generation(String sessionField, String segmentField, int mostBytes) {
    this.sessionField = sessionField;
    this.segmentField = segmentField;
    this.mostBytes = mostBytes;
  }

  /** What the body calls the browser's session. */
  String sessionField() {
    return sessionField;
  }

  /** What the body calls one page load. */
  String segmentField() {
    return segmentField;
  }

  /** Most bytes of a body as sent. */
  int mostBytes() {
    return mostBytes;
  }

  /** What the batch's session is found by. */
  abstract Opener opener(BatchBody batch, @Nullable User user);

  /** The answer to a stored batch. */
  abstract Map<String, Object> answer(UUID project, UUID session, BatchBody batch, boolean deduped);

  private static Map<String, Object> fields(
      String idField, String id, BatchBody batch, String key, boolean deduped) {
    var answer = new LinkedHashMap<String, Object>();
    answer.put(idField, id);
    answer.put("batch_id", batch.idAsSent());
    answer.put("s3_key", key);
    answer.put("deduped", deduped);
    return answer;
  }

  /**
   * The name that the contract gives a stored batch. Made of what the batch's receipt holds, so
   * that a retry is told the same. Projects have one branch here, {@code main}, whatever branch the
   * client names.
   */
  private static String key(String prefix, UUID project, UUID session, BatchBody batch) {
    return prefix + "/" + project + "/main/" + session + "/" + batch.id() + ".json.gz";
  }
}

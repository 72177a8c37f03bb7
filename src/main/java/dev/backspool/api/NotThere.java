package dev.backspool.api;

import dev.backspool.http.Problem;
import io.javalin.http.Context;

/**
 * Ends a request whose address names something that is not there, or belongs to another project:
 * the two cannot be told apart from outside.
 */
public final class NotThere extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;

  private NotThere(String code, String detail) {
    super(detail, null, false, false);
    this.code = code;
  }

  static NotThere project() {
    return new NotThere("project_not_found", "There is no such project");
  }

  static NotThere session() {
    return new NotThere("session_not_found", "There is no such session");
  }

  static NotThere profile() {
    return new NotThere("profile_not_found", "There is no such profile");
  }

  static NotThere group() {
    return new NotThere("group_not_found", "There is no such group");
  }

  static NotThere erasure() {
    return new NotThere("erasure_not_found", "There is no such erasure");
  }

  static NotThere sink() {
    return new NotThere("sink_not_found", "There is no such sink");
  }

  static NotThere stage() {
    return new NotThere("stage_not_found", "There is no such stage");
  }

  static NotThere frame() {
    return new NotThere("frame_missing", "The recording has no such frame");
  }

  static NotThere columnarStore() {
    return new NotThere(
        "no_columnar_store",
        "This server keeps no columnar store to query: BACKSPOOL_ANALYTICS_URL");
  }

  static NotThere path() {
    return new NotThere("not_found", "Nothing answers at this address");
  }

  /** Answers 404. */
  public void send(Context ctx) {
    Problem.send(ctx, Problem.of(404, code, "Not found", String.valueOf(getMessage())));
  }
}

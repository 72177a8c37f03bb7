package dev.backspool.api;

import dev.backspool.http.Json;
import io.javalin.http.Context;
import java.net.URI;

/** {@code GET /api/me}: what the dashboard must know of the server it talks to. */
public final class Me {
  private final Answer answer;

  public Me(String version, URI publicUrl) {
    answer = new Answer(version, publicUrl.toString());
  }

  record Answer(String version, String publicUrl) {}

  /** Answers; only people who are signed in get here. */
  public void get(Context ctx) {
    Json.send(ctx, answer);
  }
}

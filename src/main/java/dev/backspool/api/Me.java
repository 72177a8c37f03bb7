package dev.backspool.api;

import dev.backspool.http.Json;
import io.javalin.http.Context;
import java.net.URI;

/** {@code GET /api/me}: what the dashboard must know of the server it talks to. */
public final class Me {
  private final String version;
  private final URI publicUrl;

  /**
   * Makes the endpoint.
   *
   * @param publicUrl where browsers reach the server; a port of 0 stands for the one it was given
   *     by the system, which is only known once it listens
   */
  public Me(String version, URI publicUrl) {
    this.version = version;
    this.publicUrl = publicUrl;
  }

  record Answer(String version, String publicUrl) {}

  /** Answers; only people who are signed in get here. */
  public void get(Context ctx) {
    Json.send(ctx, new Answer(version, reached(ctx)));
  }

  private String reached(Context ctx) {
    return publicUrl.getPort() == 0
        ? "http://" + publicUrl.getHost() + ":" + ctx.req().getLocalPort()
        : publicUrl.toString();
  }
}

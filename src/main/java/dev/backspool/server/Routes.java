package dev.backspool.server;

import dev.backspool.api.SignIn;
import dev.backspool.http.Cors;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.protocol.backspool.ReplayUpload;
import dev.backspool.protocol.uxcam.EventUpload;
import dev.backspool.protocol.uxcam.SnapshotUpload;
import io.javalin.config.RoutesConfig;
import io.javalin.http.HttpResponseException;

/** The table of contents: every path the server answers is a line here. */
record Routes(
    SignIn signIn, ReplayUpload replay, SnapshotUpload snapshots, EventUpload uxcamEvents) {

  void register(RoutesConfig routes) {
    // Our own upload contract
    routes.options("/v1/replay", Cors::preflight);
    routes.post("/v1/replay", replay::post);

    // The UXCam-like contract
    routes.options("/api/snapshots/ingest", Cors::preflight);
    routes.post("/api/snapshots/ingest", snapshots::post);
    routes.options("/api/events/ingest", Cors::preflight);
    routes.post("/api/events/ingest", uxcamEvents::post);

    // The dashboard's API
    routes.post("/api/sign-in", signIn::post);
    routes.post("/api/sign-out", signIn::out);

    // Operations
    routes.get("/healthz", ctx -> ctx.contentType("text/plain").result("ok\n"));

    routes.exception(Refusal.class, (refusal, ctx) -> Problem.send(ctx, refusal));
    routes.exception(
        DatabaseUnavailable.class,
        (failure, ctx) -> {
          ctx.header("Retry-After", "2");
          Problem.send(
              ctx,
              Problem.of(
                  503, "unavailable", "Not available now", "The database cannot be reached"));
        });
    routes.exception(
        HttpResponseException.class,
        (failure, ctx) ->
            Problem.send(
                ctx,
                Problem.of(
                    failure.getStatus(),
                    "http_" + failure.getStatus(),
                    "Not answered",
                    String.valueOf(failure.getMessage()))));
    routes.exception(Exception.class, (failure, ctx) -> Problem.unexpected(ctx, failure));
  }
}

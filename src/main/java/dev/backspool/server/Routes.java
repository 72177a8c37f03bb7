package dev.backspool.server;

import dev.backspool.api.Api;
import dev.backspool.http.Cors;
import dev.backspool.protocol.backspool.EventUpload;
import dev.backspool.protocol.backspool.ReplayUpload;
import dev.backspool.protocol.openpanel.OpenPanel;
import dev.backspool.protocol.stackauth.AnalyticsQueries;
import dev.backspool.protocol.stackauth.DatabaseSync;
import dev.backspool.protocol.stackauth.EventBatches;
import dev.backspool.protocol.stackauth.ReplayBatches;
import dev.backspool.protocol.stackauth.ReplayReads;
import dev.backspool.protocol.uxcam.SnapshotUpload;
import io.javalin.config.RoutesConfig;
import java.util.List;

/** The table of contents: every path the server answers is a line here. */
record Routes(
    Api api,
    ReplayUpload replay,
    EventUpload events,
    SnapshotUpload snapshots,
    dev.backspool.protocol.uxcam.EventUpload uxcamEvents,
    OpenPanel openPanel,
    ReplayBatches stackAuth,
    EventBatches stackAuthEvents,
    ReplayReads stackAuthReads,
    DatabaseSync stackAuthSync,
    AnalyticsQueries stackAuthQueries) {

  void register(RoutesConfig routes) {
    // Our own upload contract
    routes.options("/v1/replay", Cors::preflight);
    routes.post("/v1/replay", replay::post);
    routes.options("/v1/events", Cors::preflight);
    routes.post("/v1/events", events::post);
    routes.get("/backspool.js", api.site()::recorder);

    // The UXCam-like contract
    routes.options("/api/snapshots/ingest", Cors::preflight);
    routes.post("/api/snapshots/ingest", snapshots::post);
    routes.options("/api/events/ingest", Cors::preflight);
    routes.post("/api/events/ingest", uxcamEvents::post);
    routes.get("/api/sessions/{project}/{session}", api.dump()::get);

    // OpenPanel's SDKs; self-hosted ones are told to use /api
    for (String prefix : List.of("", "/api")) {
      routes.post(prefix + "/track", openPanel::track);
      routes.post(prefix + "/track/batch", openPanel::batch);
      routes.get(prefix + "/track/device-id", openPanel::deviceId);
      routes.post(prefix + "/event", openPanel::event);
      routes.post(prefix + "/profile", openPanel::profile);
      routes.post(prefix + "/profile/increment", openPanel::increment);
      routes.post(prefix + "/profile/decrement", openPanel::decrement);
      for (String path :
          List.of(
              "/track",
              "/track/batch",
              "/track/device-id",
              "/event",
              "/profile",
              "/profile/increment",
              "/profile/decrement")) {
        routes.options(prefix + path, OpenPanel::preflight);
      }
    }
    routes.get("/op1.js", api.site()::openPanelTracker);
    routes.get("/op1-replay.js", api.site()::openPanelReplay);

    // Stack Auth's session replays and the tracker beside them
    for (String path :
        List.of("/api/v1/session-replays/batch", "/api/latest/session-replays/batch")) {
      routes.options(path, Cors::preflight);
      routes.post(path, stackAuth::postReplay);
    }
    for (String path :
        List.of("/api/v1/analytics/events/batch", "/api/latest/analytics/events/batch")) {
      routes.options(path, Cors::preflight);
      routes.post(path, stackAuthEvents::post);
    }
    routes.options("/api/latest/session-recordings/batch", Cors::preflight);
    routes.post("/api/latest/session-recordings/batch", stackAuth::postRecording);
    for (String path :
        List.of(
            "/api/v1/session-replays",
            "/api/latest/session-replays",
            "/api/v1/internal/session-replays")) {
      routes.get(path, stackAuthReads::list);
      routes.get(path + "/{id}", stackAuthReads::one);
      routes.get(path + "/{id}/chunks", stackAuthReads::chunks);
      routes.get(path + "/{id}/chunks/{chunk}/events", stackAuthReads::chunkEvents);
      routes.get(path + "/{id}/events", stackAuthReads::events);
    }
    for (String path :
        List.of(
            "/api/v1/analytics/query",
            "/api/latest/analytics/query",
            "/api/v1/internal/analytics/query")) {
      routes.post(path, stackAuthQueries::post);
    }

    for (String path :
        List.of("/api/v1/internal/external-db-sync", "/api/latest/internal/external-db-sync")) {
      routes.get(path + "/status", stackAuthSync::status);
      routes.get(path + "/fusebox", stackAuthSync::fusebox);
      routes.post(path + "/fusebox", stackAuthSync::setFusebox);
    }

    // The dashboard's API
    routes.post("/api/sign-in", api.signIn()::post);
    routes.post("/api/sign-out", api.signIn()::out);
    routes.get("/api/me", api.me()::get);
    routes.get("/api/projects", api.projects()::list);
    routes.post("/api/projects", api.projects()::create);
    routes.get("/api/projects/{project}", api.projects()::get);
    routes.patch("/api/projects/{project}", api.projects()::change);
    routes.delete("/api/projects/{project}", api.projects()::delete);
    routes.post("/api/projects/{project}/rotate-key", api.projects()::rotateKey);
    routes.post("/api/projects/{project}/rotate-secret", api.projects()::rotateSecret);
    routes.post("/api/projects/{project}/sample-recordings", api.projects()::addSamples);
    routes.get("/api/projects/{project}/refusals", api.projects()::refusals);
    routes.get("/api/projects/{project}/export", api.transfer()::export);
    routes.post("/api/projects/import", api.transfer()::begin);
    routes.post("/api/projects/{project}/import", api.transfer()::take);
    routes.get("/api/projects/{project}/retention", api.retention()::get);
    routes.get("/api/projects/{project}/retention/next", api.retention()::next);
    routes.post("/api/projects/{project}/retention/run", api.retention()::run);
    routes.get("/api/projects/{project}/sessions", api.sessions()::list);
    routes.get("/api/projects/{project}/sessions/live", api.live()::get);
    routes.get("/api/projects/{project}/sessions/{session}", api.sessions()::get);
    routes.put("/api/projects/{project}/sessions/{session}/keep", api.retention()::keep);
    routes.delete("/api/projects/{project}/sessions/{session}/keep", api.retention()::release);
    routes.delete("/api/projects/{project}/sessions/{session}", api.erasures()::session);
    routes.get("/api/projects/{project}/sessions/{session}/events", api.events()::ofSession);
    routes.get("/api/projects/{project}/events", api.events()::list);
    routes.get("/api/projects/{project}/events/names", api.events()::names);
    routes.get("/api/projects/{project}/events/live", api.liveEvents()::get);
    routes.get("/api/projects/{project}/profiles", api.profiles()::list);
    routes.get("/api/projects/{project}/profiles/{profile}", api.profiles()::get);
    routes.delete("/api/projects/{project}/profiles/{profile}", api.erasures()::profile);
    routes.get("/api/projects/{project}/groups", api.groups()::list);
    routes.get("/api/projects/{project}/groups/{group}", api.groups()::get);
    routes.get("/api/projects/{project}/storage", api.storage()::get);
    routes.get("/api/projects/{project}/erasures", api.erasures()::list);
    routes.get("/api/projects/{project}/erasures/{erasure}", api.erasures()::get);
    routes.delete("/api/projects/{project}/erasures/{erasure}/tombstones", api.erasures()::lift);
    String sync = "/api/projects/{project}/sync";
    routes.get(sync + "/status", api.sync()::status);
    routes.get(sync + "/quarantine", api.sync()::quarantine);
    routes.get(sync + "/sinks", api.sync()::list);
    routes.post(sync + "/sinks", api.sync()::add);
    routes.post(sync + "/sinks/test", api.sync()::test);
    routes.get(sync + "/sinks/{sink}", api.sync()::get);
    routes.patch(sync + "/sinks/{sink}", api.sync()::change);
    routes.delete(sync + "/sinks/{sink}", api.sync()::remove);
    routes.post(sync + "/sinks/{sink}/resync", api.sync()::resync);
    routes.post("/api/projects/{project}/query", api.queries()::post);
    routes.get("/api/projects/{project}/query/schema", api.queries()::schema);
    String recording = "/api/projects/{project}/sessions/{session}/recording";
    routes.get(recording, api.recordings()::index);
    routes.get(recording + "/events", api.recordings()::events);
    routes.get(recording + "/frames/{frame}", api.recordings()::frame);

    // Copies elsewhere, of all projects
    routes.get("/api/internal/sync/status", api.sync()::all);
    routes.patch("/api/internal/sync/stages/{stage}", api.sync()::stage);
    routes.patch("/api/internal/sync/sinks/{sink}", api.sync()::changeAny);
    routes.post("/api/internal/sync/sinks/{sink}/resync", api.sync()::resyncAny);
    routes.post("/api/internal/sync/verify", api.syncVerify()::post);

    // What only people who are signed in may use: all of these trees, whatever is in them
    routes.before("/api/me", api.guard()::check);
    routes.before("/api/projects", api.guard()::check);
    routes.before("/api/projects/*", api.guard()::check);
    routes.before("/api/sessions/*", api.guard()::check);
    routes.before("/api/internal/*", api.guard()::check);
    routes.before("/metrics", api.guard()::check);
    routes.before("/api/verify", api.guard()::check);

    // Operations
    routes.get("/healthz", api.operations()::health);
    routes.get("/readyz", api.operations()::ready);
    routes.get("/metrics", api.operations()::metrics);
    routes.post("/api/verify", api.verify()::post);

    // The API's description, and the dashboard: any address that nothing above answers
    routes.get("/openapi.json", api.site()::openApi);
    routes.get("/api-reference", api.site()::reference);
    routes.get("/api-reference/{file}", api.site()::referenceFile);
    routes.get("/*", api.site()::dashboard);

    Failures.register(routes);
  }
}

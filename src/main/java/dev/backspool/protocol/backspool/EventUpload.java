package dev.backspool.protocol.backspool;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.enrich.Referrers;
import dev.backspool.enrich.Sighting;
import dev.backspool.event.DeviceIds;
import dev.backspool.event.Events;
import dev.backspool.event.Places;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.event.StoredEvents.RowOutcome;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.WriteKey;
import dev.backspool.project.Projects;
import dev.backspool.session.Opener;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/events}: analytics events as JSON, gzip or zstd or neither. The write key comes
 * as for {@link ReplayUpload}, and an upload with the {@code session_id} of a recording belongs to
 * the session of the recording. Answers {@code {stored, repeated, session_id}} once the events are
 * committed; an upload is taken whole or refused whole, with the field named.
 *
 * <p>An event that comes again is stored once when it has an {@code id}, or its upload a {@code
 * batch_id} (or the header {@code Idempotency-Key}, which is the same). Revenue needs the project's
 * client secret in {@code Backspool-Client-Secret}, unless the project takes it from anyone.
 */
public final class EventUpload {
  private static final int MOST_BYTES = 10 << 20;
  private static final int MOST_RATIO = 1_000;
  private static final Bodies.Limits LIMITS = new Bodies.Limits(MOST_BYTES, MOST_BYTES, MOST_RATIO);

  private final Events events;
  private final Ingest ingest;
  private final Projects projects;
  private final Bodies bodies;
  private final Sighting.Eyes eyes;
  private final Places places;

  /** The contract over the core. */
  public EventUpload(
      Events events,
      Ingest ingest,
      Projects projects,
      Bodies bodies,
      Sighting.Eyes eyes,
      Referrers referrers) {
    this.events = events;
    this.ingest = ingest;
    this.projects = projects;
    this.bodies = bodies;
    this.eyes = eyes;
    this.places = new Places(referrers);
  }

  /**
   * The answer.
   *
   * @param erased how many were refused because they tell of somebody who was erased; null for none
   */
  record Answer(
      int stored,
      int repeated,
      @Nullable UUID sessionId,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer erased) {}

  /** Answers the request; refusals as problems, readable by the page. */
  public void post(Context ctx) {
    Cors.allow(ctx);
    @Nullable Project project = null;
    try {
      project = admit(ctx);
      accept(ctx, project);
    } catch (Refusal refusal) {
      if (project != null) {
        ingest.count(project.id(), Source.BACKSPOOL, refusal.reason(), refusal.detail());
      }
      Problem.send(ctx, refusal);
    }
  }

  private Project admit(Context ctx) {
    var key = new WriteKey.SdkKey(ReplayUpload.key(ctx));
    return switch (ingest.admit(key, Source.BACKSPOOL, ctx.header("Origin"))) {
      case Admission.Admitted admitted -> admitted.project();
      case Admission.Refused refused -> {
        // Counted already, where the rule stands.
        Outcome.Refused why = refused.why();
        throw refusal(why.reason(), why.detail(), why.retryAfter());
      }
    };
  }

  private void accept(Context ctx, Project project) {
    Instant received = events.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    Sighting sighting = eyes.of(ctx::header, ctx.req().getRemoteAddr());
    if (sighting.isOneOf(project.excludedIps())) {
      throw Refusal.of(Reason.EXCLUDED, "The project wants no events of this address");
    }
    EventsBody.Upload upload;
    try (Body body = bodies.read(ctx, LIMITS)) {
      upload = EventsBody.read(body, places, received);
    }
    refuseRevenue(ctx, project, upload);
    Sender sender = sender(project, sighting, upload);
    List<Row> rows = rows(project, upload, sender, sighting, batch(ctx, upload));
    var command =
        new StoreEvents(
            project.id(),
            Source.BACKSPOOL,
            received,
            sender instanceof Sender.Backend ? null : sender,
            sighting.server() ? null : sighting.userAgent(),
            null,
            null,
            rows);
    switch (events.store(command)) {
      case StoredEvents.Committed committed -> answer(ctx, rows, committed);
      case StoredEvents.Refused refused ->
          Problem.send(ctx, refusal(refused.reason(), refused.detail(), refused.retryAfter()));
    }
  }

  private static @Nullable String batch(Context ctx, EventsBody.Upload upload) {
    String header = ctx.header("Idempotency-Key");
    return upload.batch() == null && header != null
        ? EventsBody.checkedName(header, "Idempotency-Key")
        : upload.batch();
  }

  private void refuseRevenue(Context ctx, Project project, EventsBody.Upload upload) {
    if (project.allowUnsafeRevenue()) {
      return;
    }
    for (int i = 0; i < upload.events().size(); i++) {
      if (upload.events().get(i).revenue() != null) {
        String secret = ctx.header("Backspool-Client-Secret");
        if (secret == null || !projects.hasSecret(project.id(), secret)) {
          String field = "events[" + i + "].revenue";
          throw Refusal.of(Reason.WRONG_KEY, field + " needs the client's secret", field);
        }
        return;
      }
    }
  }

  /** A session that the SDK names is the recording's; else the server finds the visitor's. */
  private Sender sender(Project project, Sighting sighting, EventsBody.Upload upload) {
    String device = upload.device();
    DeviceIds ids =
        device != null
            ? DeviceIds.own(device)
            : events.devices().of(project.id(), sighting.userAgent(), sighting.ip());
    String session = upload.session();
    if (session != null) {
      return new Sender.Named(new Opener.Named(session), ids.current());
    }
    return device == null && sighting.server() ? new Sender.Backend(ids) : new Sender.Device(ids);
  }

  private List<Row> rows(
      Project project,
      EventsBody.Upload upload,
      Sender sender,
      Sighting sighting,
      @Nullable String batch) {
    var rows = new ArrayList<Row>(upload.events().size() + 3);
    EventsBody.Person person = upload.person();
    if (person != null && isWanted(project, person.id())) {
      rows.add(
          new Row.Identify(
              sender,
              person.id(),
              person.firstName(),
              person.lastName(),
              person.email(),
              person.avatar(),
              person.properties()));
    }
    EventsBody.Company group = upload.group();
    if (group != null) {
      rows.add(
          new Row.DefineGroup(sender, group.id(), group.type(), group.name(), group.properties()));
      if (isWanted(project, upload.profileId()) && upload.profileId() != null) {
        rows.add(new Row.AssignGroups(sender, upload.profileId(), List.of(group.id())));
      }
    }
    for (int i = 0; i < upload.events().size(); i++) {
      EventsBody.Event event = upload.events().get(i);
      String profile = event.profileId() == null ? upload.profileId() : event.profileId();
      if (isWanted(project, profile)) {
        String key = event.id() == null && batch != null ? "batch:" + batch + ":" + i : event.id();
        rows.add(
            new Row.Track(
                sender,
                event.name(),
                event.at(),
                key,
                profile,
                event.groups(),
                event.revenue(),
                event.place().place(),
                sighting.geo(),
                sighting.agent(),
                event.properties()));
      }
    }
    return rows;
  }

  /** Left out and counted, not refused: the page of an excluded person is not to be told so. */
  private boolean isWanted(Project project, @Nullable String profile) {
    if (profile == null || !project.excludedProfiles().contains(profile)) {
      return true;
    }
    ingest.count(project.id(), Source.BACKSPOOL, Reason.EXCLUDED, "Profile is excluded");
    return false;
  }

  private static void answer(Context ctx, List<Row> rows, StoredEvents.Committed committed) {
    int stored = 0;
    int repeated = 0;
    int erased = 0;
    for (int i = 0; i < rows.size(); i++) {
      RowOutcome outcome = committed.rows().get(i);
      if (outcome == RowOutcome.UNSTORABLE) {
        // Counted already. What could be stored is, so that only this one is missing.
        Problem.send(ctx, Refusal.of(Reason.UNSTORABLE, "The database refuses an event"));
        return;
      }
      if (rows.get(i) instanceof Row.Track) {
        stored += outcome == RowOutcome.STORED ? 1 : 0;
        repeated += outcome == RowOutcome.REPEATED ? 1 : 0;
        erased += outcome == RowOutcome.ERASED ? 1 : 0;
      }
    }
    if (!rows.isEmpty() && committed.rows().stream().allMatch(RowOutcome.ERASED::equals)) {
      Outcome.Refused why = Outcome.Refused.erased();
      Problem.send(ctx, refusal(why.reason(), why.detail(), null));
      return;
    }
    Json.send(ctx, new Answer(stored, repeated, committed.session(), erased == 0 ? null : erased));
  }

  private static Refusal refusal(Reason reason, String detail, @Nullable Duration retryAfter) {
    return retryAfter == null
        ? Refusal.of(reason, detail)
        : Refusal.later(reason, detail, retryAfter);
  }
}

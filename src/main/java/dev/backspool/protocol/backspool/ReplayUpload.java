package dev.backspool.protocol.backspool;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.ingest.WriteKey;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.session.Opener;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/replay?batch_id=&session_id=&tab_id=}: a JSON array or NDJSON of rrweb events,
 * plain or packed, gzip or zstd or neither. The write key comes as {@code Authorization: Bearer} or
 * {@code ?key=}, because a page that closes cannot set headers. Answers {@code {session_id,
 * batch_id, deduped, events}} once the events are committed.
 *
 * <p>Optional: {@code seq} (the batch's number in its tab, from 0, by which missing uploads are
 * noticed), {@code sent_at} (the client's clock, epoch ms), {@code profile_id}, {@code
 * profile_name}, {@code profile_email}. Without {@code batch_id} the content's hash names the
 * batch.
 */
public final class ReplayUpload {
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e]{1,200}");
  private static final int MOST_TEXT = 300;

  private final Ingest ingest;
  private final Bodies bodies;
  private final Bodies.Limits bodyLimits;
  private final Limits eventLimits;

  public ReplayUpload(Ingest ingest, Bodies bodies, Bodies.Limits bodyLimits, Limits eventLimits) {
    this.ingest = ingest;
    this.bodies = bodies;
    this.bodyLimits = bodyLimits;
    this.eventLimits = eventLimits;
  }

  record Answer(UUID sessionId, String batchId, boolean deduped, int events) {}

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
    var key = new WriteKey.SdkKey(key(ctx));
    return switch (ingest.admit(key, Source.BACKSPOOL, ctx.header("Origin"))) {
      case Admission.Admitted admitted -> admitted.project();
      case Admission.Refused refused -> {
        // Counted already, where the rule stands.
        throw refusal(refused.why());
      }
    };
  }

  private void accept(Context ctx, Project project) {
    Instant received = Instant.now();
    String session = name(ctx, "session_id");
    String tab = ctx.queryParam("tab_id") == null ? "main" : name(ctx, "tab_id");
    @Nullable Long seq = number(ctx, "seq", 0, Integer.MAX_VALUE);
    @Nullable Long sentAt = number(ctx, "sent_at", 0, 8_640_000_000_000_000L);
    EventBlock events;
    try (Body body = bodies.borrow(ctx, bodyLimits)) {
      events = read(body);
    }
    String batch =
        ctx.queryParam("batch_id") == null
            ? "sha256:" + session + ":" + events.contentHash()
            : name(ctx, "batch_id");
    var chunk =
        new StoreChunk(
            project.id(),
            Source.BACKSPOOL,
            new Opener.Named(session),
            batch,
            tab,
            seq,
            received,
            sentAt == null ? null : Instant.ofEpochMilli(sentAt),
            null,
            visitor(ctx),
            events);
    switch (ingest.store(chunk)) {
      case Outcome.Stored stored ->
          Json.send(ctx, new Answer(stored.session(), batch, stored.deduped(), stored.events()));
      case Outcome.Refused refused -> Problem.send(ctx, refusal(refused));
    }
  }

  private EventBlock read(Body body) {
    EventBlock events;
    try {
      var reader = new EventReader(eventLimits, Manner.STRICT, "events");
      reader.read(body.bytes(), 0, body.length());
      events = reader.finish();
    } catch (EventsRefused e) {
      throw Refusal.of(e.reason(), e.getMessage(), e.at());
    }
    if (events.eventCount() == 0) {
      throw Refusal.field("events", "The body holds no events");
    }
    return events;
  }

  private static Refusal refusal(Outcome.Refused refused) {
    return refused.retryAfter() == null
        ? Refusal.of(refused.reason(), refused.detail())
        : Refusal.later(refused.reason(), refused.detail(), refused.retryAfter());
  }

  /** The write key of a request; empty where it has none. */
  static String key(Context ctx) {
    String authorization = ctx.header("Authorization");
    if (authorization != null && authorization.startsWith("Bearer ")) {
      return authorization.substring("Bearer ".length()).strip();
    }
    String key = ctx.queryParam("key");
    return key == null ? "" : key;
  }

  private static String name(Context ctx, String parameter) {
    String value = ctx.queryParam(parameter);
    if (value == null || !NAME.matcher(value).matches()) {
      throw Refusal.field(
          parameter, parameter + " must be 1 to 200 printable ASCII characters without spaces");
    }
    return value;
  }

  private static @Nullable Long number(Context ctx, String parameter, long least, long most) {
    String text = ctx.queryParam(parameter);
    if (text == null) {
      return null;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for everything that is no such number.
    }
    throw Refusal.field(
        parameter, parameter + " must be a whole number from " + least + " to " + most);
  }

  private static Visitor visitor(Context ctx) {
    return Visitor.of(text(ctx.userAgent()))
        .withProfile(
            text(ctx.queryParam("profile_id")),
            text(ctx.queryParam("profile_name")),
            text(ctx.queryParam("profile_email")));
  }

  private static @Nullable String text(@Nullable String value) {
    if (value == null || value.isBlank()) {
      return null;
    }
    String clean = value.replace("\0", "");
    return clean.length() > MOST_TEXT ? clean.substring(0, MOST_TEXT) : clean;
  }
}

package dev.backspool.protocol.openpanel;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.enrich.ClientAddress;
import dev.backspool.enrich.GeoIp;
import dev.backspool.enrich.Referrers;
import dev.backspool.enrich.UserAgents;
import dev.backspool.event.Events;
import dev.backspool.event.Places;
import dev.backspool.event.Sender;
import dev.backspool.event.SessionIds;
import dev.backspool.event.Text;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.WriteKey;
import dev.backspool.rrweb.Limits;
import io.javalin.http.Context;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ingestion paths of the OpenPanel contract. Every success is JSON with {@code deviceId} and
 * {@code sessionId}, because the SDKs take anything else for a failure and send again.
 *
 * <p>For the same reason an increment of a profile that is not there is 404, and one of a property
 * that is no number 400, and a row of somebody who was erased 410, only for callers of their own
 * making. One that names itself with {@code openpanel-sdk-name} gets 202 and {@code {deviceId,
 * sessionId, rejected: "Profile not found"}}: it would ask three times more, come to the same, and
 * forget whose session it was.
 */
public final class OpenPanel {
  private static final Pattern CLIENT_ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  /** What pages may send beside plain headers: the SDKs' own, of today and of before. */
  private static final List<String> HEADERS =
      List.of(
          "content-type",
          "openpanel-client-id",
          "openpanel-client-secret",
          "openpanel-sdk-name",
          "openpanel-sdk-version",
          "mixan-client-id",
          "mixan-client-secret");

  private static final int MOST_RATIO = 1_000;
  private static final int MOST_SDK_TEXT = 100;
  private static final int MOST_USER_AGENT = 1_000;

  private final Events events;
  private final Ingest ingest;
  private final Bodies bodies;
  private final Bodies.Limits singleLimits;
  private final Bodies.Limits batchLimits;
  private final UserAgents userAgents;
  private final ClientAddress addresses;
  private final GeoIp geoIp;
  private final Places places;
  private final ReplayChunks replays;
  private final Repeats repeats = new Repeats();

  /**
   * The contract over the core.
   *
   * @param singleLimits of bodies that are one row
   * @param replayLimits of the rrweb events in one chunk
   */
  public OpenPanel(
      Events events,
      Ingest ingest,
      Bodies bodies,
      Bodies.Limits singleLimits,
      Limits replayLimits,
      UserAgents userAgents,
      Referrers referrers,
      ClientAddress addresses,
      GeoIp geoIp) {
    this.events = events;
    this.ingest = ingest;
    this.bodies = bodies;
    this.singleLimits = singleLimits;
    this.userAgents = userAgents;
    this.addresses = addresses;
    this.geoIp = geoIp;
    batchLimits =
        new Bodies.Limits(UploadReader.MOST_BATCH_BYTES, UploadReader.MOST_BATCH_BYTES, MOST_RATIO);
    places = new Places(referrers);
    replays = new ReplayChunks(events, ingest, replayLimits);
  }

  /** {@code OPTIONS} of every path. */
  public static void preflight(Context ctx) {
    Cors.preflightForAll(ctx, HEADERS);
  }

  /** {@code POST /track}: one row {@code {type, payload}}, or a batch of them. */
  public void track(Context ctx) {
    answer(ctx, singleLimits, UploadReader::track, OpenPanel::ids);
  }

  /** {@code POST /track/batch}: {@code {events: [{type, payload}, …]}}, answered row by row. */
  public void batch(Context ctx) {
    answer(ctx, batchLimits, UploadReader::batch, OpenPanel::ids);
  }

  /** {@code POST /event}, deprecated: an event alone. */
  public void event(Context ctx) {
    answer(ctx, singleLimits, of("track"), (_, _) -> Reply.text(202, "ok"));
  }

  /** {@code POST /profile}, deprecated: what is known of a profile. */
  public void profile(Context ctx) {
    answer(ctx, singleLimits, of("identify"), OpenPanel::profile);
  }

  /** {@code POST /profile/increment}, deprecated. */
  public void increment(Context ctx) {
    answer(ctx, singleLimits, of("increment"), OpenPanel::profile);
  }

  /** {@code POST /profile/decrement}, deprecated. */
  public void decrement(Context ctx) {
    answer(ctx, singleLimits, of("decrement"), OpenPanel::profile);
  }

  /** {@code GET /track/device-id}: whose device and session the caller is. */
  public void deviceId(Context ctx) {
    Cors.allowAll(ctx);
    Instant receivedAt = receivedAt();
    Reply reply =
        switch (admit(ctx, null, null)) {
          case Admission.Refused refused -> refused(refused);
          case Admission.Admitted admitted -> {
            Caller caller = caller(ctx, admitted, receivedAt, address(ctx));
            var rows = new Rows(caller, events.devices(), geoIp);
            Sender asker = rows.sender();
            Filing.Filed filed = file(caller, rows, asker, List.of());
            yield Reply.json(200, ids(caller, asker, filed).message("The visitor's device"));
          }
        };
    reply.send(ctx);
  }

  /** How a body is read. */
  private interface Form {
    UploadReader.Upload read(Body body, Places places, Instant receivedAt);
  }

  /** What the sender of a single row that was stored is told. */
  private interface Success {
    Reply of(Draft draft, Reply.Ids ids);
  }

  private static Form of(String type) {
    return (body, places, receivedAt) -> UploadReader.payload(type, body, places, receivedAt);
  }

  private static Reply ids(Draft draft, Reply.Ids ids) {
    return Reply.json(200, ids);
  }

  private static Reply profile(Draft draft, Reply.Ids ids) {
    return Reply.text(202, String.valueOf(draft.profile()));
  }

  /** A millisecond is as fine as the senders' own times are. */
  private Instant receivedAt() {
    return events.clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private void answer(Context ctx, Bodies.Limits limits, Form form, Success success) {
    Cors.allowAll(ctx);
    Instant receivedAt = receivedAt();
    String ip = address(ctx);
    UploadReader.Upload upload;
    ByteBuffer repeat;
    try (Body body = bodies.read(ctx, limits)) {
      upload = form.read(body, places, receivedAt);
      if (upload.single() instanceof Draft.Faulty faulty) {
        throw Refusal.of(Reason.MALFORMED, faulty.error());
      }
      repeat = repeat(ctx, upload, body, ip);
    } catch (Refusal refusal) {
      // Asked all the same, so that it counts for its project, and against its rate.
      if (admit(ctx, null, null) instanceof Admission.Admitted admitted) {
        count(admitted.project(), refusal.reason(), refusal.detail());
      }
      Reply.failure(refusal).send(ctx);
      return;
    }
    Reply reply =
        switch (admit(ctx, upload.clientId(), upload.clientSecret())) {
          case Admission.Refused refused -> refused(refused);
          case Admission.Admitted admitted -> {
            Caller caller = caller(ctx, admitted, receivedAt, ip);
            yield repeat == null
                ? store(caller, upload, success)
                : repeats.once(repeat, () -> store(caller, upload, success));
          }
        };
    reply.send(ctx);
  }

  /** What makes a repeat known; null where the contract wants none to be looked for. */
  private static @Nullable ByteBuffer repeat(
      Context ctx, UploadReader.Upload upload, Body body, @Nullable String ip) {
    String origin = ctx.header("Origin");
    String clientId = header(ctx, "client-id");
    if (upload.batch()
        || upload.single() instanceof Draft.Replay
        || ip == null
        || origin == null
        || clientId == null) {
      return null;
    }
    return Repeats.key(body, ip, origin, clientId);
  }

  private Admission admit(Context ctx, @Nullable String bodyId, @Nullable String bodySecret) {
    String clientId = header(ctx, "client-id");
    String secret = header(ctx, "client-secret");
    String id = clientId == null ? bodyId : clientId;
    if (id == null || !CLIENT_ID.matcher(id).matches()) {
      String detail = id == null ? "Missing client id" : "Client id is no UUID";
      ingest.count(null, Source.OPENPANEL, Reason.WRONG_KEY, detail);
      return new Admission.Refused(Outcome.Refused.forGood(Reason.WRONG_KEY, detail));
    }
    var key = new WriteKey.Client(UUID.fromString(id), secret == null ? bodySecret : secret);
    return ingest.admit(key, Source.OPENPANEL, ctx.header("Origin"));
  }

  private static Reply refused(Admission.Refused refused) {
    Outcome.Refused why = refused.why();
    return Reply.failure(why.reason(), why.detail(), why.retryAfter());
  }

  private @Nullable String address(Context ctx) {
    return addresses.of(ctx::header, ctx.req().getRemoteAddr());
  }

  private Caller caller(
      Context ctx, Admission.Admitted admitted, Instant receivedAt, @Nullable String ip) {
    String userAgent = cut(ctx.userAgent(), MOST_USER_AGENT);
    return new Caller(
        admitted.project(),
        admitted.secretVerified(),
        receivedAt,
        userAgent,
        userAgents.parse(userAgent),
        userAgents.isServer(userAgent),
        ip,
        cut(header(ctx, "sdk-name"), MOST_SDK_TEXT),
        cut(header(ctx, "sdk-version"), MOST_SDK_TEXT));
  }

  /** A header of the SDKs, by its name of today or of before. */
  private static @Nullable String header(Context ctx, String name) {
    String value = ctx.header("openpanel-" + name);
    return value == null ? ctx.header("mixan-" + name) : value;
  }

  private static @Nullable String cut(@Nullable String text, int most) {
    if (text == null || text.isBlank()) {
      return null;
    }
    String clean = Text.clean(text);
    return clean.length() > most ? clean.substring(0, most) : clean;
  }

  private Reply store(Caller caller, UploadReader.Upload upload, Success success) {
    var rows = new Rows(caller, events.devices(), geoIp);
    if (caller.ip() != null && rows.isExcluded(caller.ip())) {
      count(caller.project(), Reason.EXCLUDED, "Address is excluded");
      return Reply.failure(Reason.EXCLUDED, "Address is excluded", null);
    }
    if (!caller.secretVerified() && userAgents.isBot(caller.userAgent())) {
      count(caller.project(), Reason.BOT, String.valueOf(caller.userAgent()));
      return bot(caller, upload, rows);
    }
    Draft single = upload.single();
    return single == null
        ? batch(file(caller, rows, null, upload.rows()))
        : single(caller, rows, single, success);
  }

  /** Crawlers are told that all is well, and nothing is stored. */
  private Reply bot(Caller caller, UploadReader.Upload upload, Rows rows) {
    if (upload.batch()) {
      return Reply.json(202, new Reply.Batch(0, List.of(), Reply.Bot.USER_AGENT));
    }
    var nothing = new Filing.Filed(List.of(), null, null);
    return Reply.json(202, ids(caller, rows.sender(), nothing).bot(Reply.Bot.USER_AGENT));
  }

  private Reply single(Caller caller, Rows rows, Draft draft, Success success) {
    Sender asker = rows.asker(draft);
    Filing.Filed filed = file(caller, rows, asker, List.of(draft));
    Ending ending = filed.endings().getFirst();
    Reply.Ids ids = ids(caller, asker, filed);
    if (ending.isStored()) {
      return success.of(draft, ids);
    }
    return ending.isFinal() && caller.sdkName() != null
        ? Reply.json(202, ids.rejected(ending.error()))
        : Reply.failure(ending.status(), ending.error(), ending.retryAfter());
  }

  private static Reply batch(Filing.Filed filed) {
    if (!filed.storedAny()) {
      for (Ending ending : filed.endings()) {
        if (ending.isPassing()) {
          return Reply.failure(ending.status(), ending.error(), ending.retryAfter());
        }
      }
    }
    var rejected = new ArrayList<Reply.Rejected>();
    for (int i = 0; i < filed.endings().size(); i++) {
      Ending ending = filed.endings().get(i);
      if (!ending.isStored()) {
        rejected.add(new Reply.Rejected(i, ending.reason(), ending.error()));
      }
    }
    return Reply.json(
        202, new Reply.Batch(filed.endings().size() - rejected.size(), rejected, null));
  }

  private Filing.Filed file(Caller caller, Rows rows, @Nullable Sender asker, List<Draft> drafts) {
    return Filing.file(events, ingest, replays, caller, rows, asker, drafts);
  }

  /** As the core named them; where it was not asked, what it would name a visitor of now. */
  private static Reply.Ids ids(Caller caller, Sender asker, Filing.Filed filed) {
    String device = filed.device();
    if (device == null) {
      device = Rows.ids(asker).current();
    }
    UUID session = filed.session();
    if (session == null) {
      session =
          SessionIds.of(
              caller.project().id().toString(), device, caller.receivedAt().toEpochMilli());
    }
    return new Reply.Ids(device, SessionIds.text(session));
  }

  private void count(Project project, Reason reason, String detail) {
    ingest.count(project.id(), Source.OPENPANEL, reason, detail);
  }
}

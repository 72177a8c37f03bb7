package dev.backspool.protocol.uxcam;

import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.enrich.Sighting;
import dev.backspool.event.Events;
import dev.backspool.event.Row;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.http.Cors;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.ingest.WriteKey;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.session.Opener;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One upload of this contract on its way in. The key is inside the body, so the envelope is read
 * before anyone is admitted; what is refused after that is counted for its project.
 */
final class UxcamDoor {
  private final Ingest ingest;
  private final Context ctx;
  private final Instant received = Instant.now();
  private @Nullable UUID project;

  private UxcamDoor(Ingest ingest, Context ctx) {
    this.ingest = ingest;
    this.ctx = ctx;
  }

  /** What an upload does with its request; throws a refusal, or answers. */
  @FunctionalInterface
  interface Upload {
    void accept(UxcamDoor door) throws EventsRefused;
  }

  /** Runs an upload; refusals are answered in the contract's form, readable by the page. */
  static void answer(Ingest ingest, Context ctx, Upload upload) {
    Cors.allow(ctx);
    var door = new UxcamDoor(ingest, ctx);
    try {
      upload.accept(door);
    } catch (EventsRefused e) {
      door.refuse(Refusal.of(e.reason(), e.getMessage(), e.at()));
    } catch (Refusal refusal) {
      door.refuse(refusal);
    }
  }

  private void refuse(Refusal refusal) {
    if (project != null) {
      ingest.count(project, Source.UXCAM, refusal.reason(), refusal.detail());
    }
    UxcamForm.send(ctx, refusal);
  }

  /** When the request came. */
  Instant received() {
    return received;
  }

  /** Whose upload it is, once it was let in. */
  UUID project() {
    if (project == null) {
      throw new IllegalStateException("the upload was not admitted");
    }
    return project;
  }

  /** Lets the upload in, or throws why not. */
  void admit(UploadHead head) {
    var key = new WriteKey.SdkKey(head.sdkKey());
    project =
        switch (ingest.admit(key, Source.UXCAM, ctx.header("Origin"))) {
          case Admission.Admitted admitted -> admitted.project().id();
          case Admission.Refused refused -> throw UxcamForm.refusal(refused.why());
        };
  }

  /**
   * Commits the events of an upload that was let in. Answers a refusal itself, because those are
   * counted already, and then returns null.
   *
   * <p>The original names no batch, so that a retry looks like a repeat: without a {@code batch_id}
   * the session and the hash of the decoded events name it.
   */
  Outcome.@Nullable Stored store(UploadHead head, Visitor visitor, EventBlock events) {
    String batch = head.batch();
    var chunk =
        new StoreChunk(
            project(),
            Source.UXCAM,
            new Opener.Named(head.session()),
            batch == null ? "sha256:" + head.session() + ":" + events.contentHash() : batch,
            head.tab(),
            null,
            received,
            null,
            null,
            visitor,
            events);
    return switch (ingest.store(chunk)) {
      case Outcome.Stored stored -> stored;
      case Outcome.Refused refused -> {
        UxcamForm.send(ctx, UxcamForm.refusal(refused));
        yield null;
      }
    };
  }

  /**
   * Commits the rows of an upload that was let in. Answers a refusal itself, because those are
   * counted already, and then returns false.
   */
  boolean store(Events events, Sighting sighting, List<Row> rows) {
    String userAgent = sighting.server() ? null : sighting.userAgent();
    var command =
        new StoreEvents(project(), Source.UXCAM, received, null, userAgent, null, null, rows);
    Refusal refused =
        switch (events.store(command)) {
          case StoredEvents.Refused why -> UxcamForm.refusal(why);
          case StoredEvents.Committed committed -> refused(committed.rows());
        };
    if (refused != null) {
      UxcamForm.send(ctx, refused);
    }
    return refused == null;
  }

  /** The events of an upload are of one session: all of it may be stored, or nothing. */
  private static @Nullable Refusal refused(List<StoredEvents.RowOutcome> rows) {
    if (rows.contains(StoredEvents.RowOutcome.ERASED)) {
      return UxcamForm.refusal(Outcome.Refused.erased());
    }
    return rows.contains(StoredEvents.RowOutcome.UNSTORABLE)
        ? Refusal.of(Reason.UNSTORABLE, "The database refuses an event")
        : null;
  }
}

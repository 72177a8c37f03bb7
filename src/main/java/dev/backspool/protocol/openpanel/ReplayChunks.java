package dev.backspool.protocol.openpanel;

import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.event.DeviceIds;
import dev.backspool.event.Events;
import dev.backspool.event.SessionIds;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventReader;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.session.Opener;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Stores chunks of recordings in the session that the visitor's events opened.
 *
 * <p>The contract names no tab, and {@code chunk_index} restarts at each page load, so that a chunk
 * cannot be told from one of another page. All chunks of a session therefore are one tab in order
 * of time; each page begins with a Meta and a FullSnapshot, from which a player builds it anew, so
 * that its node ids hold until the next.
 */
final class ReplayChunks {
  private static final String TAB = "main";
  private static final int HASH_BYTES = 16;

  private final Events events;
  private final Ingest ingest;
  private final Limits limits;

  ReplayChunks(Events events, Ingest ingest, Limits limits) {
    this.events = events;
    this.ingest = ingest;
    this.limits = limits;
  }

  /** Commits a chunk, or says why not. */
  Ending store(Caller caller, DeviceIds device, Draft.Replay replay) {
    UUID project = caller.project().id();
    EventBlock block;
    try {
      byte[] json = replay.events().getBytes(StandardCharsets.UTF_8);
      var reader = new EventReader(limits, Manner.STRICT, "payload.payload");
      reader.readArray(json, 0, json.length);
      block = reader.finish();
    } catch (EventsRefused e) {
      return refused(caller, e.reason(), e.getMessage());
    }
    if (block.eventCount() == 0) {
      return refused(caller, Reason.MALFORMED, "payload.payload: holds no events");
    }
    UUID echoed = replay.session() == null ? null : SessionIds.parse(replay.session());
    boolean isKnown = echoed != null && events.knows(project, echoed);
    if (echoed != null && !isKnown && events.isErased(project, List.of(echoed))) {
      return erased(caller);
    }
    Optional<UUID> session =
        isKnown ? Optional.ofNullable(echoed) : events.recordingSession(project, device);
    if (session.isEmpty()) {
      return events.isErased(project, sessionsOfNow(caller, device))
          ? erased(caller)
          : refused(caller, Reason.MALFORMED, "Session ID is required for replay");
    }
    var chunk =
        new StoreChunk(
            project,
            Source.OPENPANEL,
            new Opener.Known(session.get()),
            name(session.get(), replay, block),
            TAB,
            null,
            caller.receivedAt(),
            null,
            null,
            Visitor.of(caller.userAgent()),
            block);
    return switch (ingest.store(chunk)) {
      case Outcome.Stored _ -> Ending.STORED;
      case Outcome.Refused why -> Ending.of(why);
    };
  }

  /** What the visitor's session would be, if events opened it now. */
  private static List<UUID> sessionsOfNow(Caller caller, DeviceIds device) {
    String project = caller.project().id().toString();
    long now = caller.receivedAt().toEpochMilli();
    return device.names().stream().map(name -> SessionIds.of(project, name, now)).toList();
  }

  private Ending erased(Caller caller) {
    Outcome.Refused erased = Outcome.Refused.erased();
    return refused(caller, erased.reason(), erased.detail());
  }

  private Ending refused(Caller caller, Reason reason, String detail) {
    ingest.count(caller.project().id(), Source.OPENPANEL, reason, detail);
    return Ending.of(reason, detail, null);
  }

  /** A retry has the same name; the SDK gives none. */
  private static String name(UUID session, Draft.Replay replay, EventBlock block) {
    String said =
        String.join(
            "\n",
            session.toString(),
            replay.startedAt(),
            Integer.toString(replay.chunkIndex()),
            block.contentHash());
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(said.getBytes(StandardCharsets.UTF_8));
      return "sha256:" + HexFormat.of().formatHex(hash, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

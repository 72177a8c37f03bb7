package dev.backspool.api;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.backspool.http.Coding;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Recordings;
import dev.backspool.recording.Reel;
import dev.backspool.recording.SessionSummary;
import dev.backspool.recording.Sessions;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Recordings over HTTP: the index, single frames, and all events as one stream. */
public final class RecordingApi {
  private static final Logger LOG = LoggerFactory.getLogger(RecordingApi.class);
  private static final Set<Coding> ALL = Set.of(Coding.values());
  private static final String NDJSON = "application/x-ndjson; charset=utf-8";

  /** How many times smaller gzip makes a frame, nearly. */
  private static final int GZIP_SAVES = 8;

  /** When to ask again for what lies in an archive that does not answer. */
  private static final Duration ARCHIVE_RETRY = Duration.ofSeconds(5);

  private final Projects projects;
  private final Sessions sessions;
  private final Recordings recordings;
  private final Playback playback;

  public RecordingApi(
      Projects projects, Sessions sessions, Recordings recordings, Playback playback) {
    this.projects = projects;
    this.sessions = sessions;
    this.recordings = recordings;
    this.playback = playback;
  }

  /** {@code GET …/recording}: what a player must know before it loads a frame. */
  public void index(Context ctx) {
    SessionSummary session = SessionApi.find(projects, sessions, ctx);
    UUID project = ProjectApi.find(projects, ctx).id();
    var index = RecordingJson.of(session.id(), recordings.index(project, session));
    ctx.contentType("application/json; charset=utf-8");
    Coding.send(ctx, Json.bytes(index));
  }

  /**
   * {@code GET …/recording/frames/{n}}: the frame's events as lines of JSON. They may be kept for
   * good: a frame changes once at most, when it is archived and loses what the upload before it had
   * brought already, and both forms play alike.
   *
   * <p>The tag names the lines, so it is the same before and after archiving. It is weak for coded
   * answers: the same lines may be compressed to other bytes then.
   */
  public void frame(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    UUID session = Parameters.id(ctx, "session").orElseThrow(NotThere::session);
    long n = number(ctx.pathParam("frame"));
    Payload payload;
    try {
      payload = playback.verified(project, session, n).orElseThrow(NotThere::frame);
    } catch (IOException failure) {
      LOG.warn("Frame {} of session {} cannot be read: {}", n, session, failure.getMessage());
      sendProblem(ctx, failure);
      return;
    }
    Coding coding = Coding.of(ctx, ALL);
    String tag = "\"%d-%s-%s\"".formatted(n, payload.fingerprint(), coding.token());
    if (coding != Coding.IDENTITY) {
      tag = "W/" + tag;
    }
    coding.describe(ctx);
    ctx.header("ETag", tag);
    ctx.header("Cache-Control", "private, max-age=31536000, immutable");
    if (Site.isKnown(ctx, tag)) {
      ctx.removeHeader("Content-Encoding");
      ctx.status(304);
      return;
    }
    ctx.contentType(NDJSON);
    ctx.result(coding == Coding.ZSTD ? payload.zstd() : coded(payload, coding));
  }

  private static void sendProblem(Context ctx, IOException failure) {
    switch (Fault.of(failure)) {
      case MISSING ->
          Problem.send(
              ctx,
              Problem.of(
                  410, "frame_missing", "Gone", "The archive does not have this frame any more"));
      case DAMAGED ->
          Problem.send(
              ctx,
              Problem.of(
                  410, "frame_damaged", "Gone", "The stored bytes of this frame are damaged"));
      case UNAVAILABLE ->
          Problem.send(
              ctx,
              Problem.of(
                  503,
                  "archive_unavailable",
                  "Not available now",
                  "The archive that holds this frame does not answer"),
              ARCHIVE_RETRY);
    }
  }

  private static byte[] coded(Payload payload, Coding coding) {
    var bytes =
        new ByteArrayOutputStream(
            coding == Coding.GZIP ? payload.rawBytes() / GZIP_SAVES : payload.rawBytes());
    try (OutputStream out = coding == Coding.GZIP ? new GZIPOutputStream(bytes) : bytes) {
      payload.writeLines(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static long number(String text) {
    try {
      long n = Long.parseLong(text);
      if (Long.toString(n).equals(text)) {
        return n;
      }
    } catch (NumberFormatException e) {
      // Falls through: there is no frame of that name.
    }
    throw NotThere.frame();
  }

  /**
   * {@code GET …/recording/events}: every event as a line of JSON, tab by tab in play order, one
   * frame in memory at a time. What cannot be read is left out; {@code Backspool-Events} tells how
   * many lines a whole stream has, the trailer {@code Backspool-Events-Left-Out} how many are not
   * in it.
   */
  public void events(Context ctx) throws IOException {
    UUID project = ProjectApi.find(projects, ctx).id();
    SessionSummary session = SessionApi.find(projects, sessions, ctx);
    Reel reel = playback.reel(project, session.id());
    long unread = reel.contents().unread().stream().mapToLong(each -> each.part().events()).sum();
    List<Frame> frames = reel.contents().frames();
    Coding coding = Coding.of(ctx, ALL);
    coding.describe(ctx);
    ctx.contentType(NDJSON);
    ctx.header(
        "Backspool-Events", Long.toString(unread + frames.stream().mapToLong(Frame::events).sum()));
    ctx.header("Trailer", "Backspool-Events-Left-Out");
    long[] leftOut = {unread};
    ctx.res()
        .setTrailerFields(() -> Map.of("Backspool-Events-Left-Out", Long.toString(leftOut[0])));
    try (OutputStream out = opened(ctx.res().getOutputStream(), coding)) {
      writeEvents(out, reel, frames, leftOut);
    }
    if (leftOut[0] > 0) {
      LOG.warn(
          "{} events of session {} cannot be read and were left out", leftOut[0], session.id());
    }
  }

  private static OutputStream opened(OutputStream out, Coding coding) throws IOException {
    return switch (coding) {
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out);
      case GZIP -> new GZIPOutputStream(out);
      case IDENTITY -> out;
    };
  }

  private static void writeEvents(OutputStream out, Reel reel, List<Frame> frames, long[] leftOut)
      throws IOException {
    boolean away = false;
    for (Frame frame : frames) {
      Optional<Payload> payload = Optional.empty();
      try {
        payload = away ? payload : reel.read(frame);
      } catch (IOException unreadable) {
        // It is left out.
      } catch (DatabaseUnavailable e) {
        // The answer has begun, so a database that goes away now can only be told at its end.
        away = true;
      }
      if (payload.isPresent()) {
        payload.get().writeLines(out);
      } else {
        leftOut[0] += frame.events();
      }
    }
  }
}

package dev.backspool.protocol.stackauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.Project;
import dev.backspool.http.Json;
import dev.backspool.ingest.Ingest;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.protocol.stackauth.ChunkRows.Chunk;
import dev.backspool.protocol.stackauth.ChunkRows.Chunks;
import dev.backspool.protocol.stackauth.ReplayRows.Replay;
import dev.backspool.protocol.stackauth.ReplayRows.Row;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import dev.backspool.recording.Payload;
import dev.backspool.recording.Playback;
import dev.backspool.recording.Reel;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The read side, for the project's own servers: they show the project's secret. What belongs to
 * another project does not exist for them.
 */
public final class ReplayReads {
  private static final String JSON = "application/json; charset=utf-8";

  private final Callers callers;
  private final ReplayRows replays;
  private final ChunkRows chunks;
  private final Playback playback;

  public ReplayReads(Ingest ingest, Projects projects, Database database, Playback playback) {
    this.callers = new Callers(ingest, projects);
    this.replays = new ReplayRows(database);
    this.chunks = new ChunkRows(database, playback);
    this.playback = playback;
  }

  record Pagination(@Nullable String nextCursor) {}

  record ReplayPage(List<Replay> items, Pagination pagination) {}

  record ChunkPage(List<Chunk> items, List<Gap> gaps, Pagination pagination) {}

  /**
   * Events that are not in an answer although they were stored.
   *
   * @param chunkId the chunk that cannot be opened; null when the chunk itself cannot be found
   * @param place the chunk's place among its segment's, from 0; null when the chunk is there
   * @param reason {@code missing}, {@code damaged}, or {@code unavailable} for now
   */
  record Gap(
      String sessionReplaySegmentId,
      @Nullable String chunkId,
      @Nullable Integer place,
      String reason) {}

  private interface Answer {
    void to(Query query, UUID project) throws IOException;
  }

  private void answer(Context ctx, Answer answer) {
    try {
      Project project = callers.server(ctx);
      answer.to(new Query(ctx), project.id());
    } catch (StackFailure failure) {
      Answers.failure(ctx, failure);
    } catch (DatabaseUnavailable away) {
      Answers.failure(ctx, Answers.databaseAway());
    } catch (IOException gone) {
      throw new UncheckedIOException(gone); // the client left in the middle of its answer
    } catch (RuntimeException unforeseen) {
      Answers.unexpected(ctx, unforeseen);
    }
  }

  /** {@code GET …}: a page of replays, the one with the latest event first. */
  public void list(Context ctx) {
    answer(
        ctx,
        (query, project) -> {
          int limit = query.number("limit", 1, 200, 50);
          ReplayFilter filter = ReplayFilter.of(query);
          ReplayCursor after = replayCursor(project, query.text("cursor"));
          List<Row> rows = replays.list(project, filter, after, limit + 1);
          List<Row> page = rows.subList(0, Math.min(limit, rows.size()));
          String next = rows.size() > limit ? page.getLast().cursor().text() : null;
          Json.send(
              ctx, new ReplayPage(page.stream().map(Row::replay).toList(), new Pagination(next)));
        });
  }

  private @Nullable ReplayCursor replayCursor(UUID project, @Nullable String text) {
    if (text == null) {
      return null;
    }
    ReplayCursor cursor = ReplayCursor.parse(text).orElseThrow(() -> StackFailure.notFound(text));
    Row row = replays.one(project, cursor.id()).orElseThrow(() -> StackFailure.notFound(text));
    return cursor.lastEventMicros() == null ? row.cursor() : cursor;
  }

  /** {@code GET …/{id}}: one replay. */
  public void one(Context ctx) {
    answer(ctx, (_, project) -> Json.send(ctx, replay(ctx, project)));
  }

  /** {@code GET …/{id}/chunks}: a page of its chunks, by their first events' time. */
  public void chunks(Context ctx) {
    answer(
        ctx,
        (query, project) -> {
          int limit = query.number("limit", 1, 500, 100);
          Chunks found = chunks.of(project, replay(ctx, project).id());
          String cursor = query.text("cursor");
          List<Chunk> rows =
              cursor == null
                  ? found.all()
                  : found.after(cursor).orElseThrow(() -> notFound(found, cursor));
          List<Chunk> page = rows.subList(0, Math.min(limit, rows.size()));
          String next = rows.size() > limit ? page.getLast().id() : null;
          Json.send(ctx, new ChunkPage(page, holes(found), new Pagination(next)));
        });
  }

  /** While the archive is away nobody knows which chunks there are. */
  private static StackFailure notFound(Chunks found, String chunk) {
    return found.someUnavailable() ? Answers.archiveAway() : StackFailure.notFound(chunk);
  }

  private static List<Gap> holes(Chunks found) {
    return found.holes().stream()
        .map(hole -> new Gap(hole.segment(), null, hole.place(), reason(hole.fault())))
        .toList();
  }

  /** {@code GET …/{id}/chunks/{chunk}/events}: the events of one chunk. */
  public void chunkEvents(Context ctx) {
    answer(
        ctx,
        (_, project) -> {
          UUID replay = replay(ctx, project).id();
          String chunk = ctx.pathParam("chunk");
          Payload payload = payload(project, replay, chunk);
          OutputStream out = ctx.contentType(JSON).outputStream();
          out.write("{\"events\":".getBytes(UTF_8));
          payload.writeArray(out);
          out.write('}');
        });
  }

  private Payload payload(UUID project, UUID replay, String chunk) {
    try {
      return playback
          .verified(project, replay, number(chunk))
          .orElseThrow(() -> StackFailure.notFound(chunk));
    } catch (IOException unreadable) {
      throw Fault.of(unreadable) == Fault.UNAVAILABLE
          ? Answers.archiveAway()
          : StackFailure.notFound(chunk);
    }
  }

  private static long number(String chunk) {
    try {
      return Long.parseLong(chunk);
    } catch (NumberFormatException e) {
      throw StackFailure.notFound(chunk);
    }
  }

  /**
   * {@code GET …/{id}/events}: all its chunks, and the events of those from {@code offset} on,
   * {@code limit} of them. Chunks are opened one after the other and sent as they are opened, so
   * that a day's recording needs no more memory than its largest chunk. What is gone or cannot be
   * opened is named in {@code gaps}; the rest is there.
   */
  public void events(Context ctx) {
    answer(
        ctx,
        (query, project) -> {
          int offset = query.number("offset", 0, Integer.MAX_VALUE, 0);
          int limit = query.number("limit", 1, Integer.MAX_VALUE, Integer.MAX_VALUE);
          Chunks found = chunks.of(project, replay(ctx, project).id());
          var gaps = new ArrayList<>(holes(found));
          int all = found.frames().size();
          int from = Math.min(offset, all);
          int to = (int) Math.min((long) from + limit, all);
          OutputStream out = ctx.contentType(JSON).outputStream();
          out.write("{\"chunks\":".getBytes(UTF_8));
          out.write(Json.bytes(found.all()));
          out.write(",\"chunk_events\":[".getBytes(UTF_8));
          writeEvents(out, found.reel(), found.frames().subList(from, to), gaps);
          out.write("],\"gaps\":".getBytes(UTF_8));
          out.write(Json.bytes(gaps));
          out.write('}');
        });
  }

  private static void writeEvents(OutputStream out, Reel reel, List<Frame> slice, List<Gap> gaps)
      throws IOException {
    boolean away = false;
    String separator = "";
    for (Frame frame : slice) {
      Optional<Payload> payload = Optional.empty();
      Fault fault = away ? Fault.UNAVAILABLE : Fault.MISSING;
      try {
        payload = away ? payload : reel.read(frame);
      } catch (IOException unreadable) {
        fault = Fault.of(unreadable);
      } catch (DatabaseUnavailable e) {
        // The answer has begun, so a database that goes away now can only be told as a gap.
        away = true;
        fault = Fault.UNAVAILABLE;
      }
      String id = Long.toString(frame.n());
      out.write((separator + "{\"chunk_id\":\"" + id + "\",\"events\":").getBytes(UTF_8));
      if (payload.isPresent()) {
        payload.get().writeArray(out);
      } else {
        out.write("[]".getBytes(UTF_8));
        gaps.add(new Gap(frame.tab(), id, null, reason(fault)));
      }
      out.write('}');
      separator = ",";
    }
  }

  private static String reason(Fault fault) {
    return fault.name().toLowerCase(Locale.ROOT);
  }

  private Replay replay(Context ctx, UUID project) {
    String id = ctx.pathParam("id");
    return StackIds.parse(id)
        .flatMap(uuid -> replays.one(project, uuid))
        .orElseThrow(() -> StackFailure.notFound(id))
        .replay();
  }
}

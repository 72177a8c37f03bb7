package dev.backspool.protocol.stackauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.backspool.Project;
import dev.backspool.http.Json;
import dev.backspool.ingest.Ingest;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.protocol.stackauth.ChunkEvents.Opened;
import dev.backspool.protocol.stackauth.ChunkRows.Chunk;
import dev.backspool.protocol.stackauth.ChunkRows.Hole;
import dev.backspool.protocol.stackauth.ReplayRows.Replay;
import dev.backspool.protocol.stackauth.ReplayRows.Row;
import dev.backspool.recording.Playback;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
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
  private final ChunkEvents events;

  public ReplayReads(Ingest ingest, Projects projects, Database database, Playback playback) {
    this.callers = new Callers(ingest, projects);
    this.replays = new ReplayRows(database);
    this.chunks = new ChunkRows(database);
    this.events = new ChunkEvents(playback);
  }

  record Pagination(@Nullable String nextCursor) {}

  record ReplayPage(List<Replay> items, Pagination pagination) {}

  record ChunkPage(List<Chunk> items, Pagination pagination) {}

  /**
   * Events that are not in an answer although they were stored.
   *
   * @param chunkId the chunk that cannot be opened; null when the chunk itself is gone
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
          UUID replay = replay(ctx, project).id();
          String cursor = query.text("cursor");
          Long after = cursor == null ? null : Long.valueOf(chunk(project, replay, cursor).id());
          List<Chunk> rows = chunks.list(project, replay, after, limit + 1);
          List<Chunk> page = rows.subList(0, Math.min(limit, rows.size()));
          String next = rows.size() > limit ? page.getLast().id() : null;
          Json.send(ctx, new ChunkPage(page, new Pagination(next)));
        });
  }

  /** {@code GET …/{id}/chunks/{chunk}/events}: the events of one chunk. */
  public void chunkEvents(Context ctx) {
    answer(
        ctx,
        (_, project) -> {
          UUID replay = replay(ctx, project).id();
          Chunk chunk = chunk(project, replay, ctx.pathParam("chunk"));
          switch (events.open(project, replay, Long.parseLong(chunk.id()))) {
            case Opened.Events opened -> {
              OutputStream out = ctx.contentType(JSON).outputStream();
              out.write("{\"events\":".getBytes(UTF_8));
              ChunkEvents.writeArray(out, opened.lines());
              out.write('}');
            }
            case Opened.Gap gap -> {
              if (gap.reason().equals("unavailable")) {
                throw Answers.databaseAway();
              }
              throw StackFailure.notFound(chunk.id());
            }
          }
        });
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
          UUID replay = replay(ctx, project).id();
          List<Chunk> all = chunks.list(project, replay, null, Integer.MAX_VALUE);
          var gaps = new ArrayList<Gap>();
          for (Hole hole : chunks.holes(project, replay)) {
            gaps.add(new Gap(hole.segment(), null, hole.place(), "missing"));
          }
          int from = Math.min(offset, all.size());
          int to = (int) Math.min((long) from + limit, all.size());
          OutputStream out = ctx.contentType(JSON).outputStream();
          out.write("{\"chunks\":".getBytes(UTF_8));
          out.write(Json.bytes(all));
          out.write(",\"chunk_events\":[".getBytes(UTF_8));
          writeEvents(out, project, replay, all.subList(from, to), gaps);
          out.write("],\"gaps\":".getBytes(UTF_8));
          out.write(Json.bytes(gaps));
          out.write('}');
        });
  }

  private void writeEvents(
      OutputStream out, UUID project, UUID replay, List<Chunk> slice, List<Gap> gaps)
      throws IOException {
    boolean away = false;
    String separator = "";
    for (Chunk chunk : slice) {
      Opened opened =
          away
              ? new Opened.Gap("unavailable")
              : events.open(project, replay, Long.parseLong(chunk.id()));
      out.write((separator + "{\"chunk_id\":\"" + chunk.id() + "\",\"events\":").getBytes(UTF_8));
      switch (opened) {
        case Opened.Events whole -> ChunkEvents.writeArray(out, whole.lines());
        case Opened.Gap gap -> {
          // The answer has begun, so a database that goes away now can only be told as a gap.
          away = gap.reason().equals("unavailable");
          out.write("[]".getBytes(UTF_8));
          gaps.add(new Gap(chunk.sessionReplaySegmentId(), chunk.id(), null, gap.reason()));
        }
      }
      out.write('}');
      separator = ",";
    }
  }

  private Replay replay(Context ctx, UUID project) {
    String id = ctx.pathParam("id");
    return StackIds.parse(id)
        .flatMap(uuid -> replays.one(project, uuid))
        .orElseThrow(() -> StackFailure.notFound(id))
        .replay();
  }

  private Chunk chunk(UUID project, UUID replay, String id) {
    long number;
    try {
      number = Long.parseLong(id);
    } catch (NumberFormatException e) {
      throw StackFailure.notFound(id);
    }
    return chunks.one(project, replay, number).orElseThrow(() -> StackFailure.notFound(id));
  }
}

package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.api.SyncVerifyJson.Line;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.project.Projects;
import dev.backspool.sync.SinkRow;
import dev.backspool.sync.Sync;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies copies elsewhere, for whoever cannot open them beside the server. */
public final class SyncVerifyApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SyncVerifyApi.class);

  private final Sync sync;
  private final Projects projects;
  private final Semaphore one = new Semaphore(1);
  private volatile @Nullable SyncCheck running;

  public SyncVerifyApi(Sync sync, Projects projects) {
    this.sync = sync;
    this.projects = projects;
  }

  /**
   * {@code POST /api/internal/sync/verify?repair=&project=&sink=}: lines of JSON as it goes on, and
   * whoever goes away ends it. 409 {@code verification_runs} when another one runs.
   */
  public void post(Context ctx) throws InterruptedException {
    var options = new SyncCheck.Options(project(ctx), sink(ctx), Parameters.flag(ctx, "repair"));
    if (!one.tryAcquire()) {
      Problem.send(
          ctx,
          Problem.of(
              409, "verification_runs", "Runs already", "Another verification of copies runs"));
      return;
    }
    try {
      var lines = new Lines(ctx);
      var check =
          new SyncCheck(
              sync.sinks(),
              sync.statuses(),
              sync.verifier(),
              projects.all(),
              options,
              lines::write);
      running = check;
      // Told at once: until the first mapping is compared a while may pass.
      lines.begin();
      run(check, lines);
    } finally {
      running = null;
      one.release();
    }
  }

  private @Nullable UUID project(Context ctx) {
    String text = Parameters.text(ctx, "project");
    return text == null
        ? null
        : Parameters.uuid(text)
            .flatMap(projects::byId)
            .map(Project::id)
            .orElseThrow(() -> Refusal.field("project", "project must be the id of a project"));
  }

  private @Nullable UUID sink(Context ctx) {
    String text = Parameters.text(ctx, "sink");
    return text == null
        ? null
        : Parameters.uuid(text)
            .flatMap(sync.sinks()::find)
            .map(SinkRow::id)
            .orElseThrow(() -> Refusal.field("sink", "sink must be the id of a sink"));
  }

  private static void run(SyncCheck check, Lines lines) throws InterruptedException {
    // A columnar store within the process works on the thread that calls it.
    var task = new FutureTask<Line>(check::run);
    Thread.ofPlatform().name("sync-verify").start(task);
    try {
      lines.end(task.get());
    } catch (InterruptedException e) {
      check.end();
      throw e;
    } catch (ExecutionException failure) {
      lines.fail(failure.getCause());
    }
  }

  /** Ends the one that runs. */
  @Override
  public void close() {
    SyncCheck check = running;
    if (check != null) {
      check.end();
    }
  }

  /** The answer. */
  private static final class Lines {
    private final Context ctx;
    private @Nullable OutputStream out;

    Lines(Context ctx) {
      this.ctx = ctx;
    }

    void begin() {
      try {
        ctx.contentType("application/x-ndjson; charset=utf-8");
        ctx.res().setHeader("X-Accel-Buffering", "no");
        out = ctx.res().getOutputStream();
        ctx.res().flushBuffer();
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    }

    void write(Line line) {
      try {
        OutputStream to = Objects.requireNonNull(out);
        to.write(Json.bytes(line));
        to.write('\n');
        to.flush();
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    }

    void end(Line last) {
      try {
        write(last);
      } catch (UncheckedIOException gone) {
        LOG.debug("Nobody waited for the verification's end");
      }
    }

    /** Ends the answer with the failure. */
    void fail(@Nullable Throwable failure) {
      switch (failure) {
        case UncheckedIOException gone -> LOG.info("A verification ended: its client went away");
        case SyncCheck.Ended stopped -> end(Line.failure(String.valueOf(stopped.getMessage())));
        case null, default -> {
          LOG.warn("A verification of copies broke off", failure);
          end(Line.failure(failure == null ? "unknown" : String.valueOf(failure.getMessage())));
        }
      }
    }
  }
}

package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.api.VerifyJson.Line;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.http.Json;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.Database;
import dev.backspool.project.Projects;
import dev.backspool.recording.Archives;
import dev.backspool.verify.Finding;
import dev.backspool.verify.Options;
import dev.backspool.verify.Progress;
import dev.backspool.verify.Summary;
import dev.backspool.verify.Verification;
import dev.backspool.verify.Watcher;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies the installation for whoever cannot open its data beside the server. */
public final class VerifyApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VerifyApi.class);

  private final Database database;
  private final Archives archives;
  private final Projects projects;
  private final Set<Verification> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public VerifyApi(Database database, Archives archives, Projects projects) {
    this.database = database;
    this.archives = archives;
    this.projects = projects;
  }

  /**
   * {@code POST /api/verify?repair=&quick=&project=}: lines of JSON as it goes on, and whoever goes
   * away ends it. 409 {@code verification_runs} when another one runs.
   */
  public void post(Context ctx) throws InterruptedException {
    var options =
        new Options(project(ctx), Parameters.flag(ctx, "repair"), Parameters.flag(ctx, "quick"));
    var verification = new Verification(database, archives, options);
    running.add(verification);
    try {
      if (closed) {
        verification.end();
      }
      run(verification, new Lines(ctx));
    } finally {
      running.remove(verification);
    }
  }

  private @Nullable UUID project(Context ctx) {
    String text = Parameters.text(ctx, "project");
    if (text == null) {
      return null;
    }
    return Parameters.uuid(text)
        .flatMap(projects::byId)
        .map(Project::id)
        .orElseThrow(() -> Refusal.field("project", "project must be the id of a project"));
  }

  private void run(Verification verification, Lines lines) throws InterruptedException {
    // Decompressing would keep a request's virtual thread on a processor that others wait for.
    var task = new FutureTask<Summary>(() -> verification.run(lines));
    Thread.ofPlatform().name("verify").start(task);
    try {
      lines.end(Line.of(task.get()));
    } catch (InterruptedException e) {
      verification.end();
      throw e;
    } catch (ExecutionException failure) {
      lines.fail(failure.getCause());
    }
  }

  /** Ends those that run. */
  @Override
  public void close() {
    closed = true;
    running.forEach(Verification::end);
  }

  /** The answer; it begins with the first line. */
  private final class Lines implements Watcher {
    private final Context ctx;
    private @Nullable OutputStream out;

    Lines(Context ctx) {
      this.ctx = ctx;
    }

    @Override
    public void progress(Progress progress) {
      write(Line.of(progress));
    }

    @Override
    public void found(Finding finding) {
      UUID project = finding.place().project();
      write(
          Line.of(
              finding,
              project == null ? null : projects.byId(project).map(Project::name).orElse(null)));
    }

    void end(Line last) {
      try {
        write(last);
      } catch (UncheckedIOException gone) {
        LOG.debug("Nobody waited for the verification's end");
      }
    }

    private void write(Line line) {
      try {
        OutputStream to = out;
        if (to == null) {
          ctx.contentType("application/x-ndjson; charset=utf-8");
          ctx.res().setHeader("X-Accel-Buffering", "no");
          to = ctx.res().getOutputStream();
          out = to;
        }
        to.write(Json.bytes(line));
        to.write('\n');
        to.flush();
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    }

    /** Answers with the failure, or ends the answer that has begun with it. */
    void fail(@Nullable Throwable failure) {
      switch (failure) {
        case Verification.Running busy ->
            Problem.send(
                ctx,
                Problem.of(
                    409, "verification_runs", "Runs already", String.valueOf(busy.getMessage())));
        case UncheckedIOException gone -> LOG.info("A verification ended: its client went away");
        case ArchiveUnavailable away when out == null -> {
          ctx.header("Retry-After", "10");
          Problem.send(
              ctx,
              Problem.of(
                  503,
                  "archive_unavailable",
                  "Not available now",
                  String.valueOf(away.getMessage())));
        }
        case Verification.Ended stopped -> end(Line.failure("The server is stopping"));
        case RuntimeException unexpected when out == null -> throw unexpected;
        case null, default -> {
          LOG.warn("A verification broke off", failure);
          end(Line.failure(failure == null ? "unknown" : String.valueOf(failure.getMessage())));
        }
      }
    }
  }
}

package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.enrich.Referrers;
import dev.backspool.enrich.Sighting;
import dev.backspool.event.Events;
import dev.backspool.event.Places;
import dev.backspool.event.Row;
import dev.backspool.event.Sender;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.http.Bodies;
import dev.backspool.http.Body;
import dev.backspool.http.Cors;
import dev.backspool.http.Json;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.project.Projects;
import dev.backspool.protocol.stackauth.AccessTokens.User;
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
 * The tracker beside the recorder: {@code POST /api/v1/analytics/events/batch}, 1 to 500 page views
 * and clicks. Answers {@code {inserted}} once they are committed; a retry of the same {@code
 * batch_id} is answered alike and stores nothing.
 *
 * <p>The events belong to the session of the replay: to that of the sign-in, or in a project whose
 * tokens cannot be verified to the one that has a replay of the page load.
 */
public final class EventBatches {
  private static final int MOST_BYTES = 1_000_000;

  private final Events events;
  private final Ingest ingest;
  private final Database database;
  private final Bodies bodies;
  private final Callers callers;
  private final Sighting.Eyes eyes;
  private final Places places;

  /** The endpoint over the core. */
  public EventBatches(
      Events events,
      Ingest ingest,
      Projects projects,
      Database database,
      Bodies bodies,
      Sighting.Eyes eyes,
      Referrers referrers) {
    this.events = events;
    this.ingest = ingest;
    this.database = database;
    this.bodies = bodies;
    this.callers = new Callers(ingest, projects);
    this.eyes = eyes;
    this.places = new Places(referrers);
  }

  private record Answer(int inserted) {}

  /** Answers an upload. */
  public void post(Context ctx) {
    Cors.allow(ctx);
    try {
      Callers.Uploader uploader = callers.uploader(ctx);
      try {
        accept(ctx, uploader);
      } catch (Refusal refusal) {
        throw counted(uploader.project(), StackFailure.of(refusal));
      }
    } catch (StackFailure failure) {
      Answers.failure(ctx, failure);
    } catch (DatabaseUnavailable away) {
      Answers.failure(ctx, Answers.databaseAway());
    } catch (RuntimeException unforeseen) {
      Answers.unexpected(ctx, unforeseen);
    }
  }

  private void accept(Context ctx, Callers.Uploader uploader) {
    Project project = uploader.project();
    Instant received = events.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    EventBatchBody batch;
    User user;
    try (Body body = ReplayBatches.read(ctx, bodies, MOST_BYTES)) {
      batch = EventBatchBody.read(body, received, ctx.path());
      user = uploader.requireUser();
    } catch (StackFailure failure) {
      throw counted(project, failure);
    }
    Sighting sighting = eyes.of(ctx::header, ctx.req().getRemoteAddr());
    var command =
        new StoreEvents(
            project.id(),
            Source.STACKAUTH,
            received,
            null,
            sighting.server() ? null : sighting.userAgent(),
            null,
            null,
            rows(project, batch, user, sighting));
    switch (events.store(command)) {
      case StoredEvents.Refused refused -> throw failure(refused);
      case StoredEvents.Committed committed -> {
        if (committed.rows().contains(StoredEvents.RowOutcome.ERASED)) {
          // One sign-in and one page load sent them all.
          throw StackFailure.of(Outcome.Refused.erased());
        }
        if (committed.rows().contains(StoredEvents.RowOutcome.UNSTORABLE)) {
          throw StackFailure.plain(500, Reason.UNSTORABLE, "The database refuses an event");
        }
        Json.send(ctx, new Answer(batch.events().size()));
      }
    }
  }

  private List<Row> rows(
      Project project, EventBatchBody batch, @Nullable User user, Sighting sighting) {
    String device =
        events.devices().of(project.id(), sighting.userAgent(), sighting.ip()).current();
    var sender =
        new Sender.Named(opener(project.id(), batch.segment(), user), device, batch.segment());
    String profile = user == null ? null : user.id();
    var rows = new ArrayList<Row>(batch.events().size());
    for (int i = 0; i < batch.events().size(); i++) {
      String key = "stackauth:" + batch.id() + ":" + i;
      rows.add(batch.events().get(i).row(sender, key, profile, places, sighting));
    }
    return rows;
  }

  /** The opener of the replay's batches, which tell more than the tracker's do. */
  private Opener opener(UUID project, String segment, @Nullable User user) {
    if (user != null) {
      return new Opener.Token(String.valueOf(user.refreshTokenId()));
    }
    return database
        .read(
            project,
            handle ->
                handle
                    .createQuery(
                        """
                        select session.id
                        from tab
                        join session
                          on session.project_id = tab.project_id and session.id = tab.session_id
                        where tab.project_id = :project and tab.id = :segment
                        order by session.last_received_at desc
                        limit 1
                        """)
                    .bind("project", project)
                    .bind("segment", segment)
                    .mapTo(UUID.class)
                    .findOne())
        .<Opener>map(Opener.Known::new)
        .orElseGet(() -> new Opener.Token(Generation.BROWSER + segment));
  }

  private static StackFailure failure(StoredEvents.Refused refused) {
    Duration retryAfter = refused.retryAfter();
    return retryAfter == null
        ? StackFailure.plain(refused.reason().status(), refused.reason(), refused.detail())
        : StackFailure.later(refused.reason(), refused.detail(), retryAfter);
  }

  private StackFailure counted(Project project, StackFailure failure) {
    ingest.count(project.id(), Source.STACKAUTH, failure.reason(), failure.text());
    return failure;
  }
}

package dev.backspool.server;

import dev.backspool.api.NotThere;
import dev.backspool.http.Problem;
import dev.backspool.http.Refusal;
import dev.backspool.postgres.DatabaseUnavailable;
import io.javalin.config.RoutesConfig;
import io.javalin.http.HttpResponseException;
import java.io.UncheckedIOException;
import org.eclipse.jetty.io.EofException;

/** How a request ends that no handler answered: as a problem, by what went wrong. */
final class Failures {
  private Failures() {}

  static void register(RoutesConfig routes) {
    routes.exception(Refusal.class, (refusal, ctx) -> Problem.send(ctx, refusal));
    routes.exception(NotThere.class, NotThere::send);
    routes.exception(
        DatabaseUnavailable.class,
        (failure, ctx) -> {
          ctx.header("Retry-After", "2");
          Problem.send(
              ctx,
              Problem.of(
                  503, "unavailable", "Not available now", "The database cannot be reached"));
        });
    routes.exception(
        HttpResponseException.class,
        (failure, ctx) ->
            Problem.send(
                ctx,
                Problem.of(
                    failure.getStatus(),
                    "http_" + failure.getStatus(),
                    "Not answered",
                    String.valueOf(failure.getMessage()))));
    routes.exception(
        EofException.class,
        (gone, ctx) -> {
          // The client went away in the middle of the answer: nobody is left to tell.
        });
    routes.exception(
        UncheckedIOException.class,
        (failure, ctx) -> {
          if (!(failure.getCause() instanceof EofException)) {
            Problem.unexpected(ctx, failure);
          }
        });
    routes.exception(Exception.class, (failure, ctx) -> Problem.unexpected(ctx, failure));
  }
}

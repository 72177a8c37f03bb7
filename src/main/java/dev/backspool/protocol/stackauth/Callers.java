package dev.backspool.protocol.stackauth;

import dev.backspool.Project;
import dev.backspool.Reason;
import dev.backspool.Source;
import dev.backspool.ingest.Admission;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.WriteKey;
import dev.backspool.project.Projects;
import dev.backspool.protocol.stackauth.AccessTokens.User;
import io.javalin.http.Context;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds out who sends a request, from its headers alone. */
final class Callers {
  private final Ingest ingest;
  private final Projects projects;
  private final AccessTokens tokens = new AccessTokens();

  Callers(Ingest ingest, Projects projects) {
    this.ingest = ingest;
    this.projects = projects;
  }

  /**
   * Who uploads.
   *
   * @param user whom the verified access token speaks of; null without a token, and always null in
   *     a project without published keys, whose tokens nobody can verify
   */
  record Uploader(Project project, @Nullable User user) {

    /**
     * The user, for projects whose uploads must come from one.
     *
     * @return null where the project publishes no keys, so that its publishable key alone admits
     * @throws StackFailure when there is no user, or the token does not tell its sign-in
     */
    @Nullable User requireUser() {
      if (project.jwksUrl() == null) {
        return null;
      }
      if (user == null || user.id() == null) {
        throw StackFailure.userRequired();
      }
      if (user.refreshTokenId() == null) {
        throw StackFailure.badRequest("The access token does not name its refresh token");
      }
      return user;
    }
  }

  /**
   * Who uploads, once the project's rules let the upload in.
   *
   * @throws StackFailure when they do not; it is counted already
   */
  Uploader uploader(Context ctx) {
    String type = StackHeaders.of(ctx, "Access-Type");
    Project project = counted(null, () -> project(ctx, type == null ? "client" : type));
    String jwksUrl = project.jwksUrl();
    String token = StackHeaders.of(ctx, "Access-Token");
    User user =
        jwksUrl == null || token == null
            ? null
            : counted(project, () -> tokens.verify(project, jwksUrl, token));
    String key = StackHeaders.of(ctx, "Publishable-Client-Key");
    if (key == null && user == null) {
      throw counted(project, StackFailure.publishableKeyRequired(project.id()));
    }
    WriteKey writeKey =
        key == null
            ? new WriteKey.Token(project.id())
            : new WriteKey.PublishableKey(project.id(), key);
    return switch (ingest.admit(writeKey, Source.STACKAUTH, ctx.header("Origin"))) {
      case Admission.Admitted admitted -> new Uploader(admitted.project(), user);
      case Admission.Refused refused -> {
        // Counted already, where the rule stands.
        throw refused.why().reason() == Reason.WRONG_KEY
            ? StackFailure.invalidPublishableKey(project.id())
            : StackFailure.of(refused.why());
      }
    };
  }

  /**
   * The project whose server asks: its secret says so. The publishable key never reads.
   *
   * @throws StackFailure when it is not a server of that project
   */
  Project server(Context ctx) {
    String type = StackHeaders.of(ctx, "Access-Type");
    if (type == null) {
      throw StackFailure.accessTypeRequired();
    }
    Project project = project(ctx, type);
    if (type.equals("client")) {
      throw StackFailure.insufficientAccess(type);
    }
    String secret = StackHeaders.of(ctx, "Secret-Server-Key");
    if (secret == null && type.equals("admin")) {
      secret = StackHeaders.of(ctx, "Super-Secret-Admin-Key");
    }
    if (secret == null) {
      throw StackFailure.serverKeyRequired();
    }
    if (!projects.hasSecret(project.id(), secret)) {
      throw StackFailure.invalidServerKey(project.id());
    }
    return project;
  }

  private Project project(Context ctx, String accessType) {
    switch (accessType) {
      case "client", "server", "admin" -> {}
      default -> throw StackFailure.invalidAccessType(accessType);
    }
    String id = StackHeaders.of(ctx, "Project-Id");
    if (id == null) {
      throw StackFailure.noProjectId(accessType);
    }
    Optional<UUID> uuid = StackIds.parse(id);
    return uuid.flatMap(projects::byId).orElseThrow(() -> StackFailure.unknownProject(id));
  }

  private interface Check<T> {
    T run();
  }

  private <T> T counted(@Nullable Project project, Check<T> check) {
    try {
      return check.run();
    } catch (StackFailure failure) {
      throw counted(project, failure);
    }
  }

  private StackFailure counted(@Nullable Project project, StackFailure failure) {
    ingest.count(
        project == null ? null : project.id(), Source.STACKAUTH, failure.reason(), failure.text());
    return failure;
  }
}

package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.backspool.analytics.Profile;
import dev.backspool.analytics.Profiles;
import dev.backspool.http.Json;
import dev.backspool.postgres.Page;
import dev.backspool.project.Projects;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The people of a project over HTTP. */
public final class ProfileApi {
  private final Projects projects;
  private final Profiles profiles;

  public ProfileApi(Projects projects, Profiles profiles) {
    this.projects = projects;
    this.profiles = profiles;
  }

  record ProfileJson(
      String id,
      @Nullable String firstName,
      @Nullable String lastName,
      @Nullable String email,
      @Nullable String avatar,
      @JsonRawValue String properties,
      List<String> groups,
      Instant firstSeenAt,
      Instant lastSeenAt) {

    static ProfileJson of(Profile profile) {
      return new ProfileJson(
          profile.id(),
          profile.firstName(),
          profile.lastName(),
          profile.email(),
          profile.avatar(),
          profile.properties(),
          profile.groups(),
          profile.firstSeenAt(),
          profile.lastSeenAt());
    }
  }

  record Answer(List<ProfileJson> profiles, @Nullable String nextCursor) {}

  record WithTotals(@JsonUnwrapped ProfileJson profile, @JsonUnwrapped Profiles.Totals totals) {}

  /** {@code GET …/profiles}: newest seen first. */
  public void list(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Page<Profile, String> page =
        profiles.page(
            project,
            Parameters.text(ctx, "q"),
            Parameters.text(ctx, "group"),
            Parameters.cursor(ctx, Function.identity()),
            Parameters.limit(ctx));
    Json.send(
        ctx, new Answer(page.rows().stream().map(ProfileJson::of).toList(), Parameters.next(page)));
  }

  /** {@code GET …/profiles/{profile}}: with what they did in all. */
  public void get(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Profile profile =
        profiles.byId(project, Parameters.name(ctx, "profile")).orElseThrow(NotThere::profile);
    Json.send(ctx, new WithTotals(ProfileJson.of(profile), profiles.totals(project, profile.id())));
  }
}

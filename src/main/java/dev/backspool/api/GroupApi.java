package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.backspool.analytics.Group;
import dev.backspool.analytics.Groups;
import dev.backspool.http.Json;
import dev.backspool.postgres.Page;
import dev.backspool.project.Projects;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The groups of a project over HTTP. */
public final class GroupApi {
  private final Projects projects;
  private final Groups groups;

  public GroupApi(Projects projects, Groups groups) {
    this.projects = projects;
    this.groups = groups;
  }

  record GroupJson(
      String id,
      String type,
      String name,
      @JsonRawValue String properties,
      Instant createdAt,
      Instant updatedAt,
      long profiles) {

    static GroupJson of(Group group) {
      return new GroupJson(
          group.id(),
          group.type(),
          group.name(),
          group.properties(),
          group.createdAt(),
          group.updatedAt(),
          group.profiles());
    }
  }

  record Answer(List<GroupJson> groups, @Nullable String nextCursor) {}

  /** {@code GET …/groups}: newest first. */
  public void list(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Page<Group, String> page =
        groups.page(
            project,
            Parameters.text(ctx, "type"),
            Parameters.text(ctx, "q"),
            Parameters.cursor(ctx, Function.identity()),
            Parameters.limit(ctx));
    Json.send(
        ctx, new Answer(page.rows().stream().map(GroupJson::of).toList(), Parameters.next(page)));
  }

  /** {@code GET …/groups/{group}}. */
  public void get(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    Json.send(
        ctx,
        groups
            .byId(project, Parameters.name(ctx, "group"))
            .map(GroupJson::of)
            .orElseThrow(NotThere::group));
  }
}

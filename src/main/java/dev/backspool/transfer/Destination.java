package dev.backspool.transfer;

import dev.backspool.Ids;
import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.project.Projects;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The project that a file goes to.
 *
 * @param made whether it was made for it
 * @param withItsKeys whether it was made with the keys in the file
 * @param clientSecret the secret it was made with, where that is a new one: only its hash is kept
 */
public record Destination(
    Project project, boolean made, boolean withItsKeys, @Nullable String clientSecret) {

  /** Looks whether a project may be made under the id that it has elsewhere. */
  @FunctionalInterface
  interface Room {
    /** Throws when it may not. */
    void require(UUID project) throws IOException;
  }

  static Destination of(Projects projects, ProjectHead head, @Nullable String nameOrId, Room room)
      throws IOException {
    List<Project> all = projects.all();
    List<Project> found =
        all.stream()
            .filter(project ->
                nameOrId == null
                    ? project.id().equals(head.project().id())
                    : project.name().equals(nameOrId)
                        || project.id().toString().equalsIgnoreCase(nameOrId))
            .toList();
    if (found.size() > 1) {
      throw new ProjectFileException(
          "Several projects are called %s; name one by its id".formatted(nameOrId));
    }
    if (!found.isEmpty()) {
      return new Destination(found.getFirst(), false, false, null);
    }
    if (nameOrId == null) {
      room.require(head.project().id());
    }
    return made(projects, all, head, nameOrId);
  }

  private static Destination made(
      Projects projects, List<Project> all, ProjectHead head, @Nullable String name)
      throws ProjectFileException {
    if (name != null && isId(name)) {
      throw new ProjectFileException("There is no project with the id " + name);
    }
    ProjectHead.Keys keys = head.keys();
    if (keys != null && all.stream().noneMatch(project -> uses(project, keys))) {
      Project project = project(head, name, keys.sdkKey(), keys.publishableKey(), keys.clientId());
      return new Destination(add(projects, project, keys.secretHash()), true, true, null);
    }
    var fresh = Projects.FreshKeys.make();
    Project project = project(head, name, fresh.sdkKey(), fresh.publishableKey(), fresh.clientId());
    return new Destination(
        add(projects, project, fresh.secretHash()), true, false, fresh.clientSecret());
  }

  private static Project add(Projects projects, Project project, byte[] secretHash)
      throws ProjectFileException {
    if (!projects.add(project, secretHash)) {
      throw new ProjectFileException("Project %s was made meanwhile".formatted(project.name()));
    }
    return project;
  }

  /** A copy under another name is another project, with an id of its own. */
  private static Project project(
      ProjectHead head,
      @Nullable String name,
      String sdkKey,
      String publishableKey,
      UUID clientId) {
    ProjectHead.Settings settings = head.project();
    return new Project(
        name == null ? settings.id() : Ids.uuid(),
        name == null ? settings.name() : name,
        settings.platform(),
        sdkKey,
        publishableKey,
        clientId,
        settings.allowedOrigins(),
        settings.jwksUrl(),
        settings.dailyQuotaBytes(),
        settings.requestsPerMinute(),
        settings.allowUnsafeRevenue(),
        settings.excludedIps(),
        settings.excludedProfiles(),
        new RetentionDays(
            settings.recordingDays(),
            settings.eventDays(),
            settings.keptDays(),
            settings.coldAfterDays()),
        settings.createdAt());
  }

  private static boolean isId(String text) {
    try {
      return UUID.fromString(text).toString().equalsIgnoreCase(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean uses(Project project, ProjectHead.Keys keys) {
    return project.sdkKey().equals(keys.sdkKey())
        || project.publishableKey().equals(keys.publishableKey())
        || project.clientId().equals(keys.clientId());
  }
}

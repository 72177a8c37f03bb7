package dev.backspool.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.backspool.http.Json;
import dev.backspool.project.Projects;
import dev.backspool.recording.ArchivePlace;
import dev.backspool.recording.ArchiveWatch;
import dev.backspool.recording.Storage;
import io.javalin.http.Context;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How much a project keeps, and where, over HTTP. */
public final class StorageApi {
  private final Projects projects;
  private final Storage storage;
  private final ArchivePlace place;
  private final ArchiveWatch watch;

  public StorageApi(Projects projects, Storage storage, ArchivePlace place, ArchiveWatch watch) {
    this.projects = projects;
    this.storage = storage;
    this.place = place;
    this.watch = watch;
  }

  record ArchiveJson(
      @JsonUnwrapped ArchivePlace place, boolean reachable, @Nullable String problem) {}

  record Answer(ArchiveJson archive, @JsonUnwrapped Storage.Figures figures) {}

  /** {@code GET …/storage}: an archive that is away is part of the answer, no failure of it. */
  public void get(Context ctx) {
    UUID project = ProjectApi.find(projects, ctx).id();
    String problem = watch.problem().orElse(null);
    Json.send(
        ctx, new Answer(new ArchiveJson(place, problem == null, problem), storage.of(project)));
  }
}

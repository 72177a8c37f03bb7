package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.api.SyncJson;
import dev.backspool.api.SyncJson.MappingJson;
import dev.backspool.api.SyncJson.SinkJson;
import dev.backspool.api.SyncJson.StageJson;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.sync.Sync;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool sync rebuild}. */
@Command(
    name = "rebuild",
    mixinStandardHelpOptions = true,
    description = {
      "Fills copies elsewhere from scratch: out of PostgreSQL, and of the days of events that",
      "have left it for the archive.",
      "",
      "A sink keeps what it has until all is there anew, and changes follow as ever. Whoever",
      "breaks this off does not stop it: it goes on where it was with the next server or rebuild.",
      "",
      "A server has the columnar store within it to itself: rebuild through it, with --url.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is there anew",
      "1:it is not, and the message says why",
      "2:called wrongly"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  backspool sync rebuild",
      "  backspool sync rebuild --project Shop",
      "  backspool sync rebuild --sink Warehouse --url http://127.0.0.1:8420"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SyncRebuild implements Callable<Integer> {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final Duration TELL_EVERY = Duration.ofSeconds(5);

  @ParentCommand private SyncCommand group;
  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = "Only this sink, by its name or id (default: those for all projects).")
  private @Nullable String sink;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Only this project, by its name or id (default: all).")
  private @Nullable String project;

  private @Nullable Instant toldAt;

  /** Who has the sinks. */
  private interface Keeper {
    SyncJson status() throws IOException, InterruptedException;

    void resync(UUID sink) throws IOException, InterruptedException;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (server.isGiven()) {
      server.ask(group.main(), (running, token) -> rebuild(of(running, token)));
    } else {
      onData();
    }
    return 0;
  }

  private Keeper of(RunningServer running, String token) {
    return new Keeper() {
      @Override
      public SyncJson status() throws IOException, InterruptedException {
        return running.syncStatus(token, project);
      }

      @Override
      public void resync(UUID id) throws IOException, InterruptedException {
        running.resync(token, id, project);
      }
    };
  }

  private void onData() throws IOException, InterruptedException {
    try (var installation = new Installation(group.main().config())) {
      @Nullable UUID only = only(installation);
      Sync sync = installation.workingSync();
      rebuild(
          new Keeper() {
            @Override
            public SyncJson status() {
              return SyncJson.of(only == null ? sync.statuses().all() : sync.statuses().of(only));
            }

            @Override
            public void resync(UUID id) {
              sync.sinks().resync(id, only, null);
            }
          });
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nThrough a running server it is rebuilt by --url.");
    } catch (DatabaseUnavailable e) {
      throw new Sentence(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable UUID only(Installation installation) {
    if (project == null) {
      return null;
    }
    List<Project> found = installation.projects(project);
    if (found.size() == 1) {
      return found.getFirst().id();
    }
    throw new ParameterException(
        spec.commandLine(),
        found.isEmpty()
            ? "There is no project " + project
            : "Several projects are named " + project + "; choose one by its id");
  }

  private void rebuild(Keeper keeper) throws IOException, InterruptedException {
    List<SinkJson> sinks = chosen(keeper.status());
    for (SinkJson each : sinks) {
      keeper.resync(each.id());
    }
    List<UUID> ids = sinks.stream().map(SinkJson::id).toList();
    while (!isDone(keeper.status(), ids)) {
      Thread.sleep(LOOK_EVERY);
    }
    PrintWriter err = spec.commandLine().getErr();
    sinks.forEach(each -> err.println(each.name() + " is filled anew."));
    err.flush();
  }

  private List<SinkJson> chosen(SyncJson status) {
    List<SinkJson> found =
        status.sinks().stream()
            .filter(each ->
                sink == null
                    ? each.projectId() == null
                    : each.name().equals(sink) || each.id().toString().equalsIgnoreCase(sink))
            .toList();
    if (found.isEmpty()) {
      throw new Sentence(sink == null ? "There are no sinks." : "There is no sink " + sink + ".");
    }
    if (sink != null && found.size() > 1) {
      throw new Sentence("Several sinks are named " + sink + "; choose one by its id.");
    }
    return found;
  }

  private boolean isDone(SyncJson status, List<UUID> ids) {
    var left = new ArrayList<SinkJson>();
    for (SinkJson each : status.sinks()) {
      if (ids.contains(each.id())) {
        if (each.paused()) {
          throw new Sentence(each.name() + " is paused: it is filled when it goes on.");
        }
        for (MappingJson mapping : each.mappings()) {
          if (mapping.state().equals("stopped")) {
            throw new Sentence(
                "%s of %s are stopped: %s"
                    .formatted(mapping.mapping(), each.name(), mapping.reason()));
          }
        }
        boolean isLoading =
            each.mappings().stream().anyMatch(mapping -> !mapping.state().equals("live"));
        if (isLoading) {
          left.add(each);
        }
      }
    }
    for (StageJson stage : status.stages()) {
      if (!left.isEmpty() && stage.stage().equals("load") && stage.paused()) {
        throw new Sentence("Loads are paused: they are done when they go on.");
      }
    }
    tell(left);
    return left.isEmpty();
  }

  private void tell(List<SinkJson> left) {
    Instant now = Instant.now();
    Instant last = toldAt;
    if (last != null && now.isBefore(last.plus(TELL_EVERY))) {
      return;
    }
    toldAt = now;
    PrintWriter err = spec.commandLine().getErr();
    for (SinkJson each : left) {
      err.printf(
          Locale.ROOT,
          "%s: %s%,d rows to go%s%n",
          each.name(),
          each.exact() ? "" : "about ",
          each.behind(),
          each.rowsPerSecond() == null
              ? ""
              : String.format(Locale.ROOT, ", %,.0f a second", each.rowsPerSecond()));
      if (each.error() != null) {
        err.println("  " + Objects.requireNonNull(each.error()));
      }
    }
    err.flush();
  }
}

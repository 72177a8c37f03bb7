package dev.backspool.server;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.event.Events;
import dev.backspool.event.Row;
import dev.backspool.event.StoreEvents;
import dev.backspool.event.StoredEvents;
import dev.backspool.event.StoredEvents.RowOutcome;
import dev.backspool.postgres.PostgresStartException;
import dev.backspool.protocol.openpanel.ExportedEvents;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool import openpanel}. */
@Command(
    name = "openpanel",
    mixinStandardHelpOptions = true,
    description = {
      "Stores the events that an OpenPanel installation has kept.",
      "",
      "A file holds rows of its table of events as one JSON object a line or as an array, or pages",
      "of GET /export/events as they were answered; plain, .gz or .zst. Events keep their times,",
      "however old, with their sessions, devices and profiles. Importing a file again stores",
      "nothing twice, and goes on where a broken import ended.",
      "",
      "The data is opened directly, while no server runs on it.",
    },
    footer = {"", "Example:", "  backspool import openpanel events.ndjson.zst --project Shop"})
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ImportOpenPanel implements Callable<Integer> {
  /** Larger transactions cost less; this one is a few megabytes. */
  private static final int ROWS_AT_ONCE = 4_000;

  /** Two are being committed while the next are read. */
  private static final int UNDER_WAY = 4;

  /** How long a full queue or an absent database is waited for. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @ParentCommand private Import parent;
  @Spec private CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Events.")
  private List<Path> files;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Name or id of the project; needed when there are several.")
  private @Nullable String project;

  /** What a file came to. */
  private static final class Tally {
    long stored;
    long repeated;
    long unstorable;
    long erased;

    void add(Tally other) {
      stored += other.stored;
      repeated += other.repeated;
      unstorable += other.unstorable;
      erased += other.erased;
    }

    long events() {
      return stored + repeated + unstorable + erased;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var installation = new Installation(parent.config());
        ExecutorService committing = Executors.newVirtualThreadPerTaskExecutor()) {
      Project into = installation.destination(project);
      Events events = installation.events();
      boolean complete = true;
      for (Path path : files) {
        complete &= importOne(path, new Destination(into, events, committing));
      }
      return complete ? 0 : 1;
    } catch (PostgresStartException e) {
      throw new Sentence(e.getMessage() + "\nStop the server for the time of the import.");
    }
  }

  private boolean importOne(Path path, Destination destination)
      throws IOException, InterruptedException {
    Tally tally;
    try (var file = new RecordingFile(path);
        var rows = new ExportedEvents(file.json());
        Progress progress = Progress.of(path)) {
      tally = destination.store(rows, done -> progress.show(file.position(), done));
    } catch (ExportedEvents.Unreadable e) {
      throw new Sentence(path + ": " + e.getMessage());
    }
    spec.commandLine()
        .getOut()
        .printf(
            "%s: %d events%s%s%s%n",
            path,
            tally.events(),
            tally.repeated == 0 ? "" : ", %d were there".formatted(tally.repeated),
            tally.erased == 0
                ? ""
                : ", %d are left out, as whom they tell of was erased".formatted(tally.erased),
            tally.unstorable == 0 ? "" : ", %d cannot be stored".formatted(tally.unstorable));
    spec.commandLine().getOut().flush();
    return tally.unstorable == 0;
  }

  /** Hears how many events are stored. */
  private interface Stored {
    void events(long count);
  }

  /** A bar on a terminal; nothing elsewhere. */
  private record Progress(@Nullable ProgressBar bar) implements AutoCloseable {
    static Progress of(Path path) throws IOException {
      boolean shown = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
      return new Progress(
          shown
              ? new ProgressBarBuilder()
                  .setTaskName(String.valueOf(path.getFileName()))
                  .setInitialMax(Files.size(path))
                  .setUnit(" kB", 1000)
                  .clearDisplayOnFinish()
                  .build()
              : null);
    }

    void show(long position, long events) {
      if (bar != null) {
        bar.stepTo(position);
        bar.setExtraMessage(events + " events");
      }
    }

    @Override
    public void close() {
      if (bar != null) {
        bar.close();
      }
    }
  }

  /** Stores rows some thousand at a time, a few of these at once: memory is bounded by that. */
  private record Destination(Project project, Events events, ExecutorService committing) {

    Tally store(ExportedEvents rows, Stored progress)
        throws ExportedEvents.Unreadable, InterruptedException {
      var tally = new Tally();
      var underWay = new ArrayDeque<Future<Tally>>();
      for (List<Row> some = next(rows); !some.isEmpty(); some = next(rows)) {
        List<Row> batch = some;
        underWay.add(committing.submit(() -> commit(batch)));
        if (underWay.size() == UNDER_WAY) {
          finish(underWay.remove(), tally, progress);
        }
      }
      while (!underWay.isEmpty()) {
        finish(underWay.remove(), tally, progress);
      }
      return tally;
    }

    /** The next rows; of each person who is told of in them, what is told last. */
    private static List<Row> next(ExportedEvents rows) throws ExportedEvents.Unreadable {
      var some = new ArrayList<Row>(ROWS_AT_ONCE);
      Map<String, Row> people = new LinkedHashMap<>();
      while (some.size() < ROWS_AT_ONCE) {
        ExportedEvents.Exported row = rows.next();
        if (row == null) {
          break;
        }
        some.add(row.event());
        Row.Identify person = row.person();
        if (person != null) {
          people.put(person.profile(), person);
        }
      }
      some.addAll(people.values());
      return some;
    }

    private static void finish(Future<Tally> batch, Tally tally, Stored progress)
        throws InterruptedException {
      try {
        tally.add(batch.get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException why ? why : new IllegalStateException(e);
      }
      progress.events(tally.events());
    }

    private Tally commit(List<Row> rows) throws InterruptedException {
      Instant givenUpAt = Instant.now().plus(PATIENCE);
      while (true) {
        var request =
            new StoreEvents(
                project.id(), Source.IMPORT, Instant.now(), null, null, null, null, rows);
        switch (events.store(request)) {
          case StoredEvents.Committed committed -> {
            return tally(rows, committed.rows());
          }
          case StoredEvents.Refused refused -> {
            Duration pause = refused.retryAfter();
            if (pause == null || Instant.now().plus(pause).isAfter(givenUpAt)) {
              throw new Sentence(refused.detail());
            }
            Thread.sleep(pause);
          }
        }
      }
    }

    private static Tally tally(List<Row> rows, List<RowOutcome> outcomes) {
      var tally = new Tally();
      for (int i = 0; i < rows.size(); i++) {
        if (rows.get(i) instanceof Row.Kept) {
          switch (outcomes.get(i)) {
            case REPEATED -> tally.repeated++;
            case UNSTORABLE -> tally.unstorable++;
            case ERASED -> tally.erased++;
            default -> tally.stored++;
          }
        }
      }
      return tally;
    }
  }
}

package dev.backspool.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench start}. */
@Command(
    name = "start",
    mixinStandardHelpOptions = true,
    description = {
      "How long a start takes, and the memory held when idle.",
      "",
      "From the process's start to 'ready on', first on an empty data directory, then on what",
      "that left."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchStart implements Callable<Integer> {
  @Option(
      names = "--times",
      defaultValue = "5",
      description = "Starts on data that is there (${DEFAULT-VALUE}).")
  private int times;

  @Option(
      names = "--idle",
      defaultValue = "10",
      description = "Seconds of rest before memory is read (${DEFAULT-VALUE}).")
  private int idle;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Workplace place = Workplace.make()) {
      System.out.printf("empty data directory: ready in %.2f s%n", start(place, false));
      for (int n = 1; n <= times; n++) {
        System.out.printf("warm: ready in %.2f s%n", start(place, n == times));
      }
    }
    return 0;
  }

  private double start(Workplace place, boolean measure) throws IOException, InterruptedException {
    Path data = place.data();
    try (Program server =
        Program.serve(Map.of("BACKSPOOL_DATA_DIR", data.toString()), place.log(), List.of())) {
      if (measure) {
        TimeUnit.SECONDS.sleep(idle);
        Optional<Memory> memory = Memory.of(server.handle());
        System.out.println(
            memory
                .map(now ->
                    "resident after %d s idle: server %d MB, PostgreSQL %d MB, together %d MB"
                        .formatted(
                            idle,
                            now.server() / 1000,
                            now.postgres() / 1000,
                            (now.server() + now.postgres()) / 1000))
                .orElse("resident memory: not known on this system"));
      }
      server.stop();
      return server.startedIn().toMillis() / 1e3;
    }
  }
}

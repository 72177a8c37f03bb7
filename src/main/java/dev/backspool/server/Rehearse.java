package dev.backspool.server;

import dev.backspool.bench.Rehearsal;
import dev.backspool.bench.Workplace;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code backspool rehearse}: starts on temporary data, takes some uploads and stops. The launcher
 * runs it once after a build with {@code -XX:AOTCacheOutput}, so that the JVM can keep what
 * starting costs most.
 */
@Command(
    name = "rehearse",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Starts on temporary data, takes some uploads and stops.")
final class Rehearse implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    try (var place = Workplace.make();
        var server =
            new Server(
                Config.from(
                    Map.of(
                        "BACKSPOOL_PORT", "0", "BACKSPOOL_DATA_DIR", place.data().toString())))) {
      Rehearsal.upload(server.url(), server.projects().create("Rehearsal", "web").project());
    }
    return 0;
  }
}

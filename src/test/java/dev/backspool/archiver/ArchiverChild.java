package dev.backspool.archiver;

import dev.backspool.archiver.Steps.Step;
import dev.backspool.server.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The program as it is, but that it stops for good, and says so, when it reaches a step of
 * archiving.
 */
final class ArchiverChild {
  private static final String STEP = "backspool.test.step";

  private ArchiverChild() {}

  public static void main(String[] arguments) {
    Step last = Step.valueOf(System.getProperty(STEP));
    Steps.watch(step -> {
      if (step == last) {
        System.out.println("at " + step);
        stopForGood();
      }
    });
    Main.main(arguments);
  }

  private static void stopForGood() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts {@code serve}, waits until it has reached the step, and kills it. */
  static void runUntil(Step step, Map<String, String> settings, Path log)
      throws IOException, InterruptedException {
    Process process = start(step, settings, log);
    try {
      BufferedReader said = process.inputReader();
      String line = said.readLine();
      while (line != null && !line.equals("at " + step)) {
        line = said.readLine();
      }
      if (line == null) {
        throw new IOException("the server ended before " + step + "; its log is " + log);
      }
    } finally {
      kill(process);
    }
  }

  static void kill(Process process) {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Starts {@code serve}, which stands still once it has reached the step. */
  static Process start(Step step, Map<String, String> settings, Path log) throws IOException {
    var builder =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-D" + STEP + "=" + step,
                    "-cp",
                    System.getProperty("java.class.path"),
                    ArchiverChild.class.getName(),
                    "serve"))
            .redirectError(Redirect.appendTo(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith("BACKSPOOL_"));
    builder.environment().putAll(settings);
    return builder.start();
  }
}

package dev.backspool.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The server as a child process: this program once more, with this JVM's own options. */
final class Program implements AutoCloseable {
  private static final String MAIN = "dev.backspool.server.Main";
  private static final String READY = "ready on ";

  private final Process process;
  private final URI url;
  private final Duration startedIn;

  private Program(Process process, URI url, Duration startedIn) {
    this.process = process;
    this.url = url;
    this.startedIn = startedIn;
  }

  /**
   * Starts {@code serve} and waits until requests are served.
   *
   * @param settings {@code BACKSPOOL_*}; this process's own are not handed on
   * @param log where its log goes
   * @param options more options for its JVM
   * @throws IOException when it ends before it serves
   */
  static Program serve(Map<String, String> settings, Path log, List<String> options)
      throws IOException {
    var all = new HashMap<>(settings);
    all.putIfAbsent("BACKSPOOL_PORT", "0");
    long began = System.nanoTime();
    Process process = start(List.of("serve"), all, log, options);
    BufferedReader said = process.inputReader();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.startsWith(READY)) {
        return new Program(
            process,
            URI.create(line.substring(READY.length())),
            Duration.ofNanos(System.nanoTime() - began));
      }
    }
    throw new IOException("the server did not start; its log is " + log);
  }

  /**
   * Starts any command.
   *
   * @param words the command and what follows it
   * @param settings as for {@link #serve}
   */
  static Process start(
      List<String> words, Map<String, String> settings, Path log, List<String> options)
      throws IOException {
    List<String> command = command(options);
    command.addAll(words);
    var builder = new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith("BACKSPOOL_"));
    builder.environment().putAll(settings);
    return builder.start();
  }

  private static List<String> command(List<String> options) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-X") || argument.startsWith("--"))
        .filter(argument -> !argument.startsWith("-XX:AOTCacheOutput"))
        .forEach(command::add);
    command.addAll(options);
    String classPath = System.getProperty("java.class.path");
    command.addAll(
        classPath.endsWith(".jar") && !classPath.contains(java.io.File.pathSeparator)
            ? List.of("-jar", classPath)
            : List.of("-cp", classPath, MAIN));
    return command;
  }

  URI url() {
    return url;
  }

  /** From the process's start to its being ready. */
  Duration startedIn() {
    return startedIn;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** {@code kill -9}. */
  void kill() {
    close();
  }

  /**
   * Asks it to stop, as {@code systemctl stop} does, and waits.
   *
   * @return its exit code
   * @throws IOException when it does not end within a minute; it is killed then
   */
  int stop() throws IOException, InterruptedException {
    process.destroy();
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      kill();
      throw new IOException("the server did not stop within a minute");
    }
    return process.exitValue();
  }

  /** Kills it if it still runs. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}

package dev.backspool.bench;

import java.time.Duration;

/**
 * Processor time used so far.
 *
 * @param server of the server's process
 * @param others of this process's other children, such as PostgreSQL, and theirs
 * @param own of this process
 */
record Processors(Duration server, Duration others, Duration own) {
  static Processors now(ProcessHandle server) {
    return new Processors(
        used(server),
        ProcessHandle.current()
            .descendants()
            .filter(process -> process.pid() != server.pid())
            .map(Processors::used)
            .reduce(Duration.ZERO, Duration::plus),
        used(ProcessHandle.current()));
  }

  Processors since(Processors earlier) {
    return new Processors(
        server.minus(earlier.server), others.minus(earlier.others), own.minus(earlier.own));
  }

  private static Duration used(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }
}

package dev.backspool.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code backspool bench}: measures this build on this machine. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures this build on this machine, on temporary data.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchIngest.class,
      BenchEvents.class,
      BenchCrash.class,
      BenchStart.class,
      BenchArchive.class,
      BenchSeek.class,
      BenchTransfer.class,
      BenchSessions.class,
      BenchSync.class,
      HelpCommand.class
    })
public final class Bench {}

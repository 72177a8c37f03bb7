package dev.backspool.server;

import dev.backspool.bench.Bench;
import dev.backspool.postgres.PostgresStartException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program's entry: a command for each thing it can do. */
@Command(
    name = "backspool",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Records what people did in a web app, and lets a team replay it.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Settings come from environment variables BACKSPOOL_*, or from a properties file named",
      "by BACKSPOOL_CONFIG. 'backspool help serve' lists them."
    },
    subcommands = {Serve.class, Bench.class, CommandLine.HelpCommand.class})
public final class Main {
  private Main() {}

  /** Runs a command; its exit code is the process's: 0 done, 1 failed, 2 called wrongly. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Main()).setExecutionExceptionHandler(Main::explain).execute(arguments));
  }

  /** Failures with a sentence for the operator show that sentence; others their trace. */
  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    var err = command.getErr();
    if (failure instanceof Config.Invalid invalid) {
      err.println("The configuration has problems:");
      invalid.problems().forEach(problem -> err.println("  " + problem));
    } else if (failure instanceof PostgresStartException || failure instanceof Sentence) {
      err.println(failure.getMessage());
    } else {
      failure.printStackTrace(err);
    }
    return 1;
  }
}

package dev.backspool.server;

import dev.backspool.bench.Bench;
import dev.backspool.postgres.PostgresStartException;
import java.util.Map;
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
    subcommands = {
      Demo.class,
      Serve.class,
      Import.class,
      Export.class,
      Verify.class,
      SyncCommand.class,
      ResetAdminToken.class,
      Bench.class,
      Rehearse.class,
      CommandLine.HelpCommand.class
    })
public final class Main {
  private static final int HELP_WIDTH = 100;

  private final Map<String, String> environment;

  private Main(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Runs a command; its exit code is the process's: 0 done, 1 failed, 2 called wrongly. */
  public static void main(String[] arguments) {
    System.exit(commandLine(System.getenv()).execute(arguments));
  }

  /** The commands, for an environment. */
  static CommandLine commandLine(Map<String, String> environment) {
    return new CommandLine(new Main(environment))
        .setUsageHelpWidth(HELP_WIDTH)
        .setExecutionExceptionHandler(Main::explain);
  }

  /** The settings that the environment and its properties file make. */
  Config config() {
    return Config.from(settings());
  }

  Map<String, String> settings() {
    return Settings.of(environment);
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

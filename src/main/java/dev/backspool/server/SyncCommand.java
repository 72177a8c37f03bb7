package dev.backspool.server;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool sync}: what can be done with copies elsewhere, each a command of its own. */
@Command(
    name = "sync",
    mixinStandardHelpOptions = true,
    description = "Looks after copies of rows and events elsewhere.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      SyncStatusCommand.class,
      SyncVerify.class,
      SyncRebuild.class,
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SyncCommand implements Runnable {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  Main main() {
    return main;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command?");
  }
}

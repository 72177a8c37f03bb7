package dev.backspool.server;

import dev.backspool.api.SignIn;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backspool reset-admin-token}. */
@Command(
    name = "reset-admin-token",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a new admin token and shows it once.",
      "",
      "The old one stops working and everybody is signed out. Stop the server first; servers on",
      "a database of your own learn of the new token when they are started again."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class ResetAdminToken implements Callable<Integer> {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Config config = main.config();
    if (config.adminToken() != null) {
      throw new Sentence(
          "BACKSPOOL_ADMIN_TOKEN sets the admin token; change it there, or unset it first.");
    }
    try (var installation = new Installation(config)) {
      spec.commandLine()
          .getOut()
          .println("admin token (shown once): " + SignIn.resetToken(installation.database()));
      spec.commandLine().getOut().flush();
    }
    return 0;
  }
}

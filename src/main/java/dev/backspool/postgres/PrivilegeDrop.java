package dev.backspool.postgres;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The command in front of a PostgreSQL program: PostgreSQL refuses to run as root, and the server
 * should not take the Ctrl-C that is meant for us, but should leave when we are killed.
 *
 * <p>Every command used replaces itself with the program, so the process id is the server's and
 * signals reach it. {@code runuser} and {@code su} do not, and are not used.
 *
 * @param prefix the command, possibly empty
 * @param account the numeric user and group that must own the cluster when we are root
 */
record PrivilegeDrop(List<String> prefix, Account account) {
  /** A user and its group, by number: a container may have no names. */
  record Account(int uid, int gid) {
    static final Account ROOT = new Account(0, 0);
    static final Account NOBODY = new Account(65534, 65534);
  }

  /** A terminal sends Ctrl-C to its whole process group: the server gets a group of its own. */
  private static final String OWN_GROUP = "setsid";

  /** The kernel sends the server a fast shutdown when the thread that started it ends. */
  private static final String LEAVE_WITH_US = "--pdeathsig=INT";

  /**
   * Finds the first command that can run the server's program here. It is tried, not guessed:
   * containers forbid some calls, and folders above ours may be closed to other accounts.
   *
   * @throws PostgresStartException when none works
   */
  static PrivilegeDrop choose(Home home, Binaries binaries) throws IOException {
    boolean root = Posix.effectiveUser() == 0;
    StringBuilder tried = new StringBuilder();
    for (PrivilegeDrop candidate : root ? candidatesOfRoot(home) : candidatesOfOthers()) {
      String answer = candidate.ask(binaries.postgres());
      if (answer.startsWith("postgres (PostgreSQL) " + Binaries.MAJOR + ".")) {
        return candidate;
      }
      tried.append("\n  ").append(String.join(" ", candidate.prefix)).append(": ").append(answer);
    }
    throw new PostgresStartException(
        (root
                ? "PostgreSQL must not run as root, and no way to give up root works here: run Backspool as another user, or set BACKSPOOL_DATABASE_URL."
                : "The PostgreSQL in this jar does not run on this system: set BACKSPOOL_DATABASE_URL.")
            + tried);
  }

  private static List<PrivilegeDrop> candidatesOfRoot(Home home) throws IOException {
    Account account = serviceAccount(home);
    String user = Integer.toString(account.uid);
    String group = Integer.toString(account.gid);
    return List.of(
        new PrivilegeDrop(
            List.of(
                OWN_GROUP,
                "setpriv",
                "--reuid=" + user,
                "--regid=" + group,
                "--clear-groups",
                LEAVE_WITH_US,
                "--"),
            account),
        // A user namespace of its own: files stay root's, but root's powers are gone.
        new PrivilegeDrop(
            List.of(OWN_GROUP, "unshare", "-U", "--", "setpriv", LEAVE_WITH_US, "--"),
            Account.ROOT),
        new PrivilegeDrop(List.of(OWN_GROUP, "unshare", "-U", "--"), Account.ROOT),
        new PrivilegeDrop(
            List.of(OWN_GROUP, "chroot", "--userspec=" + user + ":" + group, "/"), account),
        new PrivilegeDrop(List.of("chroot", "--userspec=" + user + ":" + group, "/"), account));
  }

  private static List<PrivilegeDrop> candidatesOfOthers() {
    Account ourselves = new Account(Posix.effectiveUser(), -1);
    return List.of(
        new PrivilegeDrop(List.of(OWN_GROUP, "setpriv", LEAVE_WITH_US, "--"), ourselves),
        new PrivilegeDrop(List.of(OWN_GROUP), ourselves),
        new PrivilegeDrop(List.of(), ourselves));
  }

  /**
   * Who the server is when we are root: whoever has the cluster already, else the system's {@code
   * backspool}, else {@code nobody}. It needs a name in the system, initdb asks for it.
   */
  private static Account serviceAccount(Home home) throws IOException {
    if (Files.exists(home.cluster())) {
      Account owner = owner(home.cluster());
      if (owner.uid != 0) {
        return owner;
      }
    }
    Path accounts = Path.of("/etc/passwd");
    if (Files.isReadable(accounts)) {
      for (String line : Files.readAllLines(accounts)) {
        String[] field = line.split(":", -1);
        if (field.length > 3 && field[0].equals("backspool")) {
          return new Account(Integer.parseInt(field[2]), Integer.parseInt(field[3]));
        }
      }
    }
    return Account.NOBODY;
  }

  /** A process that runs a program under this command, with nothing of our environment. */
  ProcessBuilder process(Path program, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(program.toString());
    command.addAll(arguments);
    ProcessBuilder process =
        new ProcessBuilder(command).directory(new File("/")).redirectErrorStream(true);
    Map<String, String> environment = process.environment();
    String path = environment.getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    environment.clear();
    environment.put("PATH", path);
    environment.put("LC_ALL", "C");
    environment.put("TZ", "UTC");
    return process;
  }

  /** Gives a folder and all in it to the server's account; nothing to do when it has it. */
  void give(Path folder) throws IOException {
    if (Posix.effectiveUser() != 0 || owner(folder).equals(account)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      List<Path> paths = new ArrayList<>(tree.toList());
      // The folder itself comes last: a change cut short is seen and done again.
      for (Path path : paths.reversed()) {
        Files.setAttribute(path, "unix:gid", account.gid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:uid", account.uid, LinkOption.NOFOLLOW_LINKS);
      }
    }
  }

  private static Account owner(Path path) throws IOException {
    return new Account(number(path, "unix:uid"), number(path, "unix:gid"));
  }

  private static int number(Path path, String attribute) throws IOException {
    return (Integer)
        Objects.requireNonNull(Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS));
  }

  private String ask(Path postgres) throws IOException {
    Process process;
    try {
      process = process(postgres, List.of("-V")).start();
    } catch (IOException missing) {
      return String.valueOf(missing.getMessage());
    }
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return answer;
  }
}

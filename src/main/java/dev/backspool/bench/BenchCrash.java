package dev.backspool.bench;

import dev.backspool.bench.Audit.Finding;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backspool bench crash}. */
@Command(
    name = "crash",
    mixinStandardHelpOptions = true,
    description = {
      "What a hard kill leaves.",
      "",
      "Clients upload chunks of recordings and post events, in batches and singly, while the",
      "server is killed (kill -9), every second time together with its PostgreSQL. It is started",
      "again on the same data, half of what had no answer is sent again, and so on. After each",
      "kill every row is audited: what was acknowledged is there exactly once, a chunk with the",
      "very events that were sent; what had no answer is absent or whole; sessions, tabs and",
      "usage count just the chunks and events that are there; a session has one session_start,",
      "at most one session_end, and no event of another device. Recordings are archived",
      "meanwhile: their frames are looked for in both places.",
      "",
      "All is copied to the columnar store and to a customer's PostgreSQL meanwhile; in the end",
      "both are compared with what the server's own holds, row by row.",
      "",
      "Exit code 1 when anything else is found."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchCrash implements Callable<Integer> {
  @Option(
      names = "--rounds",
      defaultValue = "20",
      description = "How many kills (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "4",
      description = "Load before a kill: half of this, to this (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--clients",
      defaultValue = "32",
      description = "Clients at once (${DEFAULT-VALUE}).")
  private int clients;

  @Option(
      names = "--archive-after",
      paramLabel = "DURATION",
      defaultValue = "PT2S",
      description = {
        "Silence after which a recording is archived, while others go on (${DEFAULT-VALUE});",
        "PT1H for none."
      })
  private Duration archiveAfter;

  @Override
  public Integer call() throws IOException, InterruptedException {
    int problems = 0;
    try (var crash = new Crash(clients, archiveAfter)) {
      for (int n = 1; n <= rounds; n++) {
        boolean postgresToo = n % 2 == 0;
        Crash.Round round = crash.round(Duration.ofSeconds(seconds), postgresToo);
        System.out.printf(
            "round %2d: started in %.1f s, %s killed after %.1f s; %s%n",
            n,
            round.startedIn().toMillis() / 1e3,
            postgresToo ? "server and PostgreSQL" : "server",
            round.killedAfter().toMillis() / 1e3,
            text(round.finding()));
        problems += tell(round.finding());
      }
      Finding last = crash.stopAndLook();
      System.out.println("after a clean stop: " + text(last));
      problems += tell(last);
      List<String> copies = crash.lookAtCopies();
      copies.forEach(problem -> System.out.println("  PROBLEM " + problem));
      System.out.printf("the copies: %d rows differ%n", copies.size());
      problems += copies.size();
    }
    System.out.printf("%d rounds, %d problems%n", rounds, problems);
    return problems == 0 ? 0 : 1;
  }

  private static String text(Finding finding) {
    return "batches: %s; events: %s; %d sessions ended"
        .formatted(text(finding.batches()), text(finding.events()), finding.ended());
  }

  private static String text(Audit.Count count) {
    return "%d acknowledged, without an answer %d stored, %d absent"
        .formatted(count.acknowledged(), count.unansweredStored(), count.unansweredAbsent());
  }

  private static int tell(Finding finding) {
    finding.problems().forEach(problem -> System.out.println("  PROBLEM " + problem));
    return finding.problems().size();
  }
}

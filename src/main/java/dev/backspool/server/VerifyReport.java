package dev.backspool.server;

import dev.backspool.api.VerifyJson.FindingJson;
import dev.backspool.api.VerifyJson.KindJson;
import dev.backspool.api.VerifyJson.Line;
import dev.backspool.api.VerifyJson.SummaryJson;
import dev.backspool.http.Json;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Writes what a verification tells: findings as they come, the summary at the end; as text or as
 * one JSON object. Findings are not held.
 */
final class VerifyReport implements Consumer<Line>, AutoCloseable {
  private final PrintWriter out;
  private final VerifyProgress progress;
  private final boolean json;
  private final boolean repair;
  private long findings;
  private @Nullable SummaryJson summary;

  VerifyReport(CommandLine command, boolean json, boolean repair) {
    this.out = command.getOut();
    this.progress = new VerifyProgress(command.getErr());
    this.json = json;
    this.repair = repair;
  }

  @Override
  public void accept(Line line) {
    if (line.progress() != null) {
      progress.show(line.progress());
    } else if (line.finding() != null) {
      progress.makeRoom();
      found(line.finding());
      findings++;
    } else if (line.summary() != null) {
      progress.close();
      summary = line.summary();
      end(line.summary());
    } else {
      progress.close();
      throw new Sentence("It could not be verified: " + line.failure());
    }
    out.flush();
  }

  /** Whether it came to its end, and nothing is wrong any more. */
  boolean isClean() {
    return summary != null && summary.clean();
  }

  private void found(FindingJson finding) {
    if (json) {
      out.print(findings == 0 ? "{\"findings\":[\n" : ",\n");
      out.print(text(finding));
      return;
    }
    out.printf("%s: %s%n", finding.severity(), finding.kind());
    out.printf("  %s%n", place(finding));
    out.printf("  %s.%n", finding.message());
    if (Boolean.TRUE.equals(finding.repaired())) {
      out.println("  Repaired.");
    } else if (finding.advice() != null) {
      out.printf("  %s%s%n", repair ? "Not repaired. " : "", finding.advice());
    }
  }

  /** Where it is, as an operator may look for it. */
  private static String place(FindingJson finding) {
    var words = new ArrayList<String>();
    if (finding.project() != null) {
      String name = finding.projectName();
      words.add("project " + (name == null ? finding.project() : name));
    }
    if (finding.session() != null) {
      words.add("session " + finding.session());
    }
    if (finding.tab() != null) {
      words.add("tab " + finding.tab());
    }
    if (!finding.frames().isEmpty()) {
      words.add(
          (finding.frames().size() == 1 ? "frame " : "frames ")
              + String.join(" ", finding.frames().stream().map(String::valueOf).toList()));
    }
    if (finding.name() != null) {
      boolean inProject = finding.project() != null && finding.name().contains("/");
      words.add(inProject ? "object " + finding.project() + "/" + finding.name() : finding.name());
    }
    return String.join(", ", words);
  }

  private void end(SummaryJson all) {
    if (json) {
      out.print(findings == 0 ? "{\"findings\":[" : "\n");
      out.printf("],%n\"summary\":%s}%n", text(all));
      return;
    }
    out.printf(
        Locale.ROOT,
        "%,d sessions with %,d uploads and %,d events, %,d objects of recordings, %,d in the"
            + " archive: %s in %s.%n",
        all.sessions(),
        all.uploads(),
        all.events(),
        all.objects(),
        all.objectsListed(),
        VerifyProgress.bytes(all.bytes()),
        VerifyProgress.time(Duration.ofMillis(all.tookMs())));
    if (all.kinds().isEmpty()) {
      out.println("Nothing is wrong.");
    }
    List<String> severities = all.kinds().stream().map(KindJson::severity).distinct().toList();
    for (String severity : severities) {
      out.printf(
          "%s: %s%n",
          severity,
          String.join(
              ", ",
              all.kinds().stream()
                  .filter(kind -> kind.severity().equals(severity))
                  .map(VerifyReport::count)
                  .toList()));
    }
    if (!all.kinds().isEmpty() && all.clean()) {
      out.println("All of it is repaired.");
    }
  }

  private static String count(KindJson kind) {
    String repaired = kind.repaired() == 0 ? "" : " (%,d repaired)".formatted(kind.repaired());
    return "%,d %s%s".formatted(kind.found(), kind.kind(), repaired);
  }

  private static String text(Object value) {
    return new String(Json.bytes(value), StandardCharsets.UTF_8);
  }

  /** What it found before it broke off is one JSON object all the same. */
  @Override
  public void close() {
    progress.close();
    if (json && findings > 0 && summary == null) {
      out.printf("%n],%n\"summary\":null}%n");
      out.flush();
    }
  }
}

package dev.backspool.server;

import dev.backspool.api.SyncCheck;
import dev.backspool.api.SyncVerifyJson.ComparisonJson;
import dev.backspool.api.SyncVerifyJson.DifferenceJson;
import dev.backspool.api.SyncVerifyJson.Line;
import dev.backspool.api.SyncVerifyJson.SummaryJson;
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
 * Writes what a verification of copies tells: differences as they come, the summary at the end; as
 * text or as one JSON object. Differences are not held.
 */
final class SyncVerifyReport implements Consumer<Line>, AutoCloseable {
  private final PrintWriter out;
  private final boolean json;
  private final boolean repair;
  private final List<ComparisonJson> obstacles = new ArrayList<>();
  private long differences;
  private @Nullable SummaryJson summary;

  SyncVerifyReport(CommandLine command, boolean json, boolean repair) {
    this.out = command.getOut();
    this.json = json;
    this.repair = repair;
  }

  @Override
  public void accept(Line line) {
    if (line.difference() != null) {
      found(line.difference());
      differences++;
    } else if (line.comparison() != null) {
      compared(line.comparison());
    } else if (line.summary() != null) {
      summary = line.summary();
      end(line.summary());
    } else {
      throw new Sentence("It could not be verified: " + line.failure());
    }
    out.flush();
  }

  /** Whether it came to its end, and nothing differs any more. */
  boolean isClean() {
    return summary != null && summary.clean();
  }

  private void found(DifferenceJson found) {
    if (json) {
      out.print(differences == 0 ? "{\"differences\":[\n" : ",\n");
      out.print(text(found));
      return;
    }
    out.printf(
        "%s: %s %s%s%n",
        found.kind(),
        found.mapping(),
        String.join(" ", found.key()),
        Boolean.TRUE.equals(found.repaired())
            ? ", repaired"
            : repair && !found.kind().equals("quarantined") ? ", not repaired" : "");
    out.printf("  project %s, sink %s%n", found.projectName(), found.sinkName());
  }

  private void compared(ComparisonJson compared) {
    if (compared.unknown() != null) {
      obstacles.add(compared);
      if (!json) {
        out.printf("not compared: %s%n  %s%n", place(compared), compared.unknown());
      }
    } else if (!json && compared.differences() > MOST_TOLD) {
      out.printf(
          Locale.ROOT,
          "and %,d more rows: %s%n",
          compared.differences() - MOST_TOLD,
          place(compared));
    }
  }

  /** More differences of one mapping are counted, and not told. */
  private static final long MOST_TOLD = SyncCheck.MOST_TOLD;

  private static String place(ComparisonJson of) {
    var words = new ArrayList<String>();
    if (of.mapping() != null) {
      words.add(of.mapping());
    }
    if (of.projectName() != null) {
      words.add("project " + of.projectName());
    }
    words.add("sink " + of.sinkName());
    return String.join(", ", words);
  }

  private void end(SummaryJson all) {
    if (json) {
      out.print(differences == 0 ? "{\"differences\":[" : "\n");
      out.printf("],%n\"not_compared\":%s,%n\"summary\":%s}%n", text(obstacles), text(all));
      return;
    }
    out.printf(
        Locale.ROOT,
        "%,d mappings compared, %,d rows in PostgreSQL and %,d in sinks: %s.%n",
        all.compared(),
        all.rows(),
        all.held(),
        VerifyProgress.time(Duration.ofMillis(all.tookMs())));
    var kinds = new ArrayList<String>();
    count(kinds, all.missing(), "missing");
    count(kinds, all.extra(), "extra");
    count(kinds, all.altered(), "altered");
    count(kinds, all.quarantined(), "quarantined");
    if (kinds.isEmpty()) {
      out.println(
          all.unknown() == 0 ? "Nothing differs." : "Nothing differs in what was compared.");
    } else {
      out.println(String.join(", ", kinds) + ".");
    }
    if (all.clean() && all.repaired() > 0) {
      out.println("All of it is repaired.");
    } else if (all.repaired() > 0) {
      out.printf(Locale.ROOT, "%,d of these are repaired.%n", all.repaired());
    }
    if (all.unknown() > 0) {
      out.printf(Locale.ROOT, "%,d could not be compared.%n", all.unknown());
    }
  }

  private static void count(List<String> kinds, long rows, String kind) {
    if (rows > 0) {
      kinds.add(String.format(Locale.ROOT, "%,d %s", rows, kind));
    }
  }

  private static String text(Object value) {
    return new String(Json.bytes(value), StandardCharsets.UTF_8);
  }

  /** What it found before it broke off is one JSON object all the same. */
  @Override
  public void close() {
    if (json && differences > 0 && summary == null) {
      out.printf("%n],%n\"summary\":null}%n");
      out.flush();
    }
  }
}

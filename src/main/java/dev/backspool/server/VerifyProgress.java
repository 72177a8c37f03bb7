package dev.backspool.server;

import dev.backspool.api.VerifyJson.ProgressJson;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Shows how far a verification is: a bar on a terminal, else a line now and then. */
final class VerifyProgress implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final PrintWriter err;
  private final boolean terminal =
      Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  private String step = "";
  private long stepBegan;
  private long lastLine = System.nanoTime();
  private @Nullable ProgressBar bar;

  VerifyProgress(PrintWriter err) {
    this.err = err;
  }

  void show(ProgressJson progress) {
    if (!progress.step().equals(step)) {
      close();
      step = progress.step();
      stepBegan = System.nanoTime();
    }
    if (terminal) {
      bar(progress);
    } else if (System.nanoTime() - lastLine >= PAUSE.toNanos()) {
      lastLine = System.nanoTime();
      err.println(line(progress, Duration.ofNanos(System.nanoTime() - stepBegan)));
      err.flush();
    }
  }

  private void bar(ProgressJson progress) {
    ProgressBar shown = bar;
    if (shown == null) {
      shown =
          new ProgressBarBuilder()
              .setTaskName(progress.step())
              .setInitialMax(progress.total() == 0 ? -1 : progress.total())
              .showSpeed()
              .clearDisplayOnFinish()
              .build();
      bar = shown;
    }
    shown.stepTo(progress.done());
    shown.setExtraMessage(bytes(progress.bytes()));
  }

  /** {@code sessions: 250 of 1,000 (25 %), 1.5 GB, 50/s, 0:15 left}. */
  static String line(ProgressJson progress, Duration sinceBegin) {
    var line = new StringBuilder(progress.step()).append(": ");
    line.append(number(progress.done()));
    if (progress.total() > 0) {
      line.append(" of ").append(number(progress.total()));
      line.append(" (").append(100 * progress.done() / progress.total()).append(" %)");
    }
    line.append(", ").append(bytes(progress.bytes()));
    double seconds = sinceBegin.toMillis() / 1e3;
    if (progress.done() > 0 && seconds > 0) {
      double rate = progress.done() / seconds;
      line.append(String.format(Locale.ROOT, ", %,.0f/s", rate));
      if (progress.total() > progress.done()) {
        long left = (long) ((progress.total() - progress.done()) / rate);
        line.append(", ").append(time(Duration.ofSeconds(left))).append(" left");
      }
    }
    return line.toString();
  }

  /** Clears the bar's line, for a line of the report; the bar draws itself again below it. */
  void makeRoom() {
    if (bar != null) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String bytes(long bytes) {
    String[] units = {"kB", "MB", "GB", "TB"};
    double value = bytes / 1e3;
    int unit = 0;
    while (value >= 1_000 && unit < units.length - 1) {
      value /= 1e3;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }

  /** {@code 0:05}, {@code 1:02:03}. */
  static String time(Duration time) {
    return time.toHours() > 0
        ? String.format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : String.format("%d:%02d", time.toMinutes(), time.toSecondsPart());
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}

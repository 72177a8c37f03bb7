package dev.backspool.server;

import dev.backspool.transfer.ProjectFileWriter;
import dev.backspool.transfer.ProjectHead.Expected;
import dev.backspool.transfer.Totals;
import java.io.Console;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** How far a project's export or import is: a bar on a terminal, nothing elsewhere. */
final class TransferBar implements ProjectFileWriter.Heard, AutoCloseable {
  /** What a row takes as JSON, about; recordings, which take most, are counted. */
  private static final long SESSION = 2_000;

  private static final long EVENT = 700;
  private static final long PERSON = 300;

  private final @Nullable ProgressBar bar;
  private long sessionBytes = SESSION;
  private long entries;
  private long written;

  private TransferBar(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  /**
   * Begins at 0.
   *
   * @param most how many bytes there are in all; negative where that is not known yet
   */
  static TransferBar of(String task, long most) {
    boolean shown = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    return new TransferBar(
        shown
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(most)
                .setUnit(" MB", 1_000_000)
                .showSpeed()
                .clearDisplayOnFinish()
                .build()
            : null);
  }

  /** Shows that so many of the bytes are done. */
  void at(long bytes, String more) {
    if (bar != null) {
      bar.stepTo(bytes);
      bar.setExtraMessage(more);
    }
  }

  /** Measures an export by the JSON that is expected of it. */
  void expect(Expected expected) {
    sessionBytes = SESSION + expected.rawBytes() / Math.max(1, expected.sessions());
    if (bar != null) {
      bar.maxHint(
          weight(expected.sessions(), expected.events(), expected.profiles() + expected.groups()));
    }
  }

  /** Begins where an earlier run ended. */
  void skip(Totals done) {
    entries = done.entries();
    written = done.bytes();
    step(weight(done.sessions(), done.events(), done.profiles() + done.groups()));
  }

  private long weight(long sessions, long events, long people) {
    return sessions * sessionBytes + events * EVENT + people * PERSON;
  }

  @Override
  public void entry(String name, long bytes, long rows) {
    entries++;
    written += bytes;
    int slash = name.indexOf('/');
    step(
        switch (slash < 0 ? name : name.substring(0, slash)) {
          case "sessions" -> sessionBytes;
          case "events" -> rows * EVENT;
          case "profiles", "groups" -> rows * PERSON;
          default -> 0;
        });
  }

  private void step(long weight) {
    if (bar != null) {
      bar.stepBy(weight);
      bar.setExtraMessage("%,d entries, %,.1f MB".formatted(entries, written / 1e6));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}

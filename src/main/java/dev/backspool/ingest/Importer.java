package dev.backspool.ingest;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Splitter;
import dev.backspool.session.Opener;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stores whole recordings, as files or other systems hold them, through the same door as uploads.
 * The recording is read as a stream: one block of it is in memory at a time. Threads may share one
 * importer.
 *
 * <p>Block {@code n} of recording {@code name} has the batch id {@code import:name:n}, so importing
 * the same recording again, or going on after a broken import, stores nothing twice.
 */
public final class Importer {
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e]{1,200}");
  private static final String TAB = "main";

  /** Events cut a block; the others refuse a file that is no recording or would fill the heap. */
  private static final Limits LIMITS = new Limits(50_000, 10_000, 64 << 20);

  /** How long a full queue or an absent database is waited for. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Ingest ingest;

  public Importer(Ingest ingest) {
    this.ingest = ingest;
  }

  /** Hears of every block once it is committed, on the thread that imports. */
  @FunctionalInterface
  public interface Progress {
    /** Does nothing. */
    Progress NONE = (_, _) -> {};

    /**
     * One more block is stored.
     *
     * @param events events so far
     * @param rawBytes bytes of JSON so far, as lines
     */
    void stored(long events, long rawBytes);
  }

  /**
   * A recording that is stored whole.
   *
   * @param blocks how many chunks it was cut into
   * @param deduped how many of them were there before
   */
  public record Imported(UUID session, int blocks, int deduped, long events, long rawBytes) {}

  /** Why a recording is not stored whole, in one sentence. Blocks before the fault stay stored. */
  public static final class NotImported extends Exception {
    private static final long serialVersionUID = 1;

    NotImported(String sentence) {
      super(sentence);
    }
  }

  /**
   * Imports a recording; its events stay as old as they say.
   *
   * @param sessionName names the session and its batches within the project: 1 to 200 printable
   *     ASCII characters without spaces
   * @param rrwebJson a JSON array of rrweb events or newline-delimited ones, decompressed; closed
   *     by this method
   * @throws NotImported when it is no recording, the server does not take it, or the thread is
   *     interrupted
   * @throws IOException when the stream cannot be read
   */
  public Imported importRecording(
      Project project,
      String sessionName,
      InputStream rrwebJson,
      Visitor visitor,
      Progress progress)
      throws IOException, NotImported {
    return importRecording(project, sessionName, rrwebJson, visitor, 0, progress);
  }

  /**
   * Imports a recording at another time than it was made.
   *
   * @param shiftMs added to the events' own times it gives the times in the session list and on the
   *     player's timeline; the events keep theirs
   * @throws NotImported when it is no recording, or the server does not take it
   * @throws IOException when the stream cannot be read
   */
  public Imported importRecording(
      Project project,
      String sessionName,
      InputStream rrwebJson,
      Visitor visitor,
      long shiftMs,
      Progress progress)
      throws IOException, NotImported {
    if (!NAME.matcher(sessionName).matches()) {
      throw new NotImported(
          "A session's name must be 1 to 200 printable ASCII characters without spaces");
    }
    @Nullable UUID session = null;
    int blocks = 0;
    int deduped = 0;
    long events = 0;
    long rawBytes = 0;
    try (var splitter = new Splitter(rrwebJson, LIMITS, Manner.STRICT)) {
      for (var block = splitter.next(); block != null; block = splitter.next()) {
        if (Thread.interrupted()) {
          throw stopped();
        }
        Outcome.Stored stored =
            store(chunk(project, sessionName, blocks, visitor, shiftMs, block), blocks);
        session = stored.session();
        blocks++;
        deduped += stored.deduped() ? 1 : 0;
        events += block.eventCount();
        rawBytes += block.rawBytes();
        progress.stored(events, rawBytes);
      }
    } catch (EventsRefused refused) {
      throw new NotImported(refused.getMessage());
    }
    if (session == null) {
      throw new NotImported("The recording holds no events");
    }
    return new Imported(session, blocks, deduped, events, rawBytes);
  }

  private static StoreChunk chunk(
      Project project, String name, int n, Visitor visitor, long shiftMs, EventBlock events) {
    return new StoreChunk(
        project.id(),
        Source.IMPORT,
        new Opener.Named(name),
        "import:" + name + ":" + n,
        TAB,
        (long) n,
        Instant.now(),
        null,
        shiftMs,
        visitor,
        events);
  }

  private Outcome.Stored store(StoreChunk chunk, int block) throws NotImported {
    Instant givenUpAt = Instant.now().plus(PATIENCE);
    while (true) {
      switch (ingest.store(chunk)) {
        case Outcome.Stored stored -> {
          return stored;
        }
        case Outcome.Refused refused -> {
          Duration pause = refused.retryAfter();
          if (pause == null || Instant.now().plus(pause).isAfter(givenUpAt)) {
            throw new NotImported("Block " + block + ": " + refused.detail());
          }
          sleep(pause);
        }
      }
    }
  }

  private static void sleep(Duration pause) throws NotImported {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      throw stopped();
    }
  }

  private static NotImported stopped() {
    Thread.currentThread().interrupt();
    return new NotImported("The import was stopped");
  }
}

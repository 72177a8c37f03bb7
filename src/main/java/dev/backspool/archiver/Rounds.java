package dev.backspool.archiver;

import dev.backspool.archiver.Archiver.Round;
import dev.backspool.archiver.Claim.SessionKey;
import dev.backspool.archiver.Ending.Failed;
import dev.backspool.archiver.Ending.Overtaken;
import dev.backspool.archiver.Ending.Recorded;
import dev.backspool.archiver.Ending.Untried;
import dev.backspool.archiver.Packed.Older;
import dev.backspool.archiver.Packed.Uploads;
import dev.backspool.archiver.Packer.AllDamaged;
import dev.backspool.archiver.Packer.Chosen;
import dev.backspool.archiver.Packer.Gone;
import dev.backspool.archiver.Packer.Made;
import dev.backspool.archiver.Packer.NoDisk;
import dev.backspool.archiver.Packer.Nothing;
import dev.backspool.archiver.Packer.Result;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.postgres.DatabaseUnavailable;
import dev.backspool.recording.Fault;
import dev.backspool.recording.Frame;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round of archiving or merging after the other: what is claimed is packed and sent off, and
 * each session gets back what became of it. Any thread may call.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);
  private static final int AT_ONCE = 64;

  /** Of chunks: what a batch has in memory at most, but for a session that is larger. */
  private static final long BATCH_BYTES = 12L << 20;

  /** A recording with more, as chunks, stays in parts: they are large enough each. */
  private static final long MOST_MERGED = 1L << 30;

  private static final String OVERTAKEN = "it changed while it was archived";

  private final Claims claims;
  private final HotFrames chunks;
  private final Packer packer;
  private final Merger merger;
  private final Dispatch dispatch;
  private final Counts counts;
  private final Duration mergeAfter;

  /** Whether the last files all failed to be put. */
  private volatile boolean away;

  Rounds(
      Claims claims,
      HotFrames chunks,
      Packer packer,
      Merger merger,
      Dispatch dispatch,
      Counts counts,
      Duration mergeAfter) {
    this.claims = claims;
    this.chunks = chunks;
    this.packer = packer;
    this.merger = merger;
    this.dispatch = dispatch;
    this.counts = counts;
    this.mergeAfter = mergeAfter;
  }

  /** Whether the archive took nothing when it was last tried. */
  boolean isAway() {
    return away;
  }

  /** Archives a batch of what is due; while the archive is away, one session. */
  Round archive() throws InterruptedException {
    List<Claim> claimed = claims.hot(away ? 1 : AT_ONCE, BATCH_BYTES);
    if (claimed.isEmpty()) {
      return Round.NONE;
    }
    Steps.reached(Step.CLAIMED);
    return archive(claimed).of(claimed.size());
  }

  /** What fails for all of them together, each is tried with alone. */
  private Round archive(List<Claim> claimed) throws InterruptedException {
    List<Result> results;
    try {
      results = pack(claimed);
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      if (claimed.size() == 1) {
        LOG.error("Session {} cannot be archived", claimed.getFirst().session(), failure);
        fail(claimed.getFirst(), Trouble.INTERNAL, failure.toString());
        return Round.failed(1);
      }
      Round round = Round.NONE;
      for (Claim claim : claimed) {
        round = round.plus(archive(List.of(claim)));
      }
      return round;
    }
    Steps.reached(Step.PACKED);
    // First what was made: its files are freed in any case.
    Round sent =
        send(
            results.stream()
                .filter(Made.class::isInstance)
                .map(made -> ((Made) made).packed())
                .toList());
    int failed = 0;
    for (Result result : results) {
      switch (result) {
        case Made _ -> {}
        case AllDamaged damaged -> {
          failed++;
          fail(
              damaged.claim(),
              Trouble.DAMAGED_UPLOAD,
              Recorder.damagedMessage(damaged.uploads()),
              Pause.LONG);
        }
        case Nothing nothing -> claims.recount(nothing.claim());
        case Gone gone -> fail(gone.claim(), Trouble.OVERTAKEN, OVERTAKEN);
        case NoDisk full -> {
          failed++;
          fail(full.claim(), Trouble.DISK, full.failure().toString());
        }
      }
    }
    return sent.plus(Round.failed(failed));
  }

  private List<Result> pack(List<Claim> claimed) throws InterruptedException {
    Instant idleSince = claims.idleSince();
    Map<SessionKey, List<Frame>> frames = chunks.of(claimed);
    List<Chosen> sessions =
        claimed.stream()
            .map(claim ->
                new Chosen(
                    claim,
                    Packer.choose(claim, frames.getOrDefault(claim.key(), List.of()), idleSince)))
            .toList();
    return packer.pack(sessions, chunks);
  }

  /** Merges one recording that is due; none while the archive is away. */
  Round merge() throws InterruptedException {
    List<Claim> claimed = away ? List.of() : claims.inParts(1, mergeAfter, MOST_MERGED);
    if (claimed.isEmpty()) {
      return Round.NONE;
    }
    Steps.reached(Step.CLAIMED);
    return merge(claimed.getFirst()).of(1);
  }

  private Round merge(Claim claim) throws InterruptedException {
    Optional<Packed> packed;
    try {
      packed = merger.merge(claim);
    } catch (Merger.Unreadable unreadable) {
      String message = String.valueOf(unreadable.getMessage());
      if (unreadable.fault() == Fault.UNAVAILABLE) {
        fail(claim, Trouble.ARCHIVE, message);
      } else {
        counts.failed(Trouble.DAMAGED_PART);
        claims.failToMerge(claim, message);
      }
      return Round.failed(1);
    } catch (IOException noDisk) {
      fail(claim, Trouble.DISK, noDisk.toString());
      return Round.failed(1);
    } catch (DatabaseUnavailable unavailable) {
      throw unavailable;
    } catch (RuntimeException failure) {
      LOG.error("The parts of session {} cannot be merged", claim.session(), failure);
      fail(claim, Trouble.INTERNAL, failure.toString());
      return Round.failed(1);
    }
    if (packed.isEmpty()) {
      claims.recount(claim);
      return Round.NONE;
    }
    Steps.reached(Step.PACKED);
    return send(List.of(packed.get()));
  }

  private Round send(List<Packed> packed) throws InterruptedException {
    if (packed.isEmpty()) {
      return Round.NONE;
    }
    List<Ending> endings;
    try {
      endings = dispatch.send(packed);
    } finally {
      packed.forEach(Packed::discard);
    }
    int recorded = 0;
    int failed = 0;
    boolean isAway = false;
    var untried = new ArrayList<Claim>();
    for (Ending ending : endings) {
      switch (ending) {
        case Recorded done -> {
          recorded++;
          count(done.packed());
        }
        case Failed failure -> {
          failed++;
          isAway |= failure.trouble() == Trouble.ARCHIVE;
          fail(failure.packed().claim(), failure.trouble(), failure.message());
        }
        case Untried nothing -> untried.add(nothing.packed().claim());
        case Overtaken overtaken -> fail(overtaken.packed().claim(), Trouble.OVERTAKEN, OVERTAKEN);
      }
    }
    claims.release(untried);
    told(recorded > 0, isAway, endings);
    return new Round(0, recorded, failed);
  }

  private void told(boolean works, boolean fails, List<Ending> endings) {
    if (works) {
      if (away) {
        LOG.info("The archive takes recordings again");
      }
      away = false;
    } else if (fails) {
      if (!away) {
        endings.stream()
            .filter(Failed.class::isInstance)
            .findFirst()
            .ifPresent(first ->
                LOG.warn(
                    "The archive takes no recordings, they wait in PostgreSQL: {}",
                    ((Failed) first).message()));
      }
      away = true;
    }
  }

  private void count(Packed done) {
    switch (done.origin()) {
      case Uploads uploads -> {
        counts.archived(done.part().bytes(), done.part().chunkBytes());
        if (uploads.damaged() > 0) {
          counts.failed(Trouble.DAMAGED_UPLOAD);
          LOG.error(
              "Session {}: {}", done.claim().session(), Recorder.damagedMessage(uploads.damaged()));
        }
      }
      case Older _ -> counts.merged(done.part().bytes());
    }
  }

  private void fail(Claim claim, Trouble trouble, String message) {
    fail(claim, trouble, message, Pause.after(claim.failures()));
  }

  /** Of a session that is somebody else's by now, or nobody's, nothing is changed. */
  private void fail(Claim claim, Trouble trouble, String message, Duration pause) {
    counts.failed(trouble);
    claims.fail(claim, message, pause);
  }
}

package dev.backspool.http;

import dev.backspool.Reason;
import dev.backspool.SpareArrays;
import io.javalin.http.Context;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipException;

/**
 * Reads request bodies under caps: the declared length is refused before a byte is read, then bytes
 * are counted as they come, before and after decompression. All bodies in memory together stay
 * within one budget, so that many large uploads cannot fill the heap.
 */
public final class Bodies {
  private static final int CHUNK = 64 * 1024;

  /** Bodies up to this size as sent are read whole before they are inflated. */
  private static final int WHOLE = 256 * 1024;

  /** rrweb's JSON shrinks by this much or less, mostly. */
  private static final int USUAL_RATIO = 32;

  /** Highly repetitive small bodies are no danger; the ratio counts from this size on. */
  private static final int RATIO_FREE = 1024 * 1024;

  /**
   * How large a body may be.
   *
   * @param wireBytes most bytes as sent
   * @param inflatedBytes most bytes after decompression
   * @param ratio most inflated bytes for each byte sent
   */
  public record Limits(int wireBytes, int inflatedBytes, int ratio) {}

  private final long budget;
  private final AtomicLong inUse = new AtomicLong();

  /**
   * Makes a reader.
   *
   * @param budget bytes that all bodies together may hold
   */
  public Bodies(long budget) {
    this.budget = budget;
  }

  /**
   * Reads the whole body. gzip and zstd are known by their first bytes, whatever the headers say,
   * because some SDKs name no content coding.
   *
   * @throws Refusal TOO_LARGE, MALFORMED (broken compression), INCOMPLETE (the client stopped
   *     sending) or OVERLOADED (too many bodies in memory)
   */
  public Body read(Context ctx, Limits limits) {
    return read(ctx, limits, false);
  }

  /**
   * Reads as {@link #read} does, but a compressed body into an array that was used before and will
   * be used again once the body is closed: only for who then has no view of it left, such as a
   * slice of a member, and waits for nothing before.
   */
  public Body borrow(Context ctx, Limits limits) {
    return read(ctx, limits, true);
  }

  private Body read(Context ctx, Limits limits, boolean borrowed) {
    long declared = ctx.req().getContentLengthLong();
    if (declared > limits.wireBytes()) {
      throw tooLarge(limits.wireBytes());
    }
    var reservation = new Reservation();
    try {
      var wire = new CountedInput(ctx.req().getInputStream(), limits.wireBytes());
      return declared >= 0 && declared <= WHOLE
          ? read(wire, (int) declared, limits, reservation, borrowed)
          : stream(wire, declared, limits, reservation);
    } catch (IOException e) {
      reservation.release();
      throw translate(e);
    } catch (RuntimeException e) {
      reservation.release();
      throw e;
    }
  }

  /** A small body is read whole before it is inflated, in one step where it tells its size. */
  private Body read(
      CountedInput wire, int declared, Limits limits, Reservation reservation, boolean borrowed)
      throws IOException {
    reservation.grow(declared);
    byte[] sent = new byte[declared];
    if (wire.readNBytes(sent, 0, declared) < declared) {
      throw incomplete();
    }
    Compression compression = Compression.of(sent);
    if (compression == Compression.NONE) {
      if (declared > limits.inflatedBytes()) {
        throw tooLarge(limits.inflatedBytes());
      }
      return new Body(sent, declared, reservation::release);
    }
    // What the sender says of the size is believed as far as usual bodies shrink.
    int usual = Math.min(limits.inflatedBytes(), declared * USUAL_RATIO);
    int expected = Math.clamp(compression.inflatedSize(sent), Math.min(CHUNK, usual), usual);
    try (InputStream in = compression.open(new ByteArrayInputStream(sent), declared)) {
      if (!borrowed) {
        return fill(new byte[expected], in, wire, limits, reservation);
      }
      Body body = fill(SpareArrays.take(expected), in, wire, limits, reservation);
      return new Body(
          body.bytes(),
          body.length(),
          () -> {
            body.close();
            SpareArrays.giveBack(body.bytes());
          });
    }
  }

  private Body stream(CountedInput wire, long declared, Limits limits, Reservation reservation)
      throws IOException {
    var in = new PushbackInputStream(wire, Compression.MAGIC_BYTES);
    byte[] magic = in.readNBytes(Compression.MAGIC_BYTES);
    in.unread(magic);
    Compression compression = Compression.of(magic);
    if (compression == Compression.NONE) {
      int expected = declared >= 0 ? (int) declared : CHUNK;
      return fill(new byte[expected], in, wire, limits, reservation);
    }
    try (InputStream inflated = compression.open(in, CHUNK)) {
      return fill(new byte[CHUNK], inflated, wire, limits, reservation);
    }
  }

  private Body fill(
      byte[] empty, InputStream in, CountedInput wire, Limits limits, Reservation reservation)
      throws IOException {
    byte[] bytes = empty;
    reservation.grow(bytes.length);
    int length = 0;
    while (true) {
      int read = in.read(bytes, length, bytes.length - length);
      if (read < 0) {
        return new Body(bytes, length, reservation::release);
      }
      length += read;
      if (length > limits.inflatedBytes()
          || (length > RATIO_FREE && length / limits.ratio() > wire.count)) {
        throw tooLarge(limits.inflatedBytes());
      }
      if (length == bytes.length) {
        int end = in.read();
        if (end < 0) {
          return new Body(bytes, length, reservation::release);
        }
        if (length == limits.inflatedBytes()) {
          throw tooLarge(limits.inflatedBytes()); // before a copy that could hold one byte more
        }
        int larger = (int) Math.min((long) bytes.length * 2, limits.inflatedBytes());
        reservation.grow(larger - bytes.length);
        bytes = Arrays.copyOf(bytes, larger);
        bytes[length++] = (byte) end;
      }
    }
  }

  private static Refusal tooLarge(int limit) {
    return Refusal.of(Reason.TOO_LARGE, "Request body too large (max " + limit + " bytes)");
  }

  private static Refusal translate(IOException e) {
    if (e instanceof ZipException || e instanceof com.github.luben.zstd.ZstdIOException) {
      return Refusal.field("body", "The body's compression is broken: " + e.getMessage());
    }
    if (e instanceof EOFException) {
      return Refusal.field("body", "The compressed body ends too early");
    }
    return incomplete();
  }

  private static Refusal incomplete() {
    return Refusal.of(Reason.INCOMPLETE, "The request body did not arrive whole");
  }

  private final class Reservation {
    private long held;

    void grow(long bytes) {
      if (inUse.addAndGet(bytes) > budget) {
        inUse.addAndGet(-bytes);
        throw Refusal.later(
            Reason.OVERLOADED, "Too many uploads are in memory", Duration.ofSeconds(2));
      }
      held += bytes;
    }

    void release() {
      inUse.addAndGet(-held);
      held = 0;
    }
  }

  private static final class CountedInput extends InputStream {
    private final InputStream in;
    private final int limit;
    private final Pace pace = new Pace();
    private long count;

    CountedInput(InputStream in, int limit) {
      this.in = in;
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      if (next >= 0) {
        count(1);
      }
      return next;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = in.read(into, offset, length);
      if (read > 0) {
        count(read);
      }
      return read;
    }

    private void count(int read) {
      count += read;
      if (count > limit) {
        throw tooLarge(limit);
      }
      if (pace.isTooSlow(count)) {
        throw Refusal.of(Reason.INCOMPLETE, "The request body arrives too slowly");
      }
    }
  }
}

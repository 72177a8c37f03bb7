package dev.backspool;

import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Byte arrays to write into again: the JVM need not clear them, and the processor has them near.
 * Few are kept, as many as work needs that waits for nothing meanwhile. Any thread may call.
 */
public final class SpareArrays {
  /** Shorter arrays cost little, and would be too short for the next taker. */
  private static final int LEAST = 64 * 1024;

  /** Longer arrays are rare, and left to the garbage collector. */
  private static final int MOST = 1 << 20;

  /** Each core's upload has a body and the lines made of it. */
  private static final ArrayBlockingQueue<byte[]> SPARE =
      new ArrayBlockingQueue<>(2 * Runtime.getRuntime().availableProcessors());

  private SpareArrays() {}

  /** An array of at least this length, with anything in it. */
  public static byte[] take(int length) {
    byte @Nullable [] spare = length > MOST ? null : SPARE.poll();
    // One that is too short is forgotten, so that those kept grow to what is asked for.
    return spare != null && spare.length >= length ? spare : new byte[length];
  }

  /** Keeps an array that its taker is done with, or forgets it. */
  public static void giveBack(byte[] array) {
    if (array.length >= LEAST && array.length <= MOST) {
      SPARE.offer(array);
    }
  }
}

package dev.backspool.eventday;

import java.util.Arrays;

/**
 * Tells of people and sessions whether a day's events may name them: when it says no, none does;
 * when it says yes, hardly one in a hundred times none does either. So who looks for somebody opens
 * the days in which they were, and not all of them. It tells nobody's name.
 */
public final class Names {
  private static final int BITS_PER_NAME = 10;
  private static final int PROBES = 7;
  private static final int LEAST_BYTES = 8;
  private static final int MOST_BYTES = 64 << 20;

  private final byte[] bits;

  private Names(byte[] bits) {
    this.bits = bits;
  }

  /**
   * Reads what {@link #bytes} gave.
   *
   * @param bytes nobody else's from now on, as they may be many
   */
  static Names of(byte[] bytes) {
    return new Names(bytes);
  }

  /** As it is stored. */
  byte[] bytes() {
    return bits.clone();
  }

  /** Whether a person may be named. */
  public boolean mayHaveProfile(String profile) {
    return mayHave(hash('p', profile));
  }

  /** Whether a session may be named, by its id. */
  public boolean mayHaveSession(String session) {
    return mayHave(hash('s', session));
  }

  private boolean mayHave(long hash) {
    for (int i = 0; i < PROBES; i++) {
      long bit = bit(hash, i);
      if ((bits[(int) (bit >>> 3)] & 1 << (int) (bit & 7)) == 0) {
        return false;
      }
    }
    return true;
  }

  private long bit(long hash, int probe) {
    long other = hash >>> 32 | 1;
    return Long.remainderUnsigned(hash + probe * other * 0x9E3779B97F4A7C15L, 8L * bits.length);
  }

  /** Of 64 bits that are evenly spread; what is stored depends on it, so it never changes. */
  private static long hash(char kind, String name) {
    long hash = 0xCBF29CE484222325L ^ kind;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001B3L;
    }
    hash = (hash ^ hash >>> 33) * 0xFF51AFD7ED558CCDL;
    hash = (hash ^ hash >>> 33) * 0xC4CEB9FE1A85EC53L;
    return hash ^ hash >>> 33;
  }

  /** Collects names; each as often as one likes. One thread. */
  static final class Builder {
    private long[] hashes = new long[1 << 10];
    private int size;
    private int sortedUpTo;

    void profile(String profile) {
      add(hash('p', profile));
    }

    void session(String session) {
      add(hash('s', session));
    }

    private void add(long hash) {
      if (size == hashes.length) {
        compact();
        if (size > hashes.length / 2) {
          hashes = Arrays.copyOf(hashes, hashes.length * 2);
        }
      }
      hashes[size++] = hash;
    }

    /** The same names come again and again: each is held once. */
    private void compact() {
      if (sortedUpTo == size) {
        return;
      }
      Arrays.sort(hashes, 0, size);
      int kept = 0;
      for (int i = 0; i < size; i++) {
        if (kept == 0 || hashes[i] != hashes[kept - 1]) {
          hashes[kept++] = hashes[i];
        }
      }
      size = kept;
      sortedUpTo = kept;
    }

    Names build() {
      compact();
      long bytes = ((long) size * BITS_PER_NAME + 7) / 8;
      var names = new Names(new byte[Math.clamp(bytes, LEAST_BYTES, MOST_BYTES)]);
      for (int i = 0; i < size; i++) {
        for (int probe = 0; probe < PROBES; probe++) {
          long bit = names.bit(hashes[i], probe);
          names.bits[(int) (bit >>> 3)] |= (byte) (1 << (int) (bit & 7));
        }
      }
      return names;
    }
  }
}

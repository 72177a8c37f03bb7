package dev.backspool.enrich;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whose word about the sender's address is believed.
 *
 * @param networks ranges of addresses; empty when everyone's is
 */
public record TrustedProxies(List<Network> networks) {
  /** Headers are believed from anyone. */
  public static final TrustedProxies EVERYONE = new TrustedProxies(List.of());

  /**
   * A range of addresses.
   *
   * @param address the first bytes that all of them share, padded to an address
   * @param bits how many of its bits they share
   */
  public record Network(InetAddress address, int bits) {
    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or one address.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static Network of(String text) {
      int slash = text.indexOf('/');
      InetAddress address = Addresses.parse(slash < 0 ? text : text.substring(0, slash));
      if (address == null) {
        throw new IllegalArgumentException(text);
      }
      int most = address.getAddress().length * 8;
      int bits = slash < 0 ? most : Integer.parseInt(text, slash + 1, text.length(), 10);
      if (bits < 0 || bits > most) {
        throw new IllegalArgumentException(text);
      }
      return new Network(address, bits);
    }

    boolean contains(InetAddress other) {
      byte[] ours = address.getAddress();
      byte[] theirs = other.getAddress();
      int whole = bits / 8;
      int mask = 0xff00 >> bits % 8 & 0xff;
      return ours.length == theirs.length
          && Arrays.equals(ours, 0, whole, theirs, 0, whole)
          && (mask == 0 || (ours[whole] & mask) == (theirs[whole] & mask));
    }
  }

  /** Copies what it is given. */
  public TrustedProxies {
    networks = List.copyOf(networks);
  }

  /**
   * Reads a setting.
   *
   * @param text {@code *}, or ranges such as {@code 10.0.0.0/8, ::1} with commas between
   * @throws IllegalArgumentException when something in it is neither
   */
  public static TrustedProxies of(String text) {
    return text.strip().equals("*")
        ? EVERYONE
        : new TrustedProxies(
            Stream.of(text.split(",", -1)).map(String::strip).map(Network::of).toList());
  }

  boolean areEveryone() {
    return networks.isEmpty();
  }

  /** Whether this one's word is believed. */
  boolean include(@Nullable InetAddress peer) {
    return areEveryone()
        || (peer != null && networks.stream().anyMatch(network -> network.contains(peer)));
  }
}

package dev.backspool.enrich;

import java.net.Inet4Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** IP addresses in letters. Nothing here asks a name server. */
final class Addresses {
  /** An IPv6 address with an IPv4 one at its end; nothing longer is an address. */
  private static final int LONGEST = 45;

  private Addresses() {}

  /**
   * Reads an address; an IPv4 one inside IPv6 ({@code ::ffff:1.2.3.4}) comes out as IPv4.
   *
   * @return null when it is none
   */
  static @Nullable InetAddress parse(@Nullable String text) {
    if (text == null || text.length() > LONGEST || !isLiteral(text)) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Keeps out what the JDK takes besides: {@code 127.1}, {@code 2130706433}, zones. */
  private static boolean isLiteral(String text) {
    if (text.indexOf(':') >= 0) {
      return text.indexOf('%') < 0 && text.indexOf('[') < 0;
    }
    return text.chars().filter(character -> character == '.').count() == 3;
  }

  /** Whether anyone on the internet can have this address: not private, local, shared or kept. */
  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet4Address) {
      boolean shared = first == 100 && (second & 0xc0) == 64;
      boolean assigned = first == 192 && second == 0 && bytes[2] == 0;
      boolean benchmarks = first == 198 && (second & 0xfe) == 18;
      return first != 0 && first < 240 && !shared && !assigned && !benchmarks;
    }
    boolean uniqueLocal = (first & 0xfe) == 0xfc;
    return !uniqueLocal;
  }
}

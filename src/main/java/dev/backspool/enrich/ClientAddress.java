package dev.backspool.enrich;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The address of whoever sent a request: the first public one in the headers that proxies and SDKs
 * write.
 *
 * <p>With {@link TrustedProxies#EVERYONE} a header is believed from anyone and the socket's address
 * never counts, since it is a proxy's or a server's. With ranges, headers are believed from these
 * alone, and of a chain of addresses the last one that is no trusted proxy counts: what stands
 * before it was written by the sender.
 */
public final class ClientAddress {
  /** The order of the OpenPanel contract; lower case. */
  public static final List<String> HEADERS =
      List.of(
          "openpanel-client-ip",
          "true-client-ip",
          "x-client-ip",
          "cf-connecting-ip",
          "x-forwarded-for",
          "x-real-ip",
          "fastly-client-ip",
          "x-cluster-client-ip",
          "x-appengine-user-ip",
          "do-connecting-ip",
          "x-nf-client-connection-ip",
          "x-forwarded",
          "forwarded");

  private final TrustedProxies proxies;
  private final List<String> headers;

  /** With the standard headers, believed from anyone. */
  public ClientAddress() {
    this(TrustedProxies.EVERYONE, HEADERS);
  }

  /**
   * With an operator's settings.
   *
   * @param headers names in the order they are asked
   */
  public ClientAddress(TrustedProxies proxies, List<String> headers) {
    this.proxies = proxies;
    this.headers = List.copyOf(headers);
  }

  /**
   * The sender's address.
   *
   * @param header gives the value of a header by its name in lower case, null when it was not sent
   * @param socketAddress who is connected, in letters
   * @return in its one spelling, see {@link #normal}; null when no public address is known
   */
  public @Nullable String of(
      Function<String, @Nullable String> header, @Nullable String socketAddress) {
    InetAddress peer = Addresses.parse(withoutPort(socketAddress == null ? "" : socketAddress));
    if (!proxies.include(peer)) {
      return peer != null && Addresses.isPublic(peer) ? peer.getHostAddress() : null;
    }
    for (String name : headers) {
      String value = header.apply(name);
      InetAddress address = value == null ? null : sender(chain(value));
      if (address != null) {
        return address.getHostAddress();
      }
    }
    return null;
  }

  /**
   * The one spelling of an address, by which two can be compared: IPv4 in dots, also where it came
   * inside IPv6; IPv6 in lower case with all its eight groups, no group with leading zeros.
   *
   * @return null when it is no address
   */
  public static @Nullable String normal(@Nullable String ip) {
    InetAddress address = ip == null ? null : Addresses.parse(withoutPort(ip.strip()));
    return address == null ? null : address.getHostAddress();
  }

  private @Nullable InetAddress sender(List<InetAddress> chain) {
    List<InetAddress> order = proxies.areEveryone() ? chain : chain.reversed();
    for (InetAddress address : order) {
      if (Addresses.isPublic(address) && (proxies.areEveryone() || !proxies.include(address))) {
        return address;
      }
    }
    return null;
  }

  /** The addresses of a header, whether it lists them plainly or as {@code for=…;proto=…}. */
  private static List<InetAddress> chain(String value) {
    var chain = new ArrayList<InetAddress>();
    for (String element : value.split(",", -1)) {
      for (String part : element.split(";", -1)) {
        String text = part.strip();
        if (text.toLowerCase(Locale.ROOT).startsWith("for=")) {
          text = text.substring(4).strip();
        }
        InetAddress address = Addresses.parse(withoutPort(text));
        if (address != null) {
          chain.add(address);
        }
      }
    }
    return chain;
  }

  /** Takes {@code "[2001:db8::1]:4711"} and {@code 203.0.113.7:4711} down to the address. */
  private static String withoutPort(String text) {
    String bare =
        text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
            ? text.substring(1, text.length() - 1)
            : text;
    if (bare.startsWith("[")) {
      int end = bare.indexOf(']');
      return end < 0 ? bare : bare.substring(1, end);
    }
    int colon = bare.indexOf(':');
    return colon >= 0 && bare.indexOf(':', colon + 1) < 0 ? bare.substring(0, colon) : bare;
  }
}

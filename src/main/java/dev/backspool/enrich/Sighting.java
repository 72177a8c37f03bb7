package dev.backspool.enrich;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as far as it can be told.
 *
 * @param userAgent as sent, no longer than anyone reads; null where there is none
 * @param server whether the user agent is a program's, with no person in front of it
 * @param ip its public address; null where none is known
 */
public record Sighting(
    @Nullable String userAgent, Agent agent, boolean server, @Nullable String ip, Geo geo) {
  private static final int MOST_USER_AGENT = 1_000;

  /** What tells; one of it serves all requests. */
  public record Eyes(UserAgents userAgents, ClientAddress addresses, GeoIp geoIp) {
    /**
     * Looks at a request.
     *
     * @param header gives the value of a header by its name, null when it was not sent
     * @param socketAddress who is connected, in letters
     */
    public Sighting of(Function<String, @Nullable String> header, @Nullable String socketAddress) {
      String sent = header.apply("user-agent");
      String userAgent = sent == null || sent.isBlank() ? null : cut(sent.replace("\0", ""));
      String ip = addresses.of(header, socketAddress);
      return new Sighting(
          userAgent, userAgents.parse(userAgent), userAgents.isServer(userAgent), ip, geoIp.of(ip));
    }

    private static String cut(String text) {
      return text.length() > MOST_USER_AGENT ? text.substring(0, MOST_USER_AGENT) : text;
    }
  }

  /** Whether the address is one of a list, in whatever spelling. */
  public boolean isOneOf(Iterable<String> addresses) {
    for (String each : addresses) {
      if (ip != null && ip.equals(ClientAddress.normal(each))) {
        return true;
      }
    }
    return false;
  }
}

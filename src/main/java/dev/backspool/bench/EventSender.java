package dev.backspool.bench;

import dev.backspool.project.Projects;
import java.io.IOException;
import java.net.URI;

/**
 * Where requests of events go and who sends them.
 *
 * @param credentials lines of headers, each ended by CR and LF
 */
record EventSender(URI server, String credentials) {
  private static final String CHROME =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
          + " Chrome/126.0.0.0 Safari/537.36";

  static EventSender of(URI server, Projects.WithSecret project) {
    return new EventSender(
        server,
        """
        openpanel-client-id: %s\r
        openpanel-client-secret: %s\r
        User-Agent: %s\r
        """
            .formatted(project.project().clientId(), project.clientSecret(), CHROME));
  }

  HttpConnection connect() throws IOException {
    return new HttpConnection(server);
  }

  /** The headers of a visitor, who has an address of its own; numbers from 0 to 65,535. */
  String headers(int visitor) {
    return credentials
        + "openpanel-client-ip: 203."
        + (visitor >> 8 & 0xff)
        + "."
        + (visitor & 0xff)
        + ".7\r\n";
  }
}

package dev.backspool.ingest;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backspool.Visitor;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The recordings that the program carries, for a newcomer to watch. Each is shown as a session that
 * ended some minutes before it was imported, by a person who does not exist.
 */
public enum Sample {
  GRID("grid", "2026-11-21T02:46:12.944Z", 4, Agent.MAC, "Noor Haddad", "noor@example.com"),
  SWAGGER("swagger", "2026-11-21T02:43:31.188Z", 17, Agent.LINUX, null, null),
  ADMIN_SHORT(
      "admin-short",
      "2026-11-21T02:44:32.854Z",
      31,
      Agent.WINDOWS,
      "Iris Berg",
      "iris@example.com"),
  ADMIN_LONG(
      "admin-long",
      "2026-11-21T03:03:38.043Z",
      58,
      Agent.WINDOWS,
      "Tomas Lund",
      "tomas@example.com");

  private static final class Agent {
    static final String CHROME =
        " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
    static final String MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + CHROME;
    static final String LINUX = "Mozilla/5.0 (X11; Linux x86_64)" + CHROME;
    static final String WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + CHROME;
  }

  private static final int WINDOW_LOG = 27;

  private final String file;
  private final Instant lastEvent;
  private final Duration ago;
  private final String userAgent;
  private final @Nullable String name;
  private final @Nullable String email;

  Sample(
      String file,
      String lastEvent,
      int minutesAgo,
      String userAgent,
      @Nullable String name,
      @Nullable String email) {
    this.file = file;
    this.lastEvent = Instant.parse(lastEvent);
    this.ago = Duration.ofMinutes(minutesAgo);
    this.userAgent = userAgent;
    this.name = name;
    this.email = email;
  }

  /** The name of its session, for example {@code sample-admin-long}. */
  public String sessionName() {
    return "sample-" + file;
  }

  /** Who is shown as the one recorded. */
  Visitor visitor() {
    return Visitor.of(userAgent).withProfile(email, name, email);
  }

  /** When its last event happened, by the events' own clock. */
  Instant lastEvent() {
    return lastEvent;
  }

  /** The recording as a JSON array of rrweb events, decompressed as it is read. */
  InputStream open() throws IOException {
    String path = "/samples/" + file + ".json.zst";
    InputStream zstd = Sample.class.getResourceAsStream(path);
    if (zstd == null) {
      throw new FileNotFoundException("this build carries no " + path);
    }
    return new ZstdInputStreamNoFinalizer(zstd).setLongMax(WINDOW_LOG);
  }

  /** What to add to its events' times, so that it ended a while before this moment. */
  long shiftMs(Instant now) {
    return Duration.between(lastEvent, now.minus(ago)).toMillis();
  }
}

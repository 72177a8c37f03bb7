package dev.backspool.server;

import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.S3Keys;
import dev.backspool.enrich.ClientAddress;
import dev.backspool.enrich.TrustedProxies;
import dev.backspool.sync.AnalyticsUrl;
import dev.backspool.sync.clickhouse.ClickHouseUrl;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator can set, read once. No other code looks at the environment.
 *
 * @param host address to listen on ({@code BACKSPOOL_HOST})
 * @param port port to listen on; 0 takes a free one ({@code BACKSPOOL_PORT})
 * @param dataDir what the embedded default keeps ({@code BACKSPOOL_DATA_DIR})
 * @param databaseUrl a PostgreSQL 15+ of the operator's; null starts the embedded one ({@code
 *     BACKSPOOL_DATABASE_URL})
 * @param adminToken signs in to the dashboard; null makes one at first start ({@code
 *     BACKSPOOL_ADMIN_TOKEN})
 * @param publicUrl where browsers reach the server; null is derived from host and port ({@code
 *     BACKSPOOL_PUBLIC_URL})
 * @param sessionIdle silence that ends a session the server groups ({@code BACKSPOOL_SESSION_IDLE})
 * @param sessionMax age at which any session is split ({@code BACKSPOOL_SESSION_MAX})
 * @param maxBodyBytes largest upload as sent ({@code BACKSPOOL_MAX_BODY_BYTES})
 * @param maxInflatedBytes largest upload after decompression ({@code BACKSPOOL_MAX_INFLATED_BYTES})
 * @param maxEvents most rrweb events in one upload ({@code BACKSPOOL_MAX_EVENTS})
 * @param maxJsonDepth deepest nesting of one event ({@code BACKSPOOL_MAX_JSON_DEPTH})
 * @param maxWaitingBytes compressed bytes that may wait to be committed before uploads are answered
 *     503 ({@code BACKSPOOL_MAX_WAITING_BYTES})
 * @param requestsPerMinute uploads a minute of one project ({@code BACKSPOOL_REQUESTS_PER_MINUTE})
 * @param geoipFile tells where addresses are, in MaxMind's format; null knows no places ({@code
 *     BACKSPOOL_GEOIP_FILE})
 * @param trustedProxies whose headers tell a sender's address ({@code BACKSPOOL_TRUSTED_PROXIES})
 * @param clientIpHeaders these headers, in the order they are asked, lower case ({@code
 *     BACKSPOOL_CLIENT_IP_HEADERS})
 * @param archiveUrl holds finished recordings; {@code archive} in the data directory unless told
 *     ({@code BACKSPOOL_ARCHIVE_URL})
 * @param coldArchiveUrl holds what retention moves there; null is the archive's own cold tier
 *     ({@code BACKSPOOL_COLD_ARCHIVE_URL})
 * @param archiveEncryption whether what is archived from now on is encrypted ({@code
 *     BACKSPOOL_ARCHIVE_ENCRYPTION})
 * @param archiveAfter how long after its last upload a recording is archived ({@code
 *     BACKSPOOL_ARCHIVE_AFTER})
 * @param s3AccessKey with the secret one, signs requests to the archive's bucket; null finds
 *     credentials where AWS tools do ({@code BACKSPOOL_S3_ACCESS_KEY})
 * @param s3SecretKey null exactly when the access key is ({@code BACKSPOOL_S3_SECRET_KEY})
 * @param analyticsUrl holds copies of rows and events for analysis; {@code analytics.duckdb} in the
 *     data directory unless told ({@code BACKSPOOL_ANALYTICS_URL})
 * @param syncPrivateSinks whether members' own destinations may lie in private and local networks
 *     ({@code BACKSPOOL_SYNC_PRIVATE_SINKS})
 * @param eventHotDays after how many days events leave PostgreSQL for the archive and are in the
 *     columnar store only; null never ({@code BACKSPOOL_EVENT_HOT_DAYS})
 */
public record Config(
    String host,
    int port,
    Path dataDir,
    @Nullable String databaseUrl,
    @Nullable String adminToken,
    @Nullable URI publicUrl,
    Duration sessionIdle,
    Duration sessionMax,
    int maxBodyBytes,
    int maxInflatedBytes,
    int maxEvents,
    int maxJsonDepth,
    int maxWaitingBytes,
    int requestsPerMinute,
    @Nullable Path geoipFile,
    TrustedProxies trustedProxies,
    List<String> clientIpHeaders,
    ArchiveUrl archiveUrl,
    @Nullable ArchiveUrl coldArchiveUrl,
    boolean archiveEncryption,
    Duration archiveAfter,
    @Nullable String s3AccessKey,
    @Nullable String s3SecretKey,
    AnalyticsUrl analyticsUrl,
    boolean syncPrivateSinks,
    @Nullable Integer eventHotDays) {

  /** A session may still get events that are so late, which move its start and its end. */
  private static final int LEAST_HOT_DAYS = 10;

  /** As many as a project may keep anything. */
  private static final int MOST_DAYS = 36_500;

  /** All that is wrong with a configuration, a sentence each. */
  public static final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient List<String> problems;

    Invalid(List<String> problems) {
      super(String.join("\n", problems), null, false, false);
      this.problems = problems;
    }

    public List<String> problems() {
      return problems;
    }
  }

  /**
   * Reads the settings; pure, but that it looks whether a file they name is there.
   *
   * @param settings names and values, such as the environment; other names than {@code BACKSPOOL_*}
   *     are passed over
   * @throws Invalid naming every problem at once
   */
  public static Config from(Map<String, String> settings) {
    var read = new Reader(settings);
    Path dataDir = read.path("BACKSPOOL_DATA_DIR", "data");
    ArchiveUrl archive =
        Objects.requireNonNullElseGet(
            read.archive("BACKSPOOL_ARCHIVE_URL"),
            () -> new ArchiveUrl.Directory(dataDir.resolve("archive")));
    @Nullable ArchiveUrl cold = read.coldArchive("BACKSPOOL_COLD_ARCHIVE_URL", archive);
    var config =
        new Config(
            read.text("BACKSPOOL_HOST", "127.0.0.1"),
            read.whole("BACKSPOOL_PORT", 8420, 0, 65_535),
            dataDir,
            read.databaseUrl("BACKSPOOL_DATABASE_URL"),
            read.token("BACKSPOOL_ADMIN_TOKEN"),
            read.url("BACKSPOOL_PUBLIC_URL"),
            read.duration("BACKSPOOL_SESSION_IDLE", Duration.ofMinutes(30)),
            read.duration("BACKSPOOL_SESSION_MAX", Duration.ofHours(12)),
            read.whole("BACKSPOOL_MAX_BODY_BYTES", 16 << 20, 1 << 10, 256 << 20),
            read.whole("BACKSPOOL_MAX_INFLATED_BYTES", 32 << 20, 1 << 10, 512 << 20),
            read.whole("BACKSPOOL_MAX_EVENTS", 50_000, 1, 1_000_000),
            read.whole("BACKSPOOL_MAX_JSON_DEPTH", 1_000, 16, 10_000),
            read.whole("BACKSPOOL_MAX_WAITING_BYTES", 64 << 20, 1 << 10, Integer.MAX_VALUE),
            read.whole("BACKSPOOL_REQUESTS_PER_MINUTE", 600_000, 1, Integer.MAX_VALUE),
            read.file("BACKSPOOL_GEOIP_FILE"),
            read.proxies("BACKSPOOL_TRUSTED_PROXIES"),
            read.headers("BACKSPOOL_CLIENT_IP_HEADERS", ClientAddress.HEADERS),
            archive,
            cold,
            read.onOrOff("BACKSPOOL_ARCHIVE_ENCRYPTION", true),
            read.duration("BACKSPOOL_ARCHIVE_AFTER", Duration.ofHours(1)),
            read.oneOfTwo("BACKSPOOL_S3_ACCESS_KEY", "BACKSPOOL_S3_SECRET_KEY"),
            read.oneOfTwo("BACKSPOOL_S3_SECRET_KEY", "BACKSPOOL_S3_ACCESS_KEY"),
            Objects.requireNonNullElseGet(
                read.analytics("BACKSPOOL_ANALYTICS_URL"),
                () -> new AnalyticsUrl.File(dataDir.resolve("analytics.duckdb"))),
            read.onOrOff("BACKSPOOL_SYNC_PRIVATE_SINKS", false),
            read.wholeOrNone("BACKSPOOL_EVENT_HOT_DAYS", LEAST_HOT_DAYS, MOST_DAYS));
    if (config.eventHotDays() != null && config.analyticsUrl() instanceof AnalyticsUrl.Off) {
      read.problems.add(
          "BACKSPOOL_EVENT_HOT_DAYS needs a columnar store, which has the events that leave"
              + " PostgreSQL: BACKSPOOL_ANALYTICS_URL must not be off");
    }
    read.finish();
    return config;
  }

  /** Whether there is a cold tier that recordings can be moved to. */
  public boolean hasColdTier() {
    return coldArchiveUrl != null
        || (archiveUrl instanceof ArchiveUrl.Bucket bucket && bucket.coldClass() != null);
  }

  /** What signs requests to the archive's bucket; null finds it where AWS tools do. */
  public @Nullable S3Keys s3Keys() {
    return s3AccessKey == null || s3SecretKey == null ? null : new S3Keys(s3AccessKey, s3SecretKey);
  }

  private static final class Reader {
    private static final String PREFIX = "BACKSPOOL_";

    private final Map<String, String> settings;
    private final List<String> problems = new ArrayList<>();
    private final Set<String> unknown = new TreeSet<>();

    Reader(Map<String, String> settings) {
      this.settings = settings;
      settings.keySet().stream().filter(name -> name.startsWith(PREFIX)).forEach(unknown::add);
      // Read by the launcher before there is a configuration.
      unknown.removeAll(List.of("BACKSPOOL_CONFIG", "BACKSPOOL_JAVA_OPTS"));
    }

    private @Nullable String value(String name) {
      unknown.remove(name);
      String value = settings.get(name);
      return value == null || value.isBlank() ? null : value.strip();
    }

    String text(String name, String otherwise) {
      String value = value(name);
      return value == null ? otherwise : value;
    }

    int whole(String name, int otherwise, int least, int most) {
      String value = value(name);
      if (value == null) {
        return otherwise;
      }
      try {
        int number = Integer.parseInt(value);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Falls through to the one message for everything that is no such number.
      }
      problem(name, value, "a whole number from " + least + " to " + most);
      return otherwise;
    }

    @Nullable Integer wholeOrNone(String name, int least, int most) {
      return value(name) == null ? null : (Integer) whole(name, most, least, most);
    }

    Path path(String name, String otherwise) {
      String value = text(name, otherwise);
      try {
        return Path.of(value).toAbsolutePath().normalize();
      } catch (InvalidPathException e) {
        problem(name, value, "a directory");
        return Path.of(otherwise);
      }
    }

    @Nullable Path file(String name) {
      String value = value(name);
      if (value == null) {
        return null;
      }
      try {
        Path file = Path.of(value).toAbsolutePath().normalize();
        if (Files.isRegularFile(file) && Files.isReadable(file)) {
          return file;
        }
      } catch (InvalidPathException e) {
        // Falls through to the one message.
      }
      problem(name, value, "a file that is there and can be read");
      return null;
    }

    TrustedProxies proxies(String name) {
      String value = text(name, "*");
      try {
        return TrustedProxies.of(value);
      } catch (IllegalArgumentException e) {
        problem(name, value, "* or ranges such as 10.0.0.0/8, ::1 with commas between");
        return TrustedProxies.EVERYONE;
      }
    }

    List<String> headers(String name, List<String> otherwise) {
      String value = value(name);
      if (value == null) {
        return otherwise;
      }
      List<String> headers =
          Stream.of(value.split(",", -1))
              .map(header -> header.strip().toLowerCase(Locale.ROOT))
              .toList();
      if (headers.stream().allMatch(header -> header.matches("[a-z0-9-]+"))) {
        return headers;
      }
      problem(name, value, "names of headers with commas between");
      return otherwise;
    }

    Duration duration(String name, Duration otherwise) {
      String value = value(name);
      if (value == null) {
        return otherwise;
      }
      try {
        Duration duration = Duration.parse(value);
        if (duration.isPositive()) {
          return duration;
        }
      } catch (DateTimeParseException e) {
        // Falls through to the one message.
      }
      problem(name, value, "an ISO-8601 duration such as PT30M");
      return otherwise;
    }

    @Nullable URI url(String name) {
      String value = value(name);
      if (value == null) {
        return null;
      }
      try {
        URI url = URI.create(value.replaceAll("/+$", ""));
        if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
          return url;
        }
      } catch (IllegalArgumentException e) {
        // Falls through to the one message.
      }
      problem(name, value, "an address such as https://replay.example.com");
      return null;
    }

    @Nullable String databaseUrl(String name) {
      String value = value(name);
      if (value != null && !value.matches("(jdbc:)?postgres(ql)?://.+")) {
        // The value may hold a password: it is not repeated.
        problems.add(name + " must look like postgresql://user:password@host:5432/database");
        return null;
      }
      return value;
    }

    @Nullable ArchiveUrl archive(String name) {
      String value = value(name);
      if (value != null) {
        try {
          return ArchiveUrl.parse(value);
        } catch (IllegalArgumentException wrong) {
          // The value may hold credentials: it is not repeated.
          problems.add(name + " " + wrong.getMessage());
        }
      }
      return null;
    }

    /** In one place with the other archive, each would delete what is the other's. */
    @Nullable ArchiveUrl coldArchive(String name, ArchiveUrl archive) {
      ArchiveUrl cold = archive(name);
      if (cold != null && cold.overlaps(archive)) {
        problems.add(
            name
                + " must be another place than the archive's own, and neither may lie in the other;"
                + " for a cold tier in the same bucket add cold_storage_class=… to"
                + " BACKSPOOL_ARCHIVE_URL instead");
        return null;
      }
      return cold;
    }

    @Nullable AnalyticsUrl analytics(String name) {
      String value = value(name);
      if (value != null) {
        try {
          AnalyticsUrl url = AnalyticsUrl.parse(value);
          if (url instanceof AnalyticsUrl.Server server) {
            ClickHouseUrl.parse(server.address());
          }
          return url;
        } catch (IllegalArgumentException wrong) {
          // The value may hold credentials: it is not repeated.
          problems.add(name + " " + wrong.getMessage());
        }
      }
      return null;
    }

    boolean onOrOff(String name, boolean otherwise) {
      String value = text(name, otherwise ? "on" : "off");
      if (!value.equals("on") && !value.equals("off")) {
        problem(name, value, "on or off");
      }
      return value.equals("on");
    }

    @Nullable String oneOfTwo(String name, String other) {
      String value = value(name);
      if (value == null && value(other) != null) {
        problems.add(name + " must be set where " + other + " is");
      }
      return value;
    }

    @Nullable String token(String name) {
      String value = value(name);
      if (value != null && value.length() < 16) {
        problems.add(name + " must have at least 16 characters");
        return null;
      }
      return value;
    }

    private void problem(String name, String value, String wanted) {
      problems.add(name + " must be " + wanted + ", not \"" + value + "\"");
    }

    void finish() {
      unknown.forEach(name -> problems.add(name + " is not a setting of Backspool"));
      if (!problems.isEmpty()) {
        throw new Invalid(problems);
      }
    }
  }
}

package dev.backspool.enrich;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.maxmind.db.Reader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Places by a file in MaxMind's format: GeoLite2 or GeoIP2 City and Country, DB-IP's, and lists
 * that hold no more than {@code country_code}. The file is mapped into memory, so it costs no heap;
 * a newer one is seen after a restart. Safe for use by many threads.
 */
public final class MaxMindGeoIp implements GeoIp, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MaxMindGeoIp.class);
  private static final int KEPT = 20_000;

  private final Reader reader;
  private final Cache<String, Geo> known = Caffeine.newBuilder().maximumSize(KEPT).build();
  private final AtomicBoolean complained = new AtomicBoolean();

  /**
   * Opens a file.
   *
   * @throws IOException when it cannot be read or is none of that format
   */
  public MaxMindGeoIp(Path file) throws IOException {
    reader = new Reader(file.toFile());
  }

  @Override
  public Geo of(@Nullable String ip) {
    InetAddress address = Addresses.parse(ip);
    return address == null
        ? Geo.UNKNOWN
        : known.get(address.getHostAddress(), key -> find(address));
  }

  private Geo find(InetAddress address) {
    try {
      return geo(reader.get(address, Map.class));
    } catch (IOException | RuntimeException e) {
      // A damaged file must not cost the event; once in the log is enough to see it.
      if (complained.compareAndSet(false, true)) {
        LOG.warn("no place for an address, its event is kept without one", e);
      }
      return Geo.UNKNOWN;
    }
  }

  private static Geo geo(@Nullable Object row) {
    if (row == null) {
      return Geo.UNKNOWN;
    }
    Object country = at(row, "country", "iso_code");
    return new Geo(
        text(country == null ? at(row, "country_code") : country),
        text(at(first(at(row, "subdivisions")), "names", "en")),
        text(at(row, "city", "names", "en")),
        degrees(at(row, "location", "latitude")),
        degrees(at(row, "location", "longitude")));
  }

  private static @Nullable Object at(@Nullable Object value, String... path) {
    Object found = value;
    for (String name : path) {
      found = found instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return found;
  }

  private static @Nullable Object first(@Nullable Object value) {
    return value instanceof List<?> list && !list.isEmpty() ? list.getFirst() : null;
  }

  private static @Nullable String text(@Nullable Object value) {
    return value instanceof String text && !text.isEmpty() ? text : null;
  }

  private static @Nullable Float degrees(@Nullable Object value) {
    return value instanceof Number number ? Float.valueOf(number.floatValue()) : null;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}

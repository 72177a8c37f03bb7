package dev.backspool.enrich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places out of files in MaxMind's format. */
final class MaxMindGeoIpTest {
  private static final Map<String, ?> STOCKHOLM =
      Map.of(
          "country", Map.of("iso_code", "SE", "names", Map.of("en", "Sweden", "de", "Schweden")),
          "subdivisions",
              List.of(
                  Map.of("iso_code", "AB", "names", Map.of("en", "Stockholm County")),
                  Map.of("names", Map.of("en", "a smaller one"))),
          "city", Map.of("names", Map.of("en", "Stockholm", "ja", "ストックホルム")),
          "location",
              Map.of("latitude", 59.3293, "longitude", 18.0686, "time_zone", "Europe/Stockholm"));

  @TempDir private Path folder;

  @Test
  void a_city_file_tells_all() throws IOException {
    Path file =
        new MaxMindFile("GeoLite2-City")
            .with("203.0.113.0/24", STOCKHOLM)
            .with("2001:db8::/32", STOCKHOLM)
            .with("198.51.100.0/25", Map.of("country", Map.of("iso_code", "JP")))
            .to(folder.resolve("city.mmdb"));

    try (var geoIp = new MaxMindGeoIp(file)) {
      var stockholm = new Geo("SE", "Stockholm County", "Stockholm", 59.3293f, 18.0686f);
      assertThat(geoIp.of("203.0.113.7")).isEqualTo(stockholm).isSameAs(geoIp.of("203.0.113.7"));
      assertThat(geoIp.of("::ffff:203.0.113.7")).isEqualTo(stockholm);
      assertThat(geoIp.of("2001:db8:1::5")).isEqualTo(stockholm);
      assertThat(geoIp.of("198.51.100.1")).isEqualTo(new Geo("JP", null, null, null, null));
      assertThat(geoIp.of("198.51.100.200")).isEqualTo(Geo.UNKNOWN);
      assertThat(geoIp.of("2001:db9::1")).isEqualTo(Geo.UNKNOWN);
    }
  }

  @Test
  void a_country_file_tells_the_country() throws IOException {
    Path file =
        new MaxMindFile("GeoLite2-Country")
            .with("203.0.113.0/24", Map.of("country", Map.of("iso_code", "SE")))
            .with("198.51.100.0/24", Map.of("country_code", "JP"))
            .to(folder.resolve("country.mmdb"));

    try (var geoIp = new MaxMindGeoIp(file)) {
      assertThat(geoIp.of("203.0.113.7")).isEqualTo(new Geo("SE", null, null, null, null));
      assertThat(geoIp.of("198.51.100.7")).isEqualTo(new Geo("JP", null, null, null, null));
    }
  }

  @Test
  void what_is_no_address_is_nowhere() throws IOException {
    Path file =
        new MaxMindFile("GeoLite2-City")
            .with("0.0.0.0/1", STOCKHOLM)
            .to(folder.resolve("city.mmdb"));

    try (var geoIp = new MaxMindGeoIp(file)) {
      assertThat(geoIp.of("1.2.3.4").city()).isEqualTo("Stockholm");
      assertThat(geoIp.of(null)).isEqualTo(Geo.UNKNOWN);
      assertThat(geoIp.of("")).isEqualTo(Geo.UNKNOWN);
      assertThat(geoIp.of("localhost")).isEqualTo(Geo.UNKNOWN);
      assertThat(geoIp.of("1")).isEqualTo(Geo.UNKNOWN);
    }
    assertThat(GeoIp.NONE.of("1.2.3.4")).isEqualTo(Geo.UNKNOWN);
  }

  @Test
  void rows_of_another_shape_tell_what_they_can() throws IOException {
    Path file =
        new MaxMindFile("Other")
            .with("203.0.113.0/24", Map.of("country", "Sweden", "city", List.of(), "location", "x"))
            .to(folder.resolve("other.mmdb"));

    try (var geoIp = new MaxMindGeoIp(file)) {
      assertThat(geoIp.of("203.0.113.7")).isEqualTo(Geo.UNKNOWN);
    }
  }

  @Test
  void a_failing_lookup_does_not_throw() throws IOException {
    Path file =
        new MaxMindFile("GeoLite2-City")
            .with("203.0.113.0/24", STOCKHOLM)
            .to(folder.resolve("city.mmdb"));
    byte[] bytes = Files.readAllBytes(file);
    // The first row's head becomes a pointer far past the end.
    int row = indexOf(bytes, new byte[16]) + 16;
    System.arraycopy(new byte[] {0x37, 0x7f, 0x7f, 0x7f}, 0, bytes, row, 4);
    Files.write(file, bytes);

    try (var geoIp = new MaxMindGeoIp(file)) {
      assertThat(geoIp.of("203.0.113.7")).isEqualTo(Geo.UNKNOWN);
    }

    var closed = new MaxMindGeoIp(file);
    closed.close();
    assertThat(closed.of("203.0.113.9")).isEqualTo(Geo.UNKNOWN);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (java.util.Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }

  @Test
  void a_file_of_another_format_is_refused() throws IOException {
    Path file = Files.writeString(folder.resolve("not.mmdb"), "country,SE\n");

    assertThatThrownBy(() -> new MaxMindGeoIp(file)).isInstanceOf(IOException.class);
  }
}

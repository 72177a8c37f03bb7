package dev.backspool.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which coding an {@code Accept-Encoding} asks for. */
final class CodingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zstd | ZSTD",
        "gzip | GZIP",
        "gzip, zstd | ZSTD",
        "GZIP | GZIP",
        "zstd;q=0.4, gzip;q=0.8 | GZIP",
        "zstd ; q=0.9 , gzip ; q=0.8 | ZSTD",
        "zstd;q=0, gzip | GZIP",
        "zstd;q=0, * | GZIP",
        "* | ZSTD",
        "*;q=0 | IDENTITY",
        "identity | IDENTITY",
        "identity, gzip;q=0.5 | IDENTITY",
        "identity;q=0.5, gzip | GZIP",
        "gzip;q=nonsense | IDENTITY",
        "br, deflate | IDENTITY",
        "'' | IDENTITY",
      })
  void the_most_liked_wins_and_of_equals_the_better(String accepted, Coding coding) {
    assertThat(Coding.of(accepted, Set.of(Coding.values()))).isEqualTo(coding);
  }
}

package dev.backspool.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The senders' ids of events, as they are kept. */
final class EventKeysTest {
  private static final List<String> KEYS =
      List.of(
          "a",
          "a:0",
          "a:12",
          "a:007",
          "a:7",
          "a:999999999",
          "a:1234567890",
          ":3",
          "b:c:4",
          "two\nlines:5",
          "ключ:5",
          "a:",
          "");

  @Test
  void the_program_hashes_as_the_database_does() {
    try (Database database = TestPostgres.freshDatabase().open()) {
      for (String key : KEYS) {
        byte[] theirs =
            database.own(handle ->
                handle
                    .createQuery("select event_key_hash(:key)")
                    .bind("key", key)
                    .mapTo(byte[].class)
                    .one());
        assertThat(EventKeys.hash(key)).as(key).hasSize(16).isEqualTo(theirs);
      }
    }
  }

  @Test
  void different_keys_stay_different_and_those_of_a_batch_lie_together() {
    var hashes = new HashSet<String>();
    KEYS.forEach(key -> hashes.add(Arrays.toString(EventKeys.hash(key))));

    assertThat(hashes).hasSameSizeAs(KEYS);
    assertThat(Arrays.copyOf(EventKeys.hash("batch:1"), 12))
        .isEqualTo(Arrays.copyOf(EventKeys.hash("batch:2"), 12));
  }
}

package dev.backspool.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The golden vectors of the OpenPanel contract, section 2.2. */
final class SessionIdsTest {
  private static final String DEVICE = "63980f64e28ad894d1224953b129fadd";

  @ParameterizedTest
  @CsvSource({
    "12:00:04.999, nr8y7cDeS9uAjuGrVa-Bzg",
    "12:00:05.000, h1hiocd90PgIIoUQXdOGVA",
    "12:29:59.999, h1hiocd90PgIIoUQXdOGVA",
    "12:30:04.999, h1hiocd90PgIIoUQXdOGVA",
    "12:30:05.000, L4JvknDZ5v7ljtQSjX98QQ"
  })
  void a_session_is_named_by_project_device_and_half_hour(String time, String session) {
    UUID id = SessionIds.of("proj-1", DEVICE, at(time));
    assertThat(SessionIds.text(id)).isEqualTo(session);
    assertThat(SessionIds.parse(session)).isEqualTo(id);
  }

  @ParameterizedTest
  @CsvSource({"12:00:05.000, ZzZ5LiL9hkWXbpFLcGvS8Q"})
  void a_device_that_names_itself_has_its_own(String time, String session) {
    assertThat(SessionIds.text(SessionIds.of("proj-1", "mobile-device-abc", at(time))))
        .isEqualTo(session);
  }

  @ParameterizedTest
  @CsvSource({"short", "!!!!!!!!!!!!!!!!!!!!!!", "h1hiocd90PgIIoUQXdOGVAA"})
  void what_is_no_session_id_names_none(String text) {
    assertThat(SessionIds.parse(text)).isNull();
  }

  private static long at(String time) {
    return Instant.parse("2026-06-08T" + time + "Z").toEpochMilli();
  }
}

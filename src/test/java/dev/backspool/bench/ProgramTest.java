package dev.backspool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The program in a process of its own, as an operator starts it. */
final class ProgramTest {
  @Test
  void a_second_server_on_the_same_directory_is_refused_in_a_sentence() throws Exception {
    try (var place = Workplace.make()) {
      Map<String, String> settings = Map.of("BACKSPOOL_DATA_DIR", place.data().toString());
      try (var first = Program.serve(settings, place.log(), List.of())) {
        assertThatThrownBy(() -> Program.serve(settings, place.log(), List.of()))
            .isInstanceOf(IOException.class);
        assertThat(Files.readString(place.log()))
            .contains("is in use by another Backspool (process " + first.handle().pid() + ")")
            .doesNotContain("\tat ");
        assertThat(first.handle().isAlive()).isTrue();
        first.stop();
      }
    }
  }

  @Test
  void wrong_settings_are_told_together() throws Exception {
    try (var place = Workplace.make()) {
      assertThatThrownBy(() ->
              Program.serve(
                  Map.of("BACKSPOOL_PORT", "many", "BACKSPOOL_SESSION_IDLE", "soon"),
                  place.log(),
                  List.of()))
          .isInstanceOf(IOException.class);
      assertThat(Files.readString(place.log()))
          .contains("The configuration has problems:", "BACKSPOOL_PORT", "BACKSPOOL_SESSION_IDLE")
          .doesNotContain("\tat ");
    }
  }
}

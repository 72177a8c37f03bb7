package dev.backspool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code backspool verify} as a process, on the embedded database that a server may have. */
final class VerifyProgramTest {
  private static final String TOKEN = "bst_test_0123456789abcdef";

  private record Ended(int code, String out, String err) {}

  private static Ended verify(Map<String, String> settings, Path folder, String... options)
      throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.backspool.server.Main",
                "verify"));
    command.addAll(List.of(options));
    Path err = folder.resolve("verify.err");
    var builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("BACKSPOOL_"));
    builder.environment().putAll(settings);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, Files.readString(err));
  }

  @Test
  void goes_through_the_server_while_it_runs_and_without_it_when_it_is_stopped() throws Exception {
    try (var place = Workplace.make()) {
      Map<String, String> settings =
          Map.of("BACKSPOOL_DATA_DIR", place.data().toString(), "BACKSPOOL_ADMIN_TOKEN", TOKEN);
      try (var program = Program.serve(settings, place.log(), List.of())) {
        Ended locked = verify(settings, place.folder());
        assertThat(locked.code()).isOne();
        assertThat(locked.err()).contains("by --url").doesNotContain("\tat ");

        Ended through = verify(settings, place.folder(), "--url", program.url().toString());
        assertThat(through.code()).as(through.err()).isZero();
        assertThat(through.out()).endsWith("Nothing is wrong.\n");
        assertThat(program.stop()).isEqualTo(143); // as the JVM ends on SIGTERM
      }
      Ended alone = verify(settings, place.folder(), "--repair", "--json");
      assertThat(alone.code()).as(alone.err()).isZero();
      assertThat(alone.out()).startsWith("{\"findings\":[").contains("\"clean\":true");

      assertThat(verify(settings, place.folder(), "--nothing").code()).isEqualTo(2);
    }
  }
}

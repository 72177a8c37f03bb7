package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher decides before there is a JVM. */
final class LauncherTest {
  @TempDir private Path folder;

  private record Ended(int code, String out) {}

  /** Runs lines of bash with the launcher's functions at hand. */
  private static Ended bash(String lines) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("bash", "-c", "source ./backspool\n" + lines)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out);
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Path javac = Files.createDirectories(home.resolve("bin")).resolve("javac");
    Files.createFile(
        javac, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  @Test
  void says_what_to_install_where_there_is_no_jdk() throws Exception {
    Ended ended = bash("jdk_folders() { echo '" + jdk("old", "21.0.4") + "'; }; need_jdk");

    assertThat(ended.code()).isOne();
    assertThat(ended.out())
        .contains("no JDK 25 or newer was found")
        .contains("set JAVA_HOME")
        .hasLineCount(1);
  }

  @Test
  void takes_the_first_jdk_that_is_new_enough() throws Exception {
    Path old = jdk("17", "17.0.15");
    Path good = jdk("25 with a space", "25.0.3");
    Path newer = jdk("26", "26-ea");

    String folders = "jdk_folders() { cat <<'END'\n\n/nowhere\n%s\n%s\n%s\nEND\n}\n";
    assertThat(bash(folders.formatted(old, good, newer) + "find_jdk").out()).isEqualTo(good + "\n");
  }

  @Test
  void builds_only_when_a_source_is_newer_than_the_jar() throws Exception {
    Path source = Files.createDirectories(folder.resolve("src/main/java")).resolve("A.java");
    Path module = Files.createDirectories(folder.resolve("web/node_modules/x")).resolve("x.js");
    Path jar = Files.createDirectories(folder.resolve("target")).resolve("backspool.jar");
    for (Path file : new Path[] {source, folder.resolve("pom.xml"), jar}) {
      Files.writeString(file, "");
    }
    age(folder, 100);
    String built =
        "home='%s'; jar=\"$home/target/backspool.jar\"; is_built && echo built || echo old"
            .formatted(folder);

    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(50)));
    assertThat(bash(built).out()).isEqualTo("built\n");

    Files.writeString(module, "packages do not count");
    assertThat(bash(built).out()).isEqualTo("built\n");

    Files.writeString(source, "class A {}");
    assertThat(bash(built).out()).isEqualTo("old\n");

    Files.delete(jar);
    assertThat(bash(built).out()).isEqualTo("old\n");
  }

  private static void age(Path folder, int seconds) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
      }
    }
  }

  @Test
  void sums_up_the_reports_of_the_tests() throws Exception {
    Path reports = Files.createDirectories(folder.resolve("target/surefire-reports"));
    String report =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite xmlns:xsi="x" name="%s" time="0.1" tests="%d" errors="%d" skipped="1" failures="%d">
          <testcase name="tests=&quot;9&quot;"/>
        </testsuite>
        """;
    Files.writeString(reports.resolve("TEST-a.xml"), report.formatted("a", 5, 0, 0));
    Files.writeString(reports.resolve("TEST-b.xml"), report.formatted("b", 7, 1, 2));

    assertThat(
            bash("home='%s'; echo $(reported tests) $(reported errors) $(reported failures) $(reported skipped)"
                    .formatted(folder))
                .out())
        .isEqualTo("12 1 2 2\n");
  }
}

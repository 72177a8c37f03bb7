package dev.backspool.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import dev.backspool.eventday.DayRows;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Days of events that are not encrypted: an object is named after what is in it. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
final class OpenEventsTest {
  @TempDir private Path folder;
  private Past past;
  private String session;

  @BeforeEach
  void start() {
    past = new Past(folder, Map.of("BACKSPOOL_ARCHIVE_ENCRYPTION", "off"));
    session = past.tracked("a", 5);
    past.days(12);
    past.settle();
    past.run();
    assertThat(past.archivedRows()).isEqualTo(7);
  }

  @AfterEach
  void stop() {
    past.close();
  }

  /** The process dies: nothing is caught, nothing is put right. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  /** As an import does that was cut off before it looked what is in the archive. */
  private void bringBack() throws Exception {
    past.day(past.today);
    var lines = past.archived();
    past.server
        .server()
        .postgres()
        .own(handle -> {
          try {
            DayRows.insert(handle.getConnection(), past.id(), lines);
            return lines.size();
          } catch (SQLException failure) {
            throw new IllegalStateException(failure);
          }
        });
    past.settle();
  }

  @Test
  void anybody_can_read_them_and_a_sink_is_filled_with_them() throws Exception {
    Path object = folder.resolve("archive").resolve(past.objects().getFirst());
    try (InputStream lines =
        new ZstdInputStream(new BufferedInputStream(Files.newInputStream(object)))
            .setContinuous(false)) {
      assertThat(new String(lines.readAllBytes(), StandardCharsets.UTF_8).lines())
          .hasSize(7)
          .anyMatch(line -> line.contains("\"bought\""));
    }
    assertThat(past.findings()).isEmpty();
    past.server.server().sync().sinks().resync(past.sink().id(), null, null);
    assertThat(past.held()).isEqualTo(7);
  }

  @Test
  void a_day_that_is_written_anew_with_the_same_events_keeps_its_object() throws Exception {
    List<String> objects = past.objects();
    bringBack();
    past.days(1);
    past.run();
    assertThat(past.left()).isEmpty();
    assertThat(past.rows("event")).isZero();
    assertThat(past.objects()).isEqualTo(objects);
    past.clock.advance(Duration.ofDays(1));
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).isEqualTo(objects);
    assertThat(past.held()).isEqualTo(7);
  }

  @Test
  void what_was_planned_once_more_goes_at_once_when_it_is_erased() throws Exception {
    bringBack();
    var once = new AtomicBoolean();
    past.server
        .server()
        .retention()
        .witness(moment -> {
          if (moment.equals("after a put") && !once.getAndSet(true)) {
            throw new Crash();
          }
        });
    past.days(1);
    assertThatThrownBy(past::run).isInstanceOf(Crash.class);
    assertThat(past.server.column("select reason from doomed_object")).containsExactly("planned");

    assertThat(
            past.server
                .call("DELETE", past.path() + "/sessions/" + session)
                .admin()
                .send()
                .status())
        .isEqualTo(200);
    past.server.server().archiver().doomed().deleteDue();
    assertThat(past.objects()).isEmpty();
  }
}

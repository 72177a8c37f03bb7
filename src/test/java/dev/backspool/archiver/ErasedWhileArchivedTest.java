package dev.backspool.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.api.Visit;
import dev.backspool.archiver.Steps.Step;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Erasing what is archived, and what is just being archived. */
final class ErasedWhileArchivedTest {
  @AfterEach
  void watchNoMore() {
    Steps.watch(_ -> {});
  }

  private static TestServer.Answer erase(Studio studio, String what) {
    return studio
        .server
        .call("DELETE", "/api/projects/" + studio.project.id() + "/" + what)
        .admin()
        .send();
  }

  private static JsonNode receipt(Studio studio, TestServer.Answer erased) {
    assertThat(erased.status()).as(erased.body()).isEqualTo(200);
    return studio
        .server
        .get(
            "/api/projects/%s/erasures/%s"
                .formatted(studio.project.id(), erased.json().get("id").asString()))
        .admin()
        .send()
        .json();
  }

  private static void assertNothingIsLeft(Studio studio) throws Exception {
    for (String table : new String[] {"session", "chunk", "recording_part", "doomed_object"}) {
      assertThat(studio.server.count("select count(*) from " + table)).as(table).isZero();
    }
    assertThat(studio.objects()).isEmpty();
  }

  @Test
  void the_objects_of_an_erased_person_go_with_the_next_sweep() throws Exception {
    try (Studio studio = Studio.start(Map.of())) {
      studio.shortVisit("bob");
      Visit visit = studio.visit("ada").by("ada", "Ada", "ada@example.com");
      visit.page(0, "https://shop.example.com/").click(10).upload();
      studio.archive();
      visit.click(4_000).upload();
      studio.archive();
      studio.clock.advance(Duration.ofMinutes(11));
      assertThat(studio.archiver().mergeDue().recorded()).isOne();
      // Ada's two first objects wait for playbacks to end; the merged one and Bob's are in charge.
      assertThat(studio.objects()).hasSize(4);

      TestServer.Answer erased = erase(studio, "profiles/ada");

      JsonNode receipt = receipt(studio, erased);
      assertThat(receipt.get("state").asString()).isEqualTo("removing_objects");
      assertThat(receipt.get("objects")).hasSize(3);
      assertThat(receipt.at("/removed/objects").asInt()).isEqualTo(3);
      assertThat(receipt.at("/removed/object_bytes").asLong()).isPositive();
      assertThat(studio.named()).hasSize(1);
      assertThat(studio.delete(Duration.ofSeconds(10))).isEqualTo(3);
      assertThat(studio.objects()).hasSize(1);
      assertThat(receipt(studio, erased).get("state").asString()).isEqualTo("done");
      assertThat(studio.read(studio.shortVisit("bob")).frames()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"CLAIMED", "PACKED", "PLANNED", "PUT", "RECORDING", "RECORDED"})
  void erased_at_any_step_of_archiving_no_object_and_no_row_is_left(Step step) throws Exception {
    try (Studio studio = Studio.start(Map.of())) {
      Visit visit = studio.shortVisit("ada");
      var erased = new CompletableFuture<TestServer.Answer>();
      Steps.watch(reached -> {
        if (reached == step && !erased.isDone()) {
          Thread.ofVirtual().start(() -> erased.complete(erase(studio, "sessions/" + visit.id())));
          waitFor(erased, step == Step.RECORDING ? 500 : 30_000);
        }
      });

      studio.archive();
      TestServer.Answer answer = erased.get(20, TimeUnit.SECONDS);
      Steps.watch(_ -> {});

      receipt(studio, answer);
      studio.delete(Duration.ofSeconds(10));
      assertNothingIsLeft(studio);
      assertThat(receipt(studio, answer).get("state").asString()).isEqualTo("done");
      assertThat(receipt(studio, answer).get("objects"))
          .hasSize(step == Step.RECORDING || step == Step.RECORDED ? 1 : 0);
    }
  }

  /** What holds the session's row must go on, for the erasure to get it. */
  private static void waitFor(CompletableFuture<?> future, long ms) {
    try {
      future.get(ms, TimeUnit.MILLISECONDS);
    } catch (TimeoutException goesOn) {
      // As long as it may.
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }
}

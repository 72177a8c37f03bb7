package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import org.junit.jupiter.api.Test;

/** What operators ask. */
final class OperationsTest {
  @Test
  void on_a_port_that_the_system_chose_the_public_address_names_that_port() {
    try (var server = TestServer.start()) {
      assertThat(server.get("/api/me").admin().send().json().get("public_url").asString())
          .isEqualTo(server.url().toString());
    }
  }

  @Test
  void it_lives_it_is_ready_and_it_counts_what_it_turns_away() {
    try (var server = TestServer.start()) {
      assertThat(server.get("/healthz").send().body()).isEqualTo("ok\n");
      assertThat(server.get("/readyz").send().body()).isEqualTo("ready\n");

      server.post("/v1/replay?session_id=s").bearer("bsk_no").body("[]").send();
      var metrics = server.get("/metrics").admin().send();

      assertThat(metrics.header("Content-Type")).startsWith("text/plain; version=0.0.4");
      assertThat(metrics.body().lines())
          .contains(
              "# TYPE backspool_refusals_total counter",
              "backspool_refusals_total{protocol=\"backspool\",reason=\"wrong_key\"} 1",
              "backspool_commit_waiting 0")
          .anyMatch(line -> line.startsWith("jvm_memory_heap_used_bytes "))
          .allMatch(line -> line.startsWith("#") || line.matches("[a-z_]+(\\{.+})? -?[0-9.]+"));
    }
  }
}

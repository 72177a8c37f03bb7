package dev.backspool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.postgres.Database;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.project.Projects;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** A hard kill of the real program between an erasure's tombstones and its rows. */
final class ErasureCrashTest {
  private static final String TOKEN = "bst_test_0123456789abcdef";
  private static final String ADA = "customer-ada-4711";
  private static final String EVENTS = "[{\"type\":4,\"timestamp\":1,\"data\":{\"href\":\"/\"}}]";

  private final HttpClient client = HttpClient.newHttpClient();

  private int upload(URI server, Project project, int batch)
      throws IOException, InterruptedException {
    String path = "/v1/replay?session_id=sess_ada&batch_id=b%d&profile_id=%s".formatted(batch, ADA);
    return send(HttpRequest.newBuilder(server.resolve(path))
            .header("Authorization", "Bearer " + project.sdkKey())
            .POST(BodyPublishers.ofString(EVENTS)))
        .statusCode();
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
  }

  private static long count(Database database, String table) {
    return database.own(
        handle -> handle.createQuery("select count(*) from " + table).mapTo(Long.class).one());
  }

  private static void until(BooleanSupplier so) throws InterruptedException {
    Instant givenUpAt = Instant.now().plus(Duration.ofSeconds(60));
    while (!so.getAsBoolean()) {
      assertThat(Instant.now()).isBefore(givenUpAt);
      Thread.sleep(50);
    }
  }

  @Test
  void an_erasure_that_was_killed_before_its_rows_went_is_finished_by_the_next_start()
      throws Exception {
    TestPostgres.Address address = TestPostgres.freshDatabase();
    try (var place = Workplace.make();
        Database database = address.open()) {
      Project project = new Projects(database).create("Shop", "web").project();
      Map<String, String> settings =
          Map.of(
              "BACKSPOOL_DATA_DIR",
              place.data().toString(),
              "BACKSPOOL_ADMIN_TOKEN",
              TOKEN,
              "BACKSPOOL_DATABASE_URL",
              address
                  .url()
                  .replaceFirst(
                      "^jdbc:postgresql://",
                      "postgresql://" + address.user() + ":" + address.password() + "@"));
      try (Connection writer = database.writer()) {
        try (Program server = Program.serve(settings, place.log(), List.of())) {
          assertThat(upload(server.url(), project, 1)).isEqualTo(200);
          try (var statement = writer.createStatement()) {
            statement.execute("set local idle_in_transaction_session_timeout = 0");
            statement.execute("lock table tombstone in row share mode");
          }
          String person = "/api/projects/" + project.id() + "/profiles/" + ADA;
          Thread erasing =
              Thread.ofVirtual()
                  .start(() -> {
                    try {
                      send(
                          HttpRequest.newBuilder(server.url().resolve(person))
                              .header("Authorization", "Bearer " + TOKEN)
                              .DELETE());
                    } catch (IOException | InterruptedException killed) {
                      // As it should be.
                    }
                  });
          until(() -> count(database, "tombstone") > 1);
          server.kill();
          erasing.join();
        }
        assertThat(count(database, "session")).isOne();
        assertThat(count(database, "chunk")).isOne();
        writer.rollback();
      }
      try (Program server = Program.serve(settings, place.log(), List.of())) {
        assertThat(upload(server.url(), project, 2)).isEqualTo(410);
        until(() -> count(database, "erasure where rows_removed_at is not null") == 1);
        server.stop();
      }
      for (String table : List.of("session", "tab", "page", "chunk", "receipt", "erasure_task")) {
        assertThat(count(database, table)).as(table).isZero();
      }
      assertThat(Files.readString(place.log())).doesNotContain(ADA).doesNotContain("sess_ada");
    }
  }
}

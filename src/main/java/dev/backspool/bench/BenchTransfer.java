package dev.backspool.bench;

import dev.backspool.bench.SampleSession.Piece;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code backspool bench transfer}. */
@Command(
    name = "transfer",
    mixinStandardHelpOptions = true,
    description = {
      "How long a project takes from one installation to another, and how much memory.",
      "",
      "A server records sessions, each a page of a sample recording in three uploads, and events",
      "of theirs, and archives half of the sessions while the others come. Then the project is",
      "exported from the running server and from its data, imported into an installation of its",
      "own, and imported again."
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options
final class BenchTransfer implements Callable<Integer> {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String TOKEN = "bst_bench_0123456789abcdef";
  private static final int PIECES = 3;
  private static final int EVENTS_AT_ONCE = 500;

  @Option(
      names = "--sessions",
      defaultValue = "5000",
      description = "How many sessions (${DEFAULT-VALUE}).")
  private int sessions;

  @Option(
      names = "--events",
      defaultValue = "50000",
      description = "How many analytics events (${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--heap",
      defaultValue = "128",
      description = "Heap of the commands in MB (${DEFAULT-VALUE}).")
  private int heap;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Workplace place = Workplace.make()) {
      Path file = place.folder().resolve("project.tar");
      Path other = place.folder().resolve("other");
      var source =
          Map.of(
              "BACKSPOOL_DATA_DIR",
              place.data().toString(),
              "BACKSPOOL_ADMIN_TOKEN",
              TOKEN,
              "BACKSPOOL_ARCHIVE_AFTER",
              "PT20S");
      try (Program server = Program.serve(source, place.log(), List.of())) {
        fill(server.url());
        run(
            place,
            "export from the server",
            source,
            "export",
            "project",
            "--url",
            server.url().toString(),
            "--out",
            file.toString());
        Files.delete(file);
        server.stop();
      }
      run(place, "export from the data", source, "export", "project", "--out", file.toString());
      System.out.printf("the file: %,.1f MB%n", Files.size(file) / 1e6);
      var target = Map.of("BACKSPOOL_DATA_DIR", other.toString());
      run(place, "import", target, "import", "project", file.toString());
      run(place, "import again", target, "import", "project", file.toString());
    }
    return 0;
  }

  private void fill(URI url) throws IOException, InterruptedException {
    long began = System.nanoTime();
    String key = key(url);
    String authorization = "Authorization: Bearer " + key + "\r\n";
    List<Piece> pieces = SampleSession.of("swagger").pieces().subList(0, PIECES);
    try (var connection = new HttpConnection(url)) {
      for (int session = 0; session < sessions; session++) {
        for (int n = 0; n < PIECES; n++) {
          connection.post(
              "/v1/replay?session_id=s%1$d&tab_id=t&batch_id=s%1$d-%2$d&seq=%2$d"
                  .formatted(session, n),
              authorization,
              pieces.get(n).payload());
        }
      }
      for (int sent = 0; sent < events; sent += EVENTS_AT_ONCE) {
        connection.post(
            "/v1/events", authorization, events(sent, Math.min(events, sent + EVENTS_AT_ONCE)));
      }
    }
    System.out.printf(
        "%,d sessions and %,d events recorded in %.0f s%n",
        sessions, events, (System.nanoTime() - began) / 1e9);
  }

  private static String key(URI url) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      JsonNode project =
          JSON.readTree(
              client
                  .send(
                      HttpRequest.newBuilder(url.resolve("/api/projects"))
                          .header("Authorization", "Bearer " + TOKEN)
                          .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"Bench\"}"))
                          .build(),
                      BodyHandlers.ofString())
                  .body());
      return project.path("sdk_key").asString();
    }
  }

  private byte[] events(int from, int to) {
    var rows = new ArrayList<Map<String, Object>>();
    for (int n = from; n < to; n++) {
      rows.add(
          Map.of(
              "name",
              "event " + n % 20,
              "url",
              "https://shop.example.com/page/" + n % 1_000,
              "profile_id",
              "person " + n % 500,
              "properties",
              Map.of("place", "shelf " + n % 77, "n", n)));
    }
    String session = "s" + from / EVENTS_AT_ONCE % sessions;
    return JSON.writeValueAsString(Map.of("session_id", session, "events", rows))
        .getBytes(StandardCharsets.UTF_8);
  }

  private void run(Workplace place, String what, Map<String, String> settings, String... words)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    Process process =
        Program.start(List.of(words), settings, place.log(), List.of("-Xmx" + heap + "m"));
    @Nullable Long peak = null;
    while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
      peak = Memory.peak(process.toHandle()).orElse(peak);
    }
    process.getInputStream().transferTo(System.out); // A few lines: the pipe holds them.
    if (process.exitValue() != 0) {
      throw new IOException(what + " failed: " + Files.readString(place.log()));
    }
    System.out.printf(
        "%s: %.1f s%s%n",
        what,
        Duration.ofNanos(System.nanoTime() - began).toMillis() / 1e3,
        peak == null ? "" : ", at most %d MB resident".formatted(peak >> 10));
  }
}

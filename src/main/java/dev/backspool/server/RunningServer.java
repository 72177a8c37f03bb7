package dev.backspool.server;

import dev.backspool.analytics.EventFilter;
import dev.backspool.api.SyncJson;
import dev.backspool.api.SyncVerifyJson;
import dev.backspool.api.VerifyJson.Line;
import dev.backspool.ingest.Importer.Imported;
import dev.backspool.ingest.Importer.Progress;
import dev.backspool.rrweb.EventBlock;
import dev.backspool.rrweb.EventsRefused;
import dev.backspool.rrweb.Limits;
import dev.backspool.rrweb.Manner;
import dev.backspool.rrweb.Splitter;
import dev.backspool.rrweb.TimeRange;
import dev.backspool.transfer.Pieces;
import dev.backspool.transfer.Place;
import dev.backspool.transfer.ProjectHead;
import dev.backspool.transfer.Tally;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** A server that a command talks to over HTTP. */
final class RunningServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** A long recording is packed before there is an answer. */
  private static final Duration PIECE_PATIENCE = Duration.ofHours(1);

  private static final Duration SOON = Duration.ofSeconds(2);

  /** The server dates uploads within a week of their receipt; nearer to that the client's rule. */
  private static final Duration DATED = Duration.ofDays(6);

  /** Below what a server takes in one upload, unless it was told to take less. */
  private static final Limits BLOCKS = new Limits(20_000, 1_000, 32 << 20);

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final JsonMapper SNAKE_CASE =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI url;

  RunningServer(URI url) {
    this.url = url;
  }

  /**
   * Uploads a recording in the blocks a recorder would have sent. Its events keep their times when
   * it is younger than six days; an older one is dated as if it began now.
   *
   * @param key the project's write key
   * @param rrwebJson closed by this method
   * @throws Sentence when it is no recording, or the server does not take it
   */
  Imported upload(String key, String session, InputStream rrwebJson, Progress progress)
      throws IOException, InterruptedException {
    @Nullable UUID stored = null;
    int blocks = 0;
    int deduped = 0;
    long events = 0;
    long rawBytes = 0;
    boolean dated = false;
    try (var splitter = new Splitter(rrwebJson, BLOCKS, Manner.STRICT)) {
      for (EventBlock block = splitter.next(); block != null; block = splitter.next()) {
        dated = blocks == 0 ? isRecent(block) : dated;
        JsonNode answer = JSON.readTree(upload(key, session, blocks, dated, block));
        stored = UUID.fromString(answer.path("session_id").asString());
        blocks++;
        deduped += answer.path("deduped").asBoolean() ? 1 : 0;
        events += block.eventCount();
        rawBytes += block.rawBytes();
        progress.stored(events, rawBytes);
      }
    } catch (EventsRefused refused) {
      throw new Sentence(refused.getMessage());
    }
    if (stored == null) {
      throw new Sentence("The recording holds no events");
    }
    return new Imported(stored, blocks, deduped, events, rawBytes);
  }

  private static boolean isRecent(EventBlock block) {
    TimeRange times = block.times();
    return times != null && times.first() > Instant.now().minus(DATED).toEpochMilli();
  }

  private byte[] upload(String key, String session, int n, boolean dated, EventBlock block)
      throws IOException, InterruptedException {
    String query =
        "/v1/replay?session_id=%s&tab_id=main&batch_id=%s&seq=%d"
            .formatted(encoded(session), encoded("import:" + session + ":" + n), n);
    Instant givenUpAt = Instant.now().plus(PATIENCE);
    while (true) {
      String sentAt = dated ? "&sent_at=" + System.currentTimeMillis() : "";
      HttpResponse<byte[]> answer =
          client.send(
              request(query + sentAt, key)
                  .POST(BodyPublishers.ofByteArray(block.payload()))
                  .build(),
              BodyHandlers.ofByteArray());
      if (answer.statusCode() == 200) {
        return answer.body();
      }
      Duration pause =
          Duration.ofSeconds(answer.headers().firstValueAsLong("Retry-After").orElse(-1));
      if (pause.isNegative() || Instant.now().plus(pause).isAfter(givenUpAt)) {
        throw refused(answer.statusCode(), answer.body());
      }
      Thread.sleep(pause);
    }
  }

  /**
   * Writes a session's events as lines of JSON.
   *
   * @param token the admin token
   * @throws Sentence when no project has the session, or the server refuses; also when all is
   *     written that the server could read, and that is not all
   */
  void download(String token, UUID session, OutputStream out)
      throws IOException, InterruptedException {
    for (JsonNode project : projects(token)) {
      String path =
          "/api/projects/%s/sessions/%s/recording/events"
              .formatted(project.path("id").asString(), session);
      HttpResponse<InputStream> events =
          client.send(request(path, token).build(), BodyHandlers.ofInputStream());
      try (InputStream body = events.body()) {
        if (events.statusCode() == 200) {
          var lines = new Lines(out);
          body.transferTo(lines);
          long wanted = events.headers().firstValueAsLong("Backspool-Events").orElse(lines.count);
          if (lines.count < wanted) {
            throw new Sentence(
                "The export is not complete: the server could not read %d of %d events."
                        .formatted(wanted - lines.count, wanted)
                    + gaps(get(token, path.replaceFirst("/events$", ""))));
          }
          return;
        }
        if (events.statusCode() != 404) {
          throw refused(events.statusCode(), body.readAllBytes());
        }
      }
    }
    throw new Sentence("There is no session " + session + " on " + url);
  }

  private static String gaps(JsonNode recording) {
    var lines = new StringBuilder();
    for (JsonNode gap : recording.path("gaps")) {
      lines.append(
          "\n  %s to %s: %s"
              .formatted(
                  Instant.ofEpochMilli(gap.path("from_ms").asLong()),
                  Instant.ofEpochMilli(gap.path("to_ms").asLong()),
                  gap.path("message").asString()));
    }
    return lines.toString();
  }

  /** Counts lines on their way. */
  private static final class Lines extends OutputStream {
    private final OutputStream out;
    private long count;

    Lines(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      for (int i = from; i < from + length; i++) {
        count += bytes[i] == '\n' ? 1 : 0;
      }
      out.write(bytes, from, length);
    }
  }

  /**
   * Writes a project's events as lines of JSON, oldest first.
   *
   * @param token the admin token
   * @param project name or id; null for the only one
   * @param written is told how many lines were added
   * @throws Sentence when it is not clear which project, or the server refuses
   */
  void downloadEvents(
      String token,
      @Nullable String project,
      EventFilter filter,
      OutputStream out,
      IntConsumer written)
      throws IOException, InterruptedException {
    String path =
        "/api/projects/%s/events?order=asc&limit=1000%s"
            .formatted(onlyProject(token, project), query(filter));
    String cursor = "";
    while (true) {
      JsonNode page = get(token, path + cursor);
      for (JsonNode event : page.path("events")) {
        out.write(JSON.writeValueAsBytes(event));
        out.write('\n');
      }
      written.accept(page.path("events").size());
      JsonNode next = page.path("next_cursor");
      if (!next.isString()) {
        return;
      }
      cursor = "&cursor=" + next.stringValue();
    }
  }

  /**
   * Has the server verify itself.
   *
   * @param token the admin token
   * @param project name or id; null for all
   * @param lines is told each line of the answer
   * @throws Sentence when the server refuses, or ends before it has said how it ended
   */
  void verify(
      String token, @Nullable String project, boolean repair, boolean quick, Consumer<Line> lines)
      throws IOException, InterruptedException {
    String only = project == null ? "" : "&project=" + onlyProject(token, project);
    lines(
        token,
        "/api/verify?repair=%s&quick=%s%s".formatted(repair, quick, only),
        text -> {
          Line line = SNAKE_CASE.readValue(text, Line.class);
          lines.accept(line);
          return line.summary() != null || line.failure() != null;
        });
  }

  /** Reads an answer of many lines. */
  private interface LineReader {
    /** Gives whether it is the last. */
    boolean read(String line);
  }

  private void lines(String token, String pathAndQuery, LineReader lines)
      throws IOException, InterruptedException {
    HttpResponse<InputStream> answer =
        client.send(
            request(pathAndQuery, token).POST(BodyPublishers.noBody()).build(),
            BodyHandlers.ofInputStream());
    boolean ended = false;
    try (var body = answer.body();
        var reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      if (answer.statusCode() != 200) {
        throw refused(answer.statusCode(), body.readAllBytes());
      }
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        ended = lines.read(text);
      }
    } catch (IOException e) {
      throw new Sentence(url + " broke off in the middle: " + e.getMessage());
    }
    if (!ended) {
      throw new Sentence(url + " broke off in the middle");
    }
  }

  /**
   * How it stands with copies elsewhere.
   *
   * @param token the admin token
   * @param project name or id; null for all
   * @throws Sentence when the server refuses
   */
  SyncJson syncStatus(String token, @Nullable String project)
      throws IOException, InterruptedException {
    String only = project == null ? "" : "?project=" + onlyProject(token, project);
    return SNAKE_CASE.treeToValue(get(token, "/api/internal/sync/status" + only), SyncJson.class);
  }

  /**
   * Has the server fill a copy elsewhere from scratch; returns when it has begun.
   *
   * @param token the admin token
   * @param project name or id; null for all
   * @throws Sentence when the server refuses
   */
  void resync(String token, UUID sink, @Nullable String project)
      throws IOException, InterruptedException {
    Map<String, String> form =
        project == null ? Map.of() : Map.of("project", onlyProject(token, project));
    HttpResponse<byte[]> answer =
        client.send(
            request("/api/internal/sync/sinks/" + sink + "/resync", token)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(form)))
                .build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() != 202) {
      throw refused(answer.statusCode(), answer.body());
    }
  }

  /**
   * Has the server verify its copies elsewhere.
   *
   * @param token the admin token
   * @param project name or id; null for all
   * @param sink null for all
   * @param lines is told each line of the answer
   * @throws Sentence when the server refuses, or ends before it has said how it ended
   */
  void verifySync(
      String token,
      @Nullable String project,
      @Nullable UUID sink,
      boolean repair,
      Consumer<SyncVerifyJson.Line> lines)
      throws IOException, InterruptedException {
    String only =
        (project == null ? "" : "&project=" + onlyProject(token, project))
            + (sink == null ? "" : "&sink=" + sink);
    lines(
        token,
        "/api/internal/sync/verify?repair=" + repair + only,
        text -> {
          var line = SNAKE_CASE.readValue(text, SyncVerifyJson.Line.class);
          lines.accept(line);
          return line.summary() != null || line.failure() != null;
        });
  }

  private static String query(EventFilter filter) {
    var query = new StringBuilder();
    filter.names().forEach(name -> query.append("&name=").append(encoded(name)));
    append(query, "profile", filter.profile());
    append(query, "from", filter.from());
    append(query, "to", filter.to());
    return query.toString();
  }

  private static void append(StringBuilder query, String name, @Nullable Object value) {
    if (value != null) {
      query.append('&').append(name).append('=').append(encoded(value.toString()));
    }
  }

  /**
   * A project file as the server writes it, or the rest of one.
   *
   * @param token the admin token
   * @param project its id
   * @param after where an export goes on; null from the start
   * @throws Sentence when the server refuses
   */
  InputStream export(String token, String project, boolean withKeys, @Nullable Place after)
      throws IOException, InterruptedException {
    String path =
        "/api/projects/%s/export?keys=%s%s"
            .formatted(project, withKeys, after == null ? "" : "&after=" + after.text());
    HttpResponse<InputStream> file =
        client.send(request(path, token).build(), BodyHandlers.ofInputStream());
    if (file.statusCode() != 200) {
      try (InputStream body = file.body()) {
        throw refused(file.statusCode(), body.readAllBytes());
      }
    }
    return file.body();
  }

  /**
   * Begins an import.
   *
   * @param token the admin token
   * @param head the project file's first entry
   * @param project name or id of another project than the file's own; null for that one
   * @return the server's answer
   * @throws Sentence when the server refuses
   */
  JsonNode beginImport(String token, ProjectHead head, @Nullable String project)
      throws IOException, InterruptedException {
    String query = project == null ? "" : "?project=" + encoded(project);
    HttpResponse<byte[]> answer =
        client.send(
            request("/api/projects/import" + query, token)
                .POST(BodyPublishers.ofByteArray(head.toJson()))
                .build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw refused(answer.statusCode(), answer.body());
    }
    return JSON.readTree(answer.body());
  }

  /**
   * Sends entries of a project file, again where the server cannot store them now, or nobody knows
   * whether it has: storing them twice stores them once.
   *
   * @param token the admin token
   * @param project its id
   * @throws Sentence when the server refuses them
   * @throws IOException when nothing answers for minutes
   */
  Tally importPiece(String token, String project, Pieces.Piece piece)
      throws IOException, InterruptedException {
    Instant givenUpAt = Instant.now().plus(PATIENCE);
    while (true) {
      Duration pause = SOON;
      try {
        HttpResponse<byte[]> answer =
            client.send(
                request("/api/projects/" + project + "/import", token)
                    .timeout(PIECE_PATIENCE)
                    .header("Content-Type", "application/x-tar")
                    .POST(
                        BodyPublishers.fromPublisher(
                            BodyPublishers.ofInputStream(() -> open(piece)), piece.size()))
                    .build(),
                BodyHandlers.ofByteArray());
        if (answer.statusCode() == 200) {
          return tally(JSON.readTree(answer.body()));
        }
        long seconds = answer.headers().firstValueAsLong("Retry-After").orElse(-1);
        if (seconds < 0 || Instant.now().isAfter(givenUpAt)) {
          throw refused(answer.statusCode(), answer.body());
        }
        pause = Duration.ofSeconds(seconds);
      } catch (IOException failure) {
        if (Instant.now().isAfter(givenUpAt)) {
          throw failure;
        }
      }
      Thread.sleep(pause);
    }
  }

  private static InputStream open(Pieces.Piece piece) {
    try {
      return piece.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tally tally(JsonNode answer) {
    return new Tally(
        answer.path("sessions").asLong(0),
        answer.path("completed").asLong(0),
        answer.path("known").asLong(0),
        answer.path("frames").asLong(0),
        answer.path("events").asLong(0),
        answer.path("known_events").asLong(0),
        answer.path("profiles").asLong(0),
        answer.path("groups").asLong(0),
        answer.path("erased").asLong(0),
        answer.path("strange_erasures").asLong(0));
  }

  /** The id of the named project, or of the only one. */
  String onlyProject(String token, @Nullable String nameOrId)
      throws IOException, InterruptedException {
    var found = new ArrayList<String>();
    for (JsonNode project : projects(token)) {
      String id = project.path("id").asString();
      if (nameOrId == null
          || nameOrId.equalsIgnoreCase(id)
          || nameOrId.equals(project.path("name").asString())) {
        found.add(id);
      }
    }
    if (found.size() != 1) {
      throw new Sentence(
          found.isEmpty()
              ? "There is no such project on " + url
              : "There are several projects; choose one by --project, with its id.");
    }
    return found.getFirst();
  }

  private JsonNode projects(String token) throws IOException, InterruptedException {
    return get(token, "/api/projects").path("projects");
  }

  private JsonNode get(String token, String pathAndQuery) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        client.send(request(pathAndQuery, token).build(), BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw refused(answer.statusCode(), answer.body());
    }
    return JSON.readTree(answer.body());
  }

  private HttpRequest.Builder request(String pathAndQuery, String credential) {
    return HttpRequest.newBuilder(URI.create(url + pathAndQuery))
        .timeout(PATIENCE)
        .header("Authorization", "Bearer " + credential);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** What the server says of itself, or the bare status of something that is no Backspool. */
  private Sentence refused(int status, byte[] body) {
    String detail = "";
    try {
      detail = JSON.readTree(body).path("detail").asString("");
    } catch (JacksonException e) {
      // No JSON: the status says what there is to say.
    }
    return new Sentence(
        "%s answered %d%s".formatted(url, status, detail.isEmpty() ? "" : ": " + detail));
  }

  @Override
  public void close() {
    client.close();
  }
}

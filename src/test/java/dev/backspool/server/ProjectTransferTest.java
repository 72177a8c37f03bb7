package dev.backspool.server;

import static dev.backspool.server.Shop.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdInputStream;
import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.Listing;
import dev.backspool.archive.S3Server;
import dev.backspool.archive.StoredObject;
import dev.backspool.postgres.TestPostgres;
import dev.backspool.server.Shop.Ended;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code backspool export project} and {@code import project}, from one installation to others. */
final class ProjectTransferTest {
  @TempDir private static Path folder;

  private static SettableClock clock;
  private static TestPostgres.Address database;
  private static TestServer source;
  private static Shop shop;

  /** The source's settings, for commands that open its data. */
  private static Map<String, String> data;

  private static Path file;
  private static Map<String, String> told;

  @BeforeAll
  static void export() throws Exception {
    clock = Shop.clock();
    database = TestPostgres.freshDatabase();
    source = TestServer.start(database, Map.of(), clock);
    shop = new Shop(source, clock).fill();
    data = settings(database, source.folder().resolve("archive"));
    told = Shop.told(source, shop.project.id());
    file = folder.resolve("shop.tar");
    Ended export = run(data, "export", "project", "--with-keys", "--out", file);
    assertThat(export.code()).as(export.err()).isZero();
    assertThat(export.err()).contains("7 sessions, 5 recordings");
  }

  @AfterAll
  static void stop() {
    source.close();
  }

  private static Map<String, String> settings(TestPostgres.Address of, Path archive) {
    return Map.of(
        "BACKSPOOL_DATABASE_URL",
        TestServer.url(of),
        "BACKSPOOL_ARCHIVE_URL",
        "file:" + archive.toAbsolutePath());
  }

  /** Another installation, without a server so far. */
  private record Elsewhere(TestPostgres.Address database, Map<String, String> settings) {
    static Elsewhere withDirectory(String name) {
      TestPostgres.Address database = TestPostgres.freshDatabase();
      return new Elsewhere(database, ProjectTransferTest.settings(database, folder.resolve(name)));
    }

    Ended take(Path file, Object... more) {
      var words = new ArrayList<Object>(List.of("import", "project", file));
      words.addAll(List.of(more));
      return run(settings, words.toArray());
    }

    TestServer start() {
      return TestServer.start(database, settings, clock);
    }
  }

  private static byte[] entry(Map<String, byte[]> entries, String name) {
    return Objects.requireNonNull(entries.get(name), name);
  }

  /** The entries of a tar, as any program reads them. */
  private static Map<String, byte[]> entries(Path tar) throws IOException {
    var entries = new LinkedHashMap<String, byte[]>();
    try (var in = new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(tar)))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        assertThat(entries.put(entry.getName(), in.readAllBytes())).isNull();
      }
    }
    return entries;
  }

  private static List<String> lines(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).lines().toList();
  }

  private static List<String> objects(ArchiveUrl url) throws Exception {
    try (Archive archive = Archive.open(url, S3Server.KEYS)) {
      var names = new ArrayList<String>();
      Listing listing = archive.list("");
      for (List<StoredObject> page = listing.next(); !page.isEmpty(); page = listing.next()) {
        page.forEach(object -> names.add(object.key().toString()));
      }
      return names;
    }
  }

  /** Every object has its row, every row its object, and no recording is in PostgreSQL. */
  private static void assertArchived(TestServer server, ArchiveUrl url) throws Exception {
    assertThat(server.column("select project_id || '/' || object from recording_part order by 1"))
        .containsExactlyElementsOf(objects(url).stream().sorted().toList())
        .isNotEmpty();
    assertThat(server.count("select count(*) from chunk")).isZero();
    assertThat(server.count("select count(*) from doomed_object")).isZero();
    assertThat(server.count("select count(*) from session where hot_since is not null")).isZero();
  }

  private static void assertNothingIsWrong(Ended verified) {
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
  }

  private static final String ALL_SESSIONS =
      """
      select (to_jsonb(session) - array[
        'hot_since', 'hot_chunks', 'hot_bytes', 'part_count', 'archive_after', 'archive_failures',
        'archive_error'])::text
      from session order by id
      """;

  private static final String ALL_EVENTS = "select to_jsonb(event)::text from event order by id";

  @Test
  void everything_comes_to_a_bucket_as_it_was_in_a_directory() throws Exception {
    try (S3Server s3 = S3Server.start(Files.createDirectories(folder.resolve("s3")))) {
      Files.createDirectories(s3.folder("replays"));
      String url = "s3://replays/all?region=us-east-1&endpoint=" + s3.url();
      TestPostgres.Address other = TestPostgres.freshDatabase();
      Map<String, String> settings =
          Map.of(
              "BACKSPOOL_DATABASE_URL",
              TestServer.url(other),
              "BACKSPOOL_ARCHIVE_URL",
              url,
              "BACKSPOOL_ARCHIVE_ENCRYPTION",
              "off",
              "BACKSPOOL_S3_ACCESS_KEY",
              "backspool",
              "BACKSPOOL_S3_SECRET_KEY",
              "not-so-secret");

      Ended imported = run(settings, "import", "project", file);

      assertThat(imported.code()).as(imported.err()).isZero();
      assertThat(imported.out()).contains("into project Shop").doesNotContain("new keys");
      assertNothingIsWrong(run(settings, "verify"));
      try (TestServer target = TestServer.start(other, settings, clock)) {
        assertThat(Shop.told(target, shop.project.id())).isEqualTo(told);
        for (String all : List.of(ALL_SESSIONS, ALL_EVENTS)) {
          assertThat(target.column(all)).isEqualTo(source.column(all)).isNotEmpty();
        }
        for (String table :
            List.of(
                "tab",
                "page",
                "receipt",
                "event_key",
                "profile",
                "profile_group",
                "usage",
                "open_session")) {
          String all = "select to_jsonb(%1$s)::text from %1$s order by 1".formatted(table);
          assertThat(target.column(all)).as(table).isEqualTo(source.column(all)).isNotEmpty();
        }
        assertArchived(target, ArchiveUrl.parse(url));
        assertThat(target.count("select count(*) from recording_part where data_key is null"))
            .isEqualTo(5);
      }
    }
  }

  @Test
  void sdks_go_on_where_they_were() throws Exception {
    var elsewhere = Elsewhere.withDirectory("goes-on");
    assertThat(elsewhere.take(file).code()).isZero();
    try (TestServer target = elsewhere.start()) {
      var project = target.server().projects().byId(shop.project.id()).orElseThrow();
      assertThat(project).isEqualTo(shop.project);
      String hot = source.column("select id::text from session where name = 'hot'").getFirst();
      String events =
          "[{\"type\":3,\"data\":{\"source\":2,\"type\":2,\"id\":1},\"timestamp\":%d}]"
              .formatted(System.currentTimeMillis());

      var retry =
          target
              .post("/v1/replay?session_id=hot&tab_id=t1&batch_id=hot-0&seq=7")
              .bearer(project.sdkKey())
              .body(events)
              .send();
      assertThat(retry.json().get("deduped").asBoolean()).isTrue();
      assertThat(retry.json().get("session_id").asString()).isEqualTo(hot);

      var next =
          target
              .post("/v1/replay?session_id=hot&tab_id=t1&batch_id=hot-1&seq=8")
              .bearer(project.sdkKey())
              .body(events)
              .send();
      assertThat(next.json().get("session_id").asString()).isEqualTo(hot);
      assertThat(next.json().get("deduped").asBoolean()).isFalse();
      var index =
          target
              .get("/api/projects/%s/sessions/%s/recording".formatted(project.id(), hot))
              .admin()
              .send()
              .json();
      assertThat(index.at("/verdict/state").asString()).isEqualTo("playable");
      assertThat(index.get("frames")).hasSize(2);

      Map<String, Object> known =
          Map.of(
              "session_id",
              "events-only",
              "events",
              List.of(Map.of("id", "events-only-view", "name", "view")));
      var repeated = target.post("/v1/events").bearer(project.sdkKey()).json(known).send().json();
      assertThat(repeated.get("repeated").asInt()).isOne();
      assertThat(repeated.get("session_id").asString())
          .isEqualTo(
              source.column("select id::text from session where name = 'events-only'").getFirst());

      assertThat(target.count("select last_value from chunk_id"))
          .isGreaterThan(source.count("select last_value from chunk_id"));
      assertThat(
              target.count(
                  "select count(*) - count(distinct id) from event where project_id = '"
                      + project.id()
                      + "'"))
          .isZero();
    }
  }

  @Test
  void the_file_is_what_its_page_says() throws Exception {
    Map<String, byte[]> entries = entries(file);

    List<String> names = List.copyOf(entries.keySet());
    assertThat(names.getFirst()).isEqualTo("project.json");
    assertThat(names.getLast()).isEqualTo("manifest.ndjson");
    assertThat(names).contains("groups/00001.ndjson", "profiles/00001.ndjson");
    List<String> manifest = lines(entry(entries, "manifest.ndjson"));
    assertThat(manifest).hasSize(names.size());
    for (int i = 0; i + 1 < manifest.size(); i++) {
      JsonNode line = TestServer.JSON.readTree(manifest.get(i));
      assertThat(line.get("name").asString()).isEqualTo(names.get(i));
      byte[] content = entry(entries, names.get(i));
      assertThat(line.get("bytes").asInt()).isEqualTo(content.length);
      assertThat(line.get("sha256").asString())
          .isEqualTo(
              HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
    }
    int recordings = 0;
    for (String name : names) {
      if (name.startsWith("sessions/")) {
        JsonNode session = TestServer.JSON.readTree(entry(entries, name));
        String id = session.get("id").asString();
        byte[] zstd = entries.get("recordings/" + id + ".ndjson.zst");
        int frames = session.get("frames").asInt();
        assertThat(zstd != null).isEqualTo(frames > 0);
        if (zstd != null) {
          recordings++;
          List<String> lines =
              lines(new ZstdInputStream(new ByteArrayInputStream(zstd)).readAllBytes());
          List<String> told = lines(entry(entries, "recordings/" + id + ".frames.ndjson"));
          assertThat(told).hasSize(frames);
          assertThat(
                  told.stream()
                      .mapToInt(frame -> TestServer.JSON.readTree(frame).get("events").asInt())
                      .sum())
              .isEqualTo(lines.size());
          assertThat(String.join("\n", lines) + "\n")
              .isEqualTo(ProjectTransferTest.told.get(id + " events"));
        }
      }
    }
    assertThat(recordings).isEqualTo(5);
  }

  @Test
  void a_running_server_gives_and_takes_the_same() throws Exception {
    Path served = folder.resolve("served.tar");
    Ended export =
        run(
            Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
            "export",
            "project",
            "--with-keys",
            "--url",
            source.url(),
            "--out",
            served);
    assertThat(export.code()).as(export.err()).isZero();
    assertSameEntries(entries(served), entries(file));

    try (TestServer target = TestServer.start(TestPostgres.freshDatabase(), Map.of(), clock)) {
      for (int time = 1; time <= 2; time++) {
        Ended imported =
            run(
                Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
                "import",
                "project",
                served,
                "--url",
                target.url());
        assertThat(imported.code()).as(imported.err()).isZero();
        assertThat(imported.out().contains("there before: 7 sessions, of which 0"))
            .isEqualTo(time == 2);
        assertThat(Shop.told(target, shop.project.id())).isEqualTo(told);
      }
      assertArchived(target, new ArchiveUrl.Directory(target.folder().resolve("archive")));
    }
  }

  /** But for when they were written. */
  private static void assertSameEntries(Map<String, byte[]> some, Map<String, byte[]> others) {
    assertThat(some.keySet()).containsExactlyElementsOf(others.keySet());
    some.forEach((name, content) -> {
      if (!name.equals("project.json") && !name.equals("manifest.ndjson")) {
        assertThat(content).as(name).isEqualTo(others.get(name));
      }
    });
  }

  @Test
  void an_export_that_was_cut_goes_on_behind_its_last_whole_entry() throws Exception {
    byte[] whole = Files.readAllBytes(file);
    var cuts = new ArrayList<Integer>(List.of(0, 5, 700, 2_000));
    for (int i = 1; i < 14; i++) {
      cuts.add((int) (whole.length * (long) i / 14) + i * 37);
    }
    cuts.add(whole.length - 2_000);
    for (int cut : cuts) {
      Path part = folder.resolve("cut.tar");
      Files.write(part, Arrays.copyOf(whole, cut));
      boolean served = cut % 2 == 1;
      Ended export =
          served
              ? run(
                  Map.of("BACKSPOOL_ADMIN_TOKEN", TestServer.ADMIN_TOKEN),
                  "export",
                  "project",
                  "--with-keys",
                  "--url",
                  source.url(),
                  "--out",
                  part)
              : run(data, "export", "project", "--with-keys", "--out", part);
      assertThat(export.code()).as(cut + ": " + export.err()).isZero();
      assertSameEntries(entries(part), entries(file));
      if (cut > 2_000) {
        assertThat(export.err()).contains("going on behind");
        assertThat(Files.readAllBytes(part)).as("cut at " + cut).isEqualTo(whole);
      }
    }
  }

  @Test
  void an_export_does_not_overwrite_what_it_has_not_written() throws Exception {
    Path letter = Files.writeString(folder.resolve("letter.txt"), "Dear Ada,".repeat(500));
    Ended export = run(data, "export", "project", "--out", letter);
    assertThat(export.code()).isOne();
    assertThat(export.err()).contains("is there, and is no export");
    assertThat(letter).hasContent("Dear Ada,".repeat(500));

    Path again = folder.resolve("again.tar");
    Files.copy(file, again);
    Ended whole = run(data, "export", "project", "--with-keys", "--out", again);
    assertThat(whole.code()).isOne();
    assertThat(whole.err()).contains("is a whole export already");

    Files.write(again, Arrays.copyOf(Files.readAllBytes(file), 5_000));
    Ended without = run(data, "export", "project", "--out", again);
    assertThat(without.code()).isOne();
    assertThat(without.err()).contains("beginning of another export").contains("with keys");
  }

  @Test
  void a_file_that_is_not_whole_is_refused_before_anything_is_stored() throws Exception {
    byte[] whole = Files.readAllBytes(file);
    var elsewhere = Elsewhere.withDirectory("damaged");
    Path damaged = folder.resolve("damaged.tar");
    String events =
        entries(file).keySet().stream()
            .filter(name -> name.startsWith("recordings/") && name.endsWith(".zst"))
            .findFirst()
            .orElseThrow();
    byte[] content = entry(entries(file), events);
    int at = indexOf(whole, content) + content.length / 2;
    whole[at] ^= 1;
    Files.write(damaged, whole);
    Ended flipped = elsewhere.take(damaged);
    assertThat(flipped.code()).isOne();
    assertThat(flipped.err()).contains(events + " is damaged").contains("Nothing was stored");
    whole[at] ^= 1;

    Files.write(damaged, Arrays.copyOf(whole, whole.length / 2));
    assertThat(elsewhere.take(damaged).err()).contains("cut short").contains("Nothing was stored");

    Files.writeString(damaged, "no tar at all, however long it may be ".repeat(100));
    assertThat(elsewhere.take(damaged).err())
        .contains("Nothing was stored")
        .doesNotContain("\tat ");

    String head = new String(entry(entries(file), "project.json"), StandardCharsets.UTF_8);
    byte[] newer = whole.clone();
    byte[] version = "\"version\" : 9".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(
        version,
        0,
        newer,
        indexOf(newer, "\"version\" : 1".getBytes(StandardCharsets.UTF_8)),
        version.length);
    assertThat(head).contains("\"version\" : 1");
    Files.write(damaged, newer);
    assertThat(elsewhere.take(damaged).err()).contains("has version 9");

    assertThat(elsewhere.take(folder.resolve("none.tar")).err()).contains("There is no file");
    try (TestServer target = elsewhere.start()) {
      assertThat(target.server().projects().all()).isEmpty();
    }
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int i = 0; i + part.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("not found");
  }

  @Test
  void an_import_that_is_killed_is_run_again_and_nothing_is_missing_or_twice() throws Exception {
    var elsewhere = Elsewhere.withDirectory("killed");
    int kills = 0;
    for (int sessions = 0; sessions < 7 && kills < 6; kills++) {
      Process process = child(elsewhere.settings(), "import", "project", file.toString());
      // Later each time: some die before the first session is stored, some behind the last.
      Thread.sleep(1_500 + 400L * kills);
      process.destroyForcibly().waitFor();
      try (TestServer target = elsewhere.start()) {
        sessions = (int) target.count("select count(*) from session");
        assertThat(
                target.count(
                    """
                    select count(*) from session
                    where chunk_count > 0 and part_count = 0
                    """))
            .as("sessions without their recordings")
            .isZero();
      }
    }
    Ended last = elsewhere.take(file);
    assertThat(last.code()).as(last.err()).isZero();
    assertNothingIsWrong(run(elsewhere.settings(), "verify"));
    try (TestServer target = elsewhere.start()) {
      assertThat(Shop.told(target, shop.project.id())).isEqualTo(told);
    }
    var later = new SettableClock(Instant.now().plus(Duration.ofHours(3)));
    try (TestServer target = TestServer.start(elsewhere.database(), elsewhere.settings(), later)) {
      target.server().archiver().doomed().deleteDue();
      assertArchived(target, new ArchiveUrl.Directory(folder.resolve("killed")));
    }
  }

  private static Process child(Map<String, String> settings, String... words) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(words));
    var builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().removeIf(name -> name.startsWith("BACKSPOOL_"));
    builder.environment().putAll(settings);
    return builder.start();
  }

  @Test
  void a_copy_beside_the_project_is_another_project() throws Exception {
    Path plain = folder.resolve("plain.tar");
    assertThat(run(data, "export", "project", "--project", "Shop", "--out", plain).code()).isZero();
    assertThat(new String(entry(entries(plain), "project.json"), StandardCharsets.UTF_8))
        .doesNotContain(shop.project.sdkKey());
    var elsewhere = Elsewhere.withDirectory("copies");
    for (Path from : List.of(file, plain)) {
      Ended imported = elsewhere.take(from, "--project", "Copy of " + from.getFileName());
      assertThat(imported.code()).as(imported.err()).isZero();
    }
    Ended unknown = elsewhere.take(file, "--project", UUID.randomUUID());
    assertThat(unknown.err()).contains("There is no project with the id");
    try (TestServer target = elsewhere.start()) {
      var projects = target.server().projects().all();
      assertThat(projects).hasSize(2).noneMatch(each -> each.id().equals(shop.project.id()));
      assertThat(projects.getFirst().sdkKey()).isEqualTo(shop.project.sdkKey());
      assertThat(projects.getLast().sdkKey()).isNotEqualTo(shop.project.sdkKey());
      for (var project : projects) {
        var copy = new TreeMap<>(Shop.told(target, project.id()));
        var original = new TreeMap<>(told);
        assertThat(copy.keySet()).isEqualTo(original.keySet());
        copy.forEach((what, text) ->
            assertThat(text.replace(project.id().toString(), shop.project.id().toString()))
                .as(what)
                .isEqualTo(original.get(what)));
      }
    }
  }

  /** Of two installations on one archive each would take the other's objects for leftovers. */
  @Test
  void an_archive_that_holds_the_project_already_is_another_installations() throws Exception {
    TestPostgres.Address other = TestPostgres.freshDatabase();
    Map<String, String> shared = settings(other, source.folder().resolve("archive"));
    Ended refused = run(shared, "import", "project", file);
    assertThat(refused.code()).isOne();
    assertThat(refused.err()).contains("archive address of its own").doesNotContain("\tat ");

    try (TestServer target = TestServer.start(other, shared, clock)) {
      assertThat(target.server().projects().all()).isEmpty();
      byte[] head = entry(entries(file), "project.json");
      var begun = target.post("/api/projects/import").admin().body(head).send();
      assertThat(begun.status()).isEqualTo(400);
      assertThat(begun.body()).contains("archive address of its own");
      // As after its deletion here, while its objects are still going.
      target
          .server()
          .postgres()
          .own(handle ->
              handle.execute(
                  "insert into doomed_object (project_id, object, cold, reason, not_before)"
                      + " values (?, 'recordings/gone', false, 'removed', now() + interval '1 h')",
                  shop.project.id()));
      var later = target.post("/api/projects/import").admin().body(head).send();
      assertThat(later.status()).isEqualTo(503);
      assertThat(later.header("Retry-After")).isNotEmpty();
      assertThat(target.server().projects().all()).isEmpty();
    }
    Ended copied = run(shared, "import", "project", file, "--project", "Copy");
    assertThat(copied.code()).as("a copy has an id of its own: " + copied.err()).isZero();
    assertNothingIsWrong(run(shared, "verify"));
  }
}

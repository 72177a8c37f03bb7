package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.S3Keys;
import dev.backspool.enrich.ClientAddress;
import dev.backspool.enrich.TrustedProxies;
import dev.backspool.sync.AnalyticsUrl;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The settings: their names, their defaults, and what is said of wrong ones. */
final class ConfigTest {
  @Test
  void has_a_default_for_everything() {
    Config config = Config.from(Map.of());

    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.port()).isEqualTo(8420);
    assertThat(config.dataDir()).isEqualTo(Path.of("data").toAbsolutePath());
    assertThat(config.databaseUrl()).isNull();
    assertThat(config.adminToken()).isNull();
    assertThat(config.publicUrl()).isNull();
    assertThat(config.sessionIdle()).isEqualTo(Duration.ofMinutes(30));
    assertThat(config.sessionMax()).isEqualTo(Duration.ofHours(12));
    assertThat(config.maxBodyBytes()).isEqualTo(16 << 20);
    assertThat(config.maxInflatedBytes()).isEqualTo(32 << 20);
    assertThat(config.maxEvents()).isEqualTo(50_000);
    assertThat(config.maxJsonDepth()).isEqualTo(1_000);
    assertThat(config.requestsPerMinute()).isEqualTo(600_000);
    assertThat(config.geoipFile()).isNull();
    assertThat(config.trustedProxies()).isEqualTo(TrustedProxies.EVERYONE);
    assertThat(config.clientIpHeaders()).isEqualTo(ClientAddress.HEADERS);
    assertThat(config.archiveUrl())
        .isEqualTo(new ArchiveUrl.Directory(Path.of("data/archive").toAbsolutePath()));
    assertThat(config.coldArchiveUrl()).isNull();
    assertThat(config.archiveEncryption()).isTrue();
    assertThat(config.archiveAfter()).isEqualTo(Duration.ofHours(1));
    assertThat(config.s3Keys()).isNull();
    assertThat(config.analyticsUrl())
        .isEqualTo(new AnalyticsUrl.File(Path.of("data/analytics.duckdb").toAbsolutePath()));
    assertThat(config.syncPrivateSinks()).isFalse();
    assertThat(config.eventHotDays()).isNull();
  }

  @Test
  void reads_each_setting_by_its_name(@TempDir Path folder) throws IOException {
    Path places = Files.createFile(folder.resolve("places.mmdb"));
    Config config =
        Config.from(
            Map.ofEntries(
                Map.entry("BACKSPOOL_HOST", "0.0.0.0"),
                Map.entry("BACKSPOOL_PORT", "80"),
                Map.entry("BACKSPOOL_DATA_DIR", "/var/lib/backspool"),
                Map.entry("BACKSPOOL_DATABASE_URL", "postgresql://me@db/replays"),
                Map.entry("BACKSPOOL_ADMIN_TOKEN", "0123456789abcdef"),
                Map.entry("BACKSPOOL_PUBLIC_URL", "https://replay.example.com/"),
                Map.entry("BACKSPOOL_SESSION_IDLE", "PT5M"),
                Map.entry("BACKSPOOL_SESSION_MAX", "PT1H"),
                Map.entry("BACKSPOOL_MAX_BODY_BYTES", "2048"),
                Map.entry("BACKSPOOL_MAX_INFLATED_BYTES", "4096"),
                Map.entry("BACKSPOOL_MAX_EVENTS", "10"),
                Map.entry("BACKSPOOL_MAX_JSON_DEPTH", "20"),
                Map.entry("BACKSPOOL_REQUESTS_PER_MINUTE", "30"),
                Map.entry("BACKSPOOL_GEOIP_FILE", places.toString()),
                Map.entry("BACKSPOOL_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
                Map.entry("BACKSPOOL_CLIENT_IP_HEADERS", "X-Real-IP, forwarded"),
                Map.entry("BACKSPOOL_ARCHIVE_URL", "file:/srv/recordings"),
                Map.entry("BACKSPOOL_COLD_ARCHIVE_URL", "file:/srv/cold"),
                Map.entry("BACKSPOOL_ARCHIVE_ENCRYPTION", "off"),
                Map.entry("BACKSPOOL_ARCHIVE_AFTER", "PT5M"),
                Map.entry("BACKSPOOL_S3_ACCESS_KEY", "AKIA0"),
                Map.entry("BACKSPOOL_S3_SECRET_KEY", "hush"),
                Map.entry("BACKSPOOL_ANALYTICS_URL", "duckdb:/srv/a.duckdb"),
                Map.entry("BACKSPOOL_SYNC_PRIVATE_SINKS", "on"),
                Map.entry("BACKSPOOL_EVENT_HOT_DAYS", "90"),
                Map.entry("HOME", "/root")));

    assertThat(config.host()).isEqualTo("0.0.0.0");
    assertThat(config.port()).isEqualTo(80);
    assertThat(config.dataDir()).isEqualTo(Path.of("/var/lib/backspool"));
    assertThat(config.databaseUrl()).isEqualTo("postgresql://me@db/replays");
    assertThat(config.adminToken()).isEqualTo("0123456789abcdef");
    assertThat(config.publicUrl()).isEqualTo(URI.create("https://replay.example.com"));
    assertThat(config.sessionIdle()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.sessionMax()).isEqualTo(Duration.ofHours(1));
    assertThat(config.maxBodyBytes()).isEqualTo(2048);
    assertThat(config.maxInflatedBytes()).isEqualTo(4096);
    assertThat(config.maxEvents()).isEqualTo(10);
    assertThat(config.maxJsonDepth()).isEqualTo(20);
    assertThat(config.requestsPerMinute()).isEqualTo(30);
    assertThat(config.geoipFile()).isEqualTo(places);
    assertThat(config.trustedProxies()).isEqualTo(TrustedProxies.of("10.0.0.0/8,::1"));
    assertThat(config.clientIpHeaders()).containsExactly("x-real-ip", "forwarded");
    assertThat(config.archiveUrl()).isEqualTo(new ArchiveUrl.Directory(Path.of("/srv/recordings")));
    assertThat(config.coldArchiveUrl()).isEqualTo(new ArchiveUrl.Directory(Path.of("/srv/cold")));
    assertThat(config.archiveEncryption()).isFalse();
    assertThat(config.archiveAfter()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.s3Keys()).isEqualTo(new S3Keys("AKIA0", "hush"));
    assertThat(config.analyticsUrl()).isEqualTo(new AnalyticsUrl.File(Path.of("/srv/a.duckdb")));
    assertThat(config.syncPrivateSinks()).isTrue();
    assertThat(config.eventHotDays()).isEqualTo(90);
    assertThat(config.s3Keys()).asString().doesNotContain("hush");
  }

  @Test
  void events_leave_postgresql_only_where_a_columnar_store_has_them() {
    assertThatThrownBy(() ->
            Config.from(Map.of("BACKSPOOL_EVENT_HOT_DAYS", "30", "BACKSPOOL_ANALYTICS_URL", "off")))
        .isInstanceOf(Config.Invalid.class)
        .hasMessageContaining("BACKSPOOL_EVENT_HOT_DAYS needs a columnar store");
    assertThatThrownBy(() -> Config.from(Map.of("BACKSPOOL_EVENT_HOT_DAYS", "9")))
        .isInstanceOf(Config.Invalid.class)
        .hasMessageContaining("BACKSPOOL_EVENT_HOT_DAYS must be a whole number from 10 to 36500");
  }

  @Test
  void a_clickhouse_may_hold_the_copies_and_a_wrong_address_is_not_repeated() {
    String address = "clickhouse:http://me:hush-hush@ch:8123/copies";
    assertThat(Config.from(Map.of("BACKSPOOL_ANALYTICS_URL", address)).analyticsUrl())
        .isEqualTo(new AnalyticsUrl.Server(address))
        .asString()
        .doesNotContain("hush");
    for (String wrong :
        List.of("clickhouse:ftp://me:hush-hush@ch/", "clickhouse:http://me:hush-hush@ch/a/b")) {
      assertThatThrownBy(() -> Config.from(Map.of("BACKSPOOL_ANALYTICS_URL", wrong)))
          .hasMessageContaining("BACKSPOOL_ANALYTICS_URL")
          .hasMessageNotContaining("hush");
    }
  }

  @Test
  void tells_all_problems_together_and_repeats_no_secret() {
    assertThatThrownBy(() ->
            Config.from(
                Map.of(
                    "BACKSPOOL_GEOIP_FILE", "/nowhere/places.mmdb",
                    "BACKSPOOL_TRUSTED_PROXIES", "10.0.0.0/99",
                    "BACKSPOOL_CLIENT_IP_HEADERS", "x-real-ip:",
                    "BACKSPOOL_PORT", "99999",
                    "BACKSPOOL_ADMIN_TOKEN", "hunter2",
                    "BACKSPOOL_DATABASE_URL", "mysql://me:hunter2@db/x",
                    "BACKSPOOL_SESSION_IDLE", "half an hour",
                    "BACKSPOOL_PUBLIC_URL", "replay",
                    "BACKSPOOL_PROT", "8420")))
        .isInstanceOf(Config.Invalid.class)
        .extracting(
            invalid -> ((Config.Invalid) invalid).problems(),
            InstanceOfAssertFactories.list(String.class))
        .hasSize(9)
        .anyMatch(problem -> problem.contains("BACKSPOOL_PORT") && problem.contains("99999"))
        .anyMatch(problem -> problem.contains("BACKSPOOL_SESSION_IDLE"))
        .anyMatch(problem ->
            problem.contains("BACKSPOOL_GEOIP_FILE") && problem.contains("/nowhere/places.mmdb"))
        .anyMatch(
            problem -> problem.contains("BACKSPOOL_TRUSTED_PROXIES") && problem.contains("/99"))
        .anyMatch(problem -> problem.contains("BACKSPOOL_CLIENT_IP_HEADERS"))
        .anyMatch(problem -> problem.contains("BACKSPOOL_PROT is not a setting"))
        .noneMatch(problem -> problem.contains("hunter2"));
  }

  @Test
  void tells_what_is_wrong_with_an_archive_and_repeats_no_secret() {
    assertThatThrownBy(() ->
            Config.from(
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL", "s3://me:hunter2@bucket",
                    "BACKSPOOL_S3_SECRET_KEY", "hunter2")))
        .isInstanceOf(Config.Invalid.class)
        .hasMessageContaining("BACKSPOOL_ARCHIVE_URL holds credentials")
        .hasMessageContaining(
            "BACKSPOOL_S3_ACCESS_KEY must be set where BACKSPOOL_S3_SECRET_KEY is")
        .hasMessageNotContaining("hunter2");
  }

  @ParameterizedTest
  @CsvSource({
    "file:/srv/recordings, file:/srv/recordings/",
    "file:/srv/recordings, file:/srv/x/../recordings",
    "file:/srv/recordings, file:/srv/recordings/cold",
    "file:/srv/recordings/warm, file:/srv/recordings",
    "s3://bucket/x, s3://bucket/x?storage_class=GLACIER_IR",
    "s3://bucket, s3://bucket/cold",
    "s3://bucket/x?region=eu-central-1, s3://bucket/x?endpoint=https://s3.eu-central-1.amazonaws.com",
    "s3://bucket?endpoint=https://s3.example.com, s3://bucket?endpoint=http://S3.example.com:80"
  })
  void a_cold_archive_in_the_place_of_the_other_is_refused(String main, String cold) {
    assertThatThrownBy(() ->
            Config.from(Map.of("BACKSPOOL_ARCHIVE_URL", main, "BACKSPOOL_COLD_ARCHIVE_URL", cold)))
        .isInstanceOf(Config.Invalid.class)
        .hasMessageContaining("BACKSPOOL_COLD_ARCHIVE_URL must be another place")
        .hasMessageContaining("cold_storage_class");
  }

  @ParameterizedTest
  @CsvSource({
    "file:/srv/recordings, file:/srv/recordings-cold",
    "s3://bucket/x, s3://bucket/xy",
    "s3://bucket, s3://other",
    "s3://bucket?endpoint=http://127.0.0.1:9000, s3://bucket?endpoint=http://127.0.0.1:9001",
    "file:/srv/recordings, s3://bucket"
  })
  void a_cold_archive_may_be_any_other_place(String main, String cold) {
    assertThat(
            Config.from(Map.of("BACKSPOOL_ARCHIVE_URL", main, "BACKSPOOL_COLD_ARCHIVE_URL", cold))
                .hasColdTier())
        .isTrue();
  }

  @Test
  void a_link_to_the_archive_is_no_other_place(@TempDir Path folder) throws IOException {
    Path archive = Files.createDirectory(folder.resolve("archive"));
    Path link = Files.createSymbolicLink(folder.resolve("cold"), archive);
    assertThatThrownBy(() ->
            Config.from(
                Map.of(
                    "BACKSPOOL_ARCHIVE_URL", "file:" + archive.resolve("deep"),
                    "BACKSPOOL_COLD_ARCHIVE_URL", "file:" + link.resolve("deep"))))
        .isInstanceOf(Config.Invalid.class);
  }

  @Test
  void puts_the_environment_over_the_properties_file(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("backspool.properties");
    Files.writeString(file, "BACKSPOOL_PORT = 1\nBACKSPOOL_HOST = ::1\n");

    Map<String, String> settings =
        Settings.of(Map.of("BACKSPOOL_CONFIG", file.toString(), "BACKSPOOL_PORT", "2"));

    assertThat(settings)
        .containsEntry("BACKSPOOL_PORT", "2")
        .containsEntry("BACKSPOOL_HOST", "::1");
    assertThatThrownBy(() -> Settings.of(Map.of("BACKSPOOL_CONFIG", folder + "/none")))
        .isInstanceOf(Sentence.class)
        .hasMessageContaining("cannot be read");
  }

  @Test
  void help_names_every_setting() {
    String help = new CommandLine(new Serve()).getUsageMessage();

    assertThat(
            Arrays.stream(Config.class.getRecordComponents())
                .map(component ->
                    "BACKSPOOL_"
                        + component
                            .getName()
                            .replaceAll("([A-Z])", "_$1")
                            .toUpperCase(java.util.Locale.ROOT)))
        .allSatisfy(name -> assertThat(help).contains(name));
  }

  @Test
  void every_command_has_help() {
    assertThat(Main.commandLine(Map.of()).getSubcommands().values())
        .extracting(CommandLine::getUsageMessage)
        .allSatisfy(help -> assertThat(help).contains("Usage: backspool"));
  }
}

package dev.backspool.transfer;

import dev.backspool.Project;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The first entry of a project file: what the project is, and what to expect.
 *
 * @param exportedAt when the export began
 * @param exportedBy the version that wrote it
 * @param keys null unless they were asked for
 * @param expected about how much follows
 */
public record ProjectHead(
    String form,
    int version,
    Instant exportedAt,
    String exportedBy,
    Settings project,
    @Nullable Keys keys,
    Expected expected) {
  static final String ENTRY = "project.json";
  static final String FORM = "backspool-project";
  static final int VERSION = 1;

  /** The project's settings; see {@link Project}. */
  public record Settings(
      UUID id,
      String name,
      String platform,
      Instant createdAt,
      List<String> allowedOrigins,
      @Nullable String jwksUrl,
      @Nullable Long dailyQuotaBytes,
      @Nullable Integer requestsPerMinute,
      boolean allowUnsafeRevenue,
      List<String> excludedIps,
      List<String> excludedProfiles,
      @Nullable Integer recordingDays,
      @Nullable Integer eventDays,
      @Nullable Integer keptDays,
      @Nullable Integer coldAfterDays) {

    static Settings of(Project project) {
      return new Settings(
          project.id(),
          project.name(),
          project.platform(),
          project.createdAt(),
          project.allowedOrigins(),
          project.jwksUrl(),
          project.dailyQuotaBytes(),
          project.requestsPerMinute(),
          project.allowUnsafeRevenue(),
          project.excludedIps(),
          project.excludedProfiles(),
          project.retention().recordings(),
          project.retention().events(),
          project.retention().kept(),
          project.retention().coldAfter());
    }
  }

  /**
   * What SDKs send. With them a project goes on under the keys that are in its pages and programs.
   *
   * @param clientSecretSha256 in hexadecimal: the secret itself is kept nowhere, and whoever has it
   *     is known by this
   */
  public record Keys(
      String sdkKey, String publishableKey, UUID clientId, String clientSecretSha256) {

    byte[] secretHash() {
      return HexFormat.of().parseHex(clientSecretSha256);
    }

    /** Without the keys, so that they stay out of logs. */
    @Override
    public String toString() {
      return "Keys[…]";
    }
  }

  /**
   * About how much follows, counted when the export began.
   *
   * @param rawBytes of all recordings as lines of JSON
   */
  public record Expected(long sessions, long rawBytes, long events, long profiles, long groups) {}

  /**
   * Reads the first entry.
   *
   * @throws ProjectFileException when it is of no project, or of a newer version
   */
  public static ProjectHead parse(byte[] json) throws ProjectFileException {
    try {
      ProjectHead head = Json.read(json, ProjectHead.class);
      if (!FORM.equals(head.form())) {
        throw new ProjectFileException(ENTRY + " says that this is no project file");
      }
      if (head.version() > VERSION) {
        throw new ProjectFileException(
            "The file has version %d of its form, and this program knows versions up to %d. Import it with a newer Backspool."
                .formatted(head.version(), VERSION));
      }
      head.check();
      return head;
    } catch (JacksonException e) {
      throw new ProjectFileException(
          "%s cannot be read: %s".formatted(ENTRY, e.getOriginalMessage()), e);
    }
  }

  /** The entry as it is written. */
  public byte[] toJson() {
    return Json.page(this);
  }

  private void check() throws ProjectFileException {
    try {
      Objects.requireNonNull(exportedAt, "exported_at");
      Objects.requireNonNull(project, "project");
      Objects.requireNonNull(project.id(), "project.id");
      Objects.requireNonNull(project.name(), "project.name");
      Objects.requireNonNull(project.platform(), "project.platform");
      Objects.requireNonNull(project.createdAt(), "project.created_at");
      Objects.requireNonNull(project.allowedOrigins(), "project.allowed_origins");
      Objects.requireNonNull(project.excludedIps(), "project.excluded_ips");
      Objects.requireNonNull(project.excludedProfiles(), "project.excluded_profiles");
      Objects.requireNonNull(expected, "expected");
      if (keys != null) {
        Objects.requireNonNull(keys.sdkKey(), "keys.sdk_key");
        Objects.requireNonNull(keys.publishableKey(), "keys.publishable_key");
        Objects.requireNonNull(keys.clientId(), "keys.client_id");
        keys.secretHash();
      }
    } catch (NullPointerException missing) {
      throw new ProjectFileException(ENTRY + " has no " + missing.getMessage());
    } catch (IllegalArgumentException e) {
      throw new ProjectFileException(ENTRY + " has a client_secret_sha256 that is no hash", e);
    }
  }
}

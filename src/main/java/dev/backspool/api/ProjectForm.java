package dev.backspool.api;

import dev.backspool.Project;
import dev.backspool.RetentionDays;
import dev.backspool.http.Problem;
import dev.backspool.project.Origins;
import dev.backspool.project.Projects;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a client wants of a project, checked: every field that is wrong is named. Fields it does not
 * know are passed over.
 */
final class ProjectForm {
  private static final int LONGEST_NAME = 120;
  private static final int LONGEST_URL = 2_000;
  private static final int MOST_ORIGINS = 100;
  private static final int MOST_EXCLUDED = 1_000;
  private static final int LONGEST_PROFILE = 500;
  private static final long MOST_MEGABYTES = 1_000_000_000;
  static final int MOST_DAYS = 36_500;
  private static final Pattern PLATFORM = Pattern.compile("[a-z][a-z0-9-]{0,29}");

  private final JsonNode body;
  private final List<Problem.FieldError> errors = new ArrayList<>();

  ProjectForm(JsonNode body) {
    this.body = body;
    if (!body.isObject()) {
      wrong("body", "must be an object");
    }
  }

  /** What is wrong, field by field; empty when nothing is. Complete once every field is read. */
  List<Problem.FieldError> errors() {
    return errors;
  }

  /** The name that a new project must have. */
  String name() {
    String name = body.has("name") ? changedName() : null;
    if (name == null) {
      if (errors.isEmpty()) {
        wrong("name", "is required");
      }
      return "";
    }
    return name;
  }

  String platform() {
    JsonNode value = body.path("platform");
    if (value.isMissingNode() || value.isNull()) {
      return "web";
    }
    if (!value.isString() || !PLATFORM.matcher(value.stringValue()).matches()) {
      wrong("platform", "must be a word such as web, ios or android");
      return "web";
    }
    return value.stringValue();
  }

  /**
   * The changes asked for.
   *
   * @param project as it is
   * @param hasColdTier whether recordings can be moved anywhere
   */
  Projects.Change change(Project project, boolean hasColdTier) {
    return new Projects.Change(
        body.has("name") ? changedName() : null,
        body.has("allowed_origins") ? origins() : null,
        body.has("jwks_url") ? jwksUrl() : null,
        body.has("daily_quota_mb")
            ? limit("daily_quota_mb", MOST_MEGABYTES) * ProjectJson.MEGABYTE
            : null,
        body.has("requests_per_minute")
            ? Math.toIntExact(limit("requests_per_minute", Integer.MAX_VALUE))
            : null,
        body.has("allow_unsafe_revenue") ? flag("allow_unsafe_revenue") : null,
        body.has("excluded_ips")
            ? entries("excluded_ips", "an IP address", ProjectForm::address)
            : null,
        body.has("excluded_profiles")
            ? entries("excluded_profiles", "an id of a person", ProjectForm::profile)
            : null,
        retention(project.retention(), hasColdTier));
  }

  /** Null in JSON takes a limit away, which a change spells as 0. */
  private RetentionDays retention(RetentionDays before, boolean hasColdTier) {
    var change =
        new RetentionDays(
            days("recording_days"), days("event_days"), days("kept_days"), days("cold_after_days"));
    int recordings = after(change.recordings(), before.recordings());
    int coldAfter = after(change.coldAfter(), before.coldAfter());
    if (change.coldAfter() != null && coldAfter > 0 && !hasColdTier) {
      wrong(
          "cold_after_days",
          "needs a cold place to move recordings to: start the server with"
              + " BACKSPOOL_COLD_ARCHIVE_URL, or with a cold_storage_class in the bucket's"
              + " BACKSPOOL_ARCHIVE_URL");
    }
    if (coldAfter > 0 && recordings > 0 && coldAfter >= recordings) {
      if (change.coldAfter() != null) {
        wrong("cold_after_days", "must be below recording_days, which is " + recordings);
      } else if (change.recordings() != null) {
        wrong("recording_days", "must be above cold_after_days, which is " + coldAfter);
      }
    }
    return change;
  }

  private @Nullable Integer days(String field) {
    return body.has(field) ? Math.toIntExact(limit(field, MOST_DAYS)) : null;
  }

  /** What holds after the change; 0 is no limit. */
  private static int after(@Nullable Integer change, @Nullable Integer before) {
    return Objects.requireNonNullElse(change, Objects.requireNonNullElse(before, 0));
  }

  private boolean flag(String field) {
    JsonNode value = body.path(field);
    if (!value.isBoolean()) {
      wrong(field, "must be true or false");
    }
    return value.booleanValue(false);
  }

  /**
   * A list of texts, each once.
   *
   * @param read an entry in its one form; null when it is none
   */
  private List<String> entries(String field, String what, Function<String, @Nullable String> read) {
    JsonNode value = body.path(field);
    if (!value.isArray() || value.size() > MOST_EXCLUDED) {
      wrong(field, "must be a list of at most " + MOST_EXCLUDED + " entries");
      return List.of();
    }
    var entries = new ArrayList<String>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode entry = value.get(i);
      String text = entry.isString() ? read.apply(entry.stringValue().strip()) : null;
      if (text == null) {
        wrong(field + "[" + i + "]", "must be " + what);
      } else if (!entries.contains(text)) {
        entries.add(text);
      }
    }
    return entries;
  }

  /** As the server writes the address of a sender; names are not looked up. */
  private static @Nullable String address(String text) {
    if (!text.matches("[0-9]+(\\.[0-9]+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
      return null;
    }
    try {
      return InetAddress.getByName(text).getHostAddress();
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static @Nullable String profile(String text) {
    return text.isEmpty() || text.length() > LONGEST_PROFILE || text.chars().anyMatch(c -> c < ' ')
        ? null
        : text;
  }

  private @Nullable String changedName() {
    JsonNode value = body.path("name");
    String name = value.isString() ? value.stringValue().strip() : "";
    if (name.isEmpty() || name.length() > LONGEST_NAME || name.chars().anyMatch(c -> c < ' ')) {
      wrong("name", "must be 1 to " + LONGEST_NAME + " characters on one line");
      return null;
    }
    return name;
  }

  private List<String> origins() {
    JsonNode value = body.path("allowed_origins");
    if (!value.isArray() || value.size() > MOST_ORIGINS) {
      wrong("allowed_origins", "must be a list of at most " + MOST_ORIGINS + " origins");
      return List.of();
    }
    var origins = new ArrayList<String>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode entry = value.get(i);
      String origin = entry.isString() ? entry.stringValue().strip().toLowerCase(Locale.ROOT) : "";
      if (!Origins.isEntry(origin)) {
        wrong(
            "allowed_origins[" + i + "]",
            "must be an origin such as https://shop.example.com or https://*.example.com");
      } else if (!origins.contains(origin)) {
        origins.add(origin);
      }
    }
    return origins;
  }

  /** Null in JSON takes the address away, which a change spells as an empty string. */
  private String jwksUrl() {
    JsonNode value = body.path("jwks_url");
    if (value.isNull()) {
      return "";
    }
    String url = value.isString() ? value.stringValue().strip() : "";
    if (!isSafe(url)) {
      wrong("jwks_url", "must be an https address (http only on this machine), or null");
    }
    return url;
  }

  private static boolean isSafe(String text) {
    try {
      URI url = URI.create(text);
      String host = url.getHost();
      if (host == null || url.getUserInfo() != null || text.length() > LONGEST_URL) {
        return false;
      }
      return "https".equals(url.getScheme())
          || ("http".equals(url.getScheme()) && isLoopback(host));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Names are not looked up: only what says loopback by itself. */
  private static boolean isLoopback(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    boolean literal = host.startsWith("[") || host.matches("[0-9]+(\\.[0-9]+){3}");
    try {
      return literal && InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Null in JSON takes the limit away, which a change spells as 0. */
  private long limit(String field, long most) {
    JsonNode value = body.path(field);
    if (value.isNull()) {
      return 0;
    }
    if (value.isIntegralNumber()
        && value.canConvertToLong()
        && value.longValue() > 0
        && value.longValue() <= most) {
      return value.longValue();
    }
    wrong(field, "must be a whole number from 1 to " + most + ", or null");
    return 0;
  }

  private void wrong(String field, String what) {
    errors.add(new Problem.FieldError(field, field + " " + what));
  }
}

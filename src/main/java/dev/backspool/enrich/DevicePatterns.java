package dev.backspool.enrich;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brand and model by the device list of the ua-parser project, whose Java library reads only the
 * name out of it. The first pattern that is found wins. Robots are left out: {@link Crawlers} knows
 * them.
 */
final class DevicePatterns {
  private static final Set<String> NOT_A_MODEL = Set.of("Smartphone", "Feature Phone", "Tablet");

  private final List<Candidate> candidates;

  /**
   * A device.
   *
   * @param brand null when the list tells none
   * @param model null when the list tells none
   */
  record Device(@Nullable String brand, @Nullable String model) {
    static final Device NOTHING = new Device(null, null);

    boolean isNothing() {
      return equals(NOTHING);
    }
  }

  private record Candidate(Pattern pattern, @Nullable String brand, @Nullable String model) {}

  private DevicePatterns(List<Candidate> candidates) {
    this.candidates = candidates;
  }

  static DevicePatterns fromList(List<Map<String, String>> list) {
    return new DevicePatterns(
        list.stream()
            .filter(entry -> !"Spider".equals(entry.get("brand_replacement")))
            .map(DevicePatterns::candidate)
            .toList());
  }

  private static Candidate candidate(Map<String, String> entry) {
    int flags = "i".equals(entry.get("regex_flag")) ? Pattern.CASE_INSENSITIVE : 0;
    return new Candidate(
        Pattern.compile(entry.getOrDefault("regex", ""), flags),
        entry.get("brand_replacement"),
        entry.get("model_replacement"));
  }

  Device find(String userAgent) {
    for (Candidate candidate : candidates) {
      Matcher matcher = candidate.pattern.matcher(userAgent);
      if (matcher.find()) {
        return device(candidate, matcher);
      }
    }
    return Device.NOTHING;
  }

  private static Device device(Candidate candidate, MatchResult match) {
    String brand = filled(candidate.brand, match);
    if (brand == null) {
      return Device.NOTHING;
    }
    String model = filled(candidate.model == null ? "$1" : candidate.model, match);
    boolean generic = brand.startsWith("Generic");
    return new Device(
        generic ? null : brand, model != null && NOT_A_MODEL.contains(model) ? null : model);
  }

  /** Puts the groups of a match in the places of $1 to $9. */
  private static @Nullable String filled(@Nullable String template, MatchResult match) {
    if (template == null) {
      return null;
    }
    String text = template;
    for (int group = 1; group <= 9 && text.indexOf('$') >= 0; group++) {
      String found = group <= match.groupCount() ? match.group(group) : null;
      text = text.replace("$" + group, found == null ? "" : found);
    }
    String stripped = text.strip();
    return stripped.isEmpty() ? null : stripped;
  }
}

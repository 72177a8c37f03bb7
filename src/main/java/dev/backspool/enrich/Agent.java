package dev.backspool.enrich;

import org.jspecify.annotations.Nullable;

/**
 * What sent a request, as its user agent tells. Null is what it does not tell.
 *
 * @param os for example {@code Windows}, {@code macOS}, {@code iOS}, {@code Android}
 * @param osVersion as far as it is given, for example {@code 17.5.1}
 * @param browser for example {@code Chrome}, {@code Mobile Safari}
 * @param browserVersion as far as it is given, for example {@code 126.0.0}
 * @param device its class: {@code desktop}, {@code mobile}, {@code tablet}, {@code smarttv}, {@code
 *     console}, {@code wearable}, or {@code server} for a program without a person in front
 * @param brand who makes it, for example {@code Apple}
 * @param model for example {@code SM-G991B}
 */
public record Agent(
    @Nullable String os,
    @Nullable String osVersion,
    @Nullable String browser,
    @Nullable String browserVersion,
    @Nullable String device,
    @Nullable String brand,
    @Nullable String model) {

  /** Nothing is known. */
  public static final Agent UNKNOWN = new Agent(null, null, null, null, null, null, null);

  /** A program without a person in front, such as a customer's own server. */
  static final Agent SERVER = new Agent(null, null, null, null, "server", null, null);
}

package dev.backspool.protocol.stackauth;

import dev.backspool.Reason;
import dev.backspool.http.Refusal;
import dev.backspool.ingest.Outcome;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Ends a request badly in the contract's way: as a known error, which clients tell apart by its
 * code, or as a status with a plain sentence. Clients fail on codes they do not know, so every code
 * here is one that the published client has. Expected, so without a stack trace.
 */
final class StackFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * The longest that a client is told to wait. The published one holds its whole queue back until
   * then, in the customer's page; a day until the quota's end would fill that page's memory.
   */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private final int status;
  private final Reason reason;
  private final @Nullable String code;
  private final transient Map<String, @Nullable Object> details;
  private final @Nullable Duration retryAfter;

  private StackFailure(
      int status,
      Reason reason,
      @Nullable String code,
      String text,
      Map<String, @Nullable Object> details,
      @Nullable Duration retryAfter) {
    super(text, null, false, false);
    this.status = status;
    this.reason = reason;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  private static StackFailure known(
      int status, Reason reason, String code, String text, Map<String, @Nullable Object> details) {
    return new StackFailure(status, reason, code, text, details, null);
  }

  private static Map<String, @Nullable Object> one(String name, @Nullable Object value) {
    var details = new LinkedHashMap<String, @Nullable Object>();
    details.put(name, value);
    return details;
  }

  /** A status with a plain sentence. */
  static StackFailure plain(int status, Reason reason, String text) {
    return new StackFailure(status, reason, null, text, Map.of(), null);
  }

  /** What a request asks for is wrong: 400 with a plain sentence. */
  static StackFailure badRequest(String text) {
    return plain(400, Reason.MALFORMED, text);
  }

  /** The request could not be answered now: 429 or 503 and when to come again. */
  static StackFailure later(Reason reason, String text, Duration retryAfter) {
    Duration wait = retryAfter.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : retryAfter;
    return new StackFailure(reason.status(), reason, null, text, Map.of(), wait);
  }

  static StackFailure unparsableBody(String text) {
    return known(400, Reason.MALFORMED, "BODY_PARSING_ERROR", text, one("message", text));
  }

  /**
   * The body is JSON of another shape.
   *
   * @param problems a line for each failing field
   */
  static StackFailure schema(String path, List<String> problems) {
    String text =
        "Request validation failed on POST " + path + ":\n  - " + String.join("\n  - ", problems);
    return known(400, Reason.MALFORMED, "SCHEMA_ERROR", text, one("message", text));
  }

  static StackFailure accessTypeRequired() {
    return known(
        400,
        Reason.WRONG_KEY,
        "ACCESS_TYPE_REQUIRED",
        "Set the x-stack-access-type header to 'client', 'server' or 'admin', and send its key",
        Map.of());
  }

  static StackFailure invalidAccessType(String type) {
    return known(
        400,
        Reason.WRONG_KEY,
        "INVALID_ACCESS_TYPE",
        "The x-stack-access-type header must be 'client', 'server' or 'admin', not '" + type + "'",
        one("accessType", type));
  }

  static StackFailure insufficientAccess(String type) {
    var details = one("actual_access_type", type);
    details.put("allowed_access_types", List.of("server", "admin"));
    return known(
        401,
        Reason.WRONG_KEY,
        "INSUFFICIENT_ACCESS_TYPE",
        "The x-stack-access-type header must be 'server' or 'admin', not '" + type + "'",
        details);
  }

  static StackFailure noProjectId(String type) {
    return known(
        400,
        Reason.WRONG_KEY,
        "ACCESS_TYPE_WITHOUT_PROJECT_ID",
        "The x-stack-project-id header is missing",
        one("request_type", type));
  }

  static StackFailure unknownProject(String id) {
    return known(
        400,
        Reason.WRONG_KEY,
        "CURRENT_PROJECT_NOT_FOUND",
        "There is no project " + id + "; see the x-stack-project-id header",
        one("project_id", id));
  }

  static StackFailure publishableKeyRequired(UUID project) {
    return known(
        401,
        Reason.WRONG_KEY,
        "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT",
        "The x-stack-publishable-client-key header is missing",
        one("project_id", project));
  }

  static StackFailure invalidPublishableKey(UUID project) {
    return known(
        401,
        Reason.WRONG_KEY,
        "INVALID_PUBLISHABLE_CLIENT_KEY",
        "The publishable key is not one of project " + project,
        one("project_id", project));
  }

  static StackFailure serverKeyRequired() {
    return known(
        401,
        Reason.WRONG_KEY,
        "SERVER_AUTHENTICATION_REQUIRED",
        "The x-stack-secret-server-key header is missing",
        Map.of());
  }

  static StackFailure invalidServerKey(UUID project) {
    return known(
        401,
        Reason.WRONG_KEY,
        "INVALID_SECRET_SERVER_KEY",
        "The secret server key is not the one of project " + project,
        one("project_id", project));
  }

  static StackFailure adminRequired() {
    return known(
        401,
        Reason.WRONG_KEY,
        "ADMIN_AUTHENTICATION_REQUIRED",
        "The x-stack-super-secret-admin-key header is missing, or not the installation's admin token",
        Map.of());
  }

  static StackFailure userRequired() {
    return known(
        401,
        Reason.WRONG_KEY,
        "USER_AUTHENTICATION_REQUIRED",
        "The upload must come from a signed-in user: send an access token",
        Map.of());
  }

  static StackFailure unparsableToken(String why) {
    return known(
        401, Reason.WRONG_KEY, "UNPARSABLE_ACCESS_TOKEN", "The access token " + why, Map.of());
  }

  static StackFailure expiredToken(UUID project, long expiredAtMs) {
    var details = one("expired_at_millis", expiredAtMs);
    details.put("project_id", project);
    return known(
        401, Reason.WRONG_KEY, "ACCESS_TOKEN_EXPIRED", "The access token has expired", details);
  }

  static StackFailure foreignToken(UUID project, @Nullable String actual) {
    var details = one("expected_project_id", project);
    details.put("actual_project_id", actual);
    return known(
        401,
        Reason.WRONG_KEY,
        "INVALID_PROJECT_FOR_ACCESS_TOKEN",
        "The access token is for another project",
        details);
  }

  /** A query of analytics that has no answer. */
  static StackFailure analyticsQuery(String text) {
    return known(400, Reason.MALFORMED, "ANALYTICS_QUERY_ERROR", text, one("error", text));
  }

  static StackFailure analyticsOff() {
    return known(
        400,
        Reason.MALFORMED,
        "ANALYTICS_NOT_ENABLED",
        "This server keeps no columnar store to query",
        Map.of());
  }

  static StackFailure notFound(String id) {
    return known(
        404,
        Reason.MALFORMED,
        "ITEM_NOT_FOUND",
        "There is no item with the id " + id,
        one("item_id", id));
  }

  /** The contract's form of what the edge refuses. */
  static StackFailure of(Refusal refusal) {
    if (refusal.reason() == Reason.MALFORMED) {
      return unparsableBody(refusal.detail());
    }
    return of(refusal.reason(), refusal.detail(), refusal.retryAfter());
  }

  /** The contract's form of what the rules of acceptance refuse. */
  static StackFailure of(Outcome.Refused refused) {
    return of(refused.reason(), refused.detail(), refused.retryAfter());
  }

  private static StackFailure of(Reason reason, String text, @Nullable Duration retryAfter) {
    return retryAfter == null
        ? plain(reason.status(), reason, text)
        : later(reason, text, retryAfter);
  }

  int status() {
    return status;
  }

  /** How the failure is counted. */
  Reason reason() {
    return reason;
  }

  /** The known error's code; null for a plain sentence. */
  @Nullable String code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }

  /** What the client rebuilds the known error from; empty when it needs nothing. */
  Map<String, @Nullable Object> details() {
    return details;
  }

  @Nullable Duration retryAfter() {
    return retryAfter;
  }
}

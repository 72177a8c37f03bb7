package dev.backspool.sync.clickhouse;

import com.clickhouse.client.api.ServerException;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What the errors of ClickHouse and of its client mean to the sync. */
final class Failures {
  /** Busy, full, shutting down, without its replicas: nothing is wrong with what was asked. */
  private static final Set<Integer> PASSING =
      Set.of(
          3, 23, 24, 40, 74, 75, 76, 95, 96, 159, 198, 201, 202, 203, 209, 210, 218, 225, 234, 236,
          241, 242, 243, 244, 252, 254, 255, 265, 279, 285, 286, 289, 290, 294, 319, 341, 364, 369,
          394, 411, 416, 425, 439, 499, 571, 574, 593, 659, 677, 692, 696, 700, 733, 734, 735, 774,
          776, 903, 904, 999);

  /** There is no such table or column, or it is of another kind. */
  private static final Set<Integer> DRIFT = Set.of(8, 10, 16, 47, 48, 60, 81);

  /** No such user, no such right, or not with these settings. */
  private static final Set<Integer> FORBIDDEN =
      Set.of(115, 164, 192, 193, 194, 195, 291, 452, 472, 473, 481, 497, 516, 620, 673);

  /** A value is none of its column, or somebody's constraint or view does not want it. */
  private static final Set<Integer> VALUE =
      Set.of(
          6, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 128, 131, 135, 321, 349, 376, 395, 407,
          467, 469, 675, 676, 691);

  /** How ClickHouse ends its messages: {@code … (UNKNOWN_TABLE)}. */
  private static final Pattern NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]{2,})\\)");

  private static final Pattern BREAKS = Pattern.compile("\\s+");
  private static final int MOST_QUOTED = 300;

  private Failures() {}

  /** What a failed statement that carries no rows means. */
  static SinkException of(ClickHouseUrl url, Throwable failure) {
    return of(url, failure, false);
  }

  /**
   * What a failed statement means.
   *
   * @param hasRows whether it carries rows, which messages may quote
   */
  static SinkException of(ClickHouseUrl url, Throwable failure, boolean hasRows) {
    Throwable cause = failure;
    SSLException tls = null;
    ServerException refusal = null;
    for (Throwable next = failure; next != null; next = next.getCause()) {
      cause = next;
      tls = next instanceof SSLException found ? found : tls;
      refusal = next instanceof ServerException found ? found : refusal;
    }
    if (refusal != null) {
      return refused(url, refusal, hasRows);
    }
    String what = failure instanceof ExecutionException ? text(cause) : text(failure);
    return tls != null
        ? new SinkException(
            Kind.REFUSED, "No trusted connection to %s: %s".formatted(url, text(tls)), null)
        : new SinkException(Kind.UNREACHABLE, "%s does not answer: %s".formatted(url, what), null);
  }

  private static SinkException refused(
      ClickHouseUrl url, ServerException refusal, boolean hasRows) {
    int code = refusal.getCode();
    int status = refusal.getTransportProtocolCode();
    String message = String.valueOf(refusal.getMessage());
    Matcher named = NAME.matcher(message);
    String name = "";
    while (named.find()) {
      name = " " + named.group(1);
    }
    // Nobody knows what the page of somebody else says.
    boolean isQuoted = code > 0 && (!hasRows || PASSING.contains(code) || FORBIDDEN.contains(code));
    return new SinkException(
        code > 0 ? kind(code, hasRows) : kindOfStatus(status),
        "%s answered with error %d%s%s"
            .formatted(
                url, code > 0 ? code : status, name, isQuoted ? ": " + shown(url, message) : ""),
        null);
  }

  private static Kind kind(int code, boolean hasRows) {
    if (PASSING.contains(code)) {
      return Kind.UNREACHABLE;
    }
    if (DRIFT.contains(code)) {
      return Kind.SCHEMA_DRIFT;
    }
    return hasRows && VALUE.contains(code) ? Kind.REFUSED_ROW : Kind.REFUSED;
  }

  /** Somebody stands before the server, or it is no ClickHouse. */
  private static Kind kindOfStatus(int status) {
    return status == 408 || status == 429 || status >= 500 ? Kind.UNREACHABLE : Kind.REFUSED;
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return failure.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }

  private static String shown(ClickHouseUrl url, String message) {
    String line = BREAKS.matcher(message).replaceAll(" ").strip();
    String harmless = url.password().isEmpty() ? line : line.replace(url.password(), "…");
    return harmless.length() > MOST_QUOTED ? harmless.substring(0, MOST_QUOTED) + "…" : harmless;
  }
}

package dev.backspool;

/**
 * Why something was turned away. A closed list: the constant's {@link #code} is the metric label,
 * the code in our own answers and the word in a project's list of refusals.
 */
public enum Reason {
  /** The request is not what the contract says. */
  MALFORMED(400),
  /** No credential, or one that no project has. */
  WRONG_KEY(401),
  /** The project does not want events of this address or profile. */
  EXCLUDED(401),
  /** It tells of a person or a session that was erased. */
  ERASED(410),
  /** A crawler, by its user agent. */
  BOT(202),
  /** The page's origin is not on the project's list. */
  ORIGIN_NOT_ALLOWED(403),
  /** The body, or what it inflates to, is over the limit. */
  TOO_LARGE(413),
  /** More events in one upload than the contract allows. */
  TOO_MANY_EVENTS(400),
  /** The key sends more requests a minute than the project allows. */
  RATE_LIMITED(429),
  /** The project has stored its bytes for today. */
  QUOTA_REACHED(429),
  /** The client stopped sending half way. */
  INCOMPLETE(408),
  /** Too much is waiting to be committed; the same request will do later. */
  OVERLOADED(503),
  /** The database cannot be reached; the same request will do later. */
  UNAVAILABLE(503),
  /** This upload alone makes the database refuse the transaction. */
  UNSTORABLE(500);

  private final int status;

  Reason(int status) {
    this.status = status;
  }

  /** The HTTP status of a contract that has no rule of its own. */
  public int status() {
    return status;
  }

  /** The reason as a word, for example {@code too_large}. */
  public String code() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Whether the same request may succeed later: such answers carry {@code Retry-After}. */
  public boolean passing() {
    return status == 429 || status == 503 || status == 408;
  }
}

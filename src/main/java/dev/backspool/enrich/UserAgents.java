package dev.backspool.enrich;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * Reads user agents. Each one is looked at once, against long lists of patterns, and the answer is
 * kept; the lists are loaded at the first question. Safe for use by many threads.
 */
public final class UserAgents {
  /**
   * What follows is not looked at, so that nobody makes us read for long: the patterns' cost grows
   * with the square of it. Only apps' own browsers are longer, and say who they are before.
   */
  private static final int LONGEST = 320;

  private static final int KEPT = 10_000;

  private final Cache<String, Reading> known = Caffeine.newBuilder().maximumSize(KEPT).build();

  private record Reading(Agent agent, boolean server, boolean bot) {
    private static final Reading NOTHING = new Reading(Agent.SERVER, true, false);
  }

  private static final class Lists {
    static final AgentPatterns AGENTS = AgentPatterns.load();
    static final Crawlers CRAWLERS = Crawlers.load();
  }

  /** What a user agent tells; one of a server tells only that. */
  public Agent parse(@Nullable String userAgent) {
    return reading(userAgent).agent;
  }

  /**
   * Whether a program without a person in front sent this: there is no user agent, it is a bare
   * {@code name/1.2.3}, or neither system, browser, brand nor model can be recognised in it.
   */
  public boolean isServer(@Nullable String userAgent) {
    return reading(userAgent).server;
  }

  /**
   * Whether a crawler, monitor or another known robot sent this. HTTP libraries are none: they are
   * how servers send events.
   */
  public boolean isBot(@Nullable String userAgent) {
    return reading(userAgent).bot;
  }

  private Reading reading(@Nullable String userAgent) {
    if (userAgent == null || userAgent.isBlank()) {
      return Reading.NOTHING;
    }
    return known.get(
        userAgent.length() > LONGEST ? userAgent.substring(0, LONGEST) : userAgent,
        UserAgents::read);
  }

  private static Reading read(String userAgent) {
    boolean bot = Lists.CRAWLERS.include(userAgent);
    Agent agent = isBare(userAgent) ? Agent.UNKNOWN : Lists.AGENTS.read(userAgent);
    boolean server = agent.equals(Agent.UNKNOWN);
    return new Reading(server ? Agent.SERVER : agent, server, bot);
  }

  /** {@code okhttp/4.12.0}: one slash, a name before it, only digits and dots after it. */
  private static boolean isBare(String userAgent) {
    int slash = userAgent.indexOf('/');
    if (slash <= 0 || slash == userAgent.length() - 1) {
      return false;
    }
    return userAgent
        .chars()
        .skip(slash + 1L)
        .allMatch(character -> character == '.' || (character >= '0' && character <= '9'));
  }
}

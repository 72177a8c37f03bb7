package dev.backspool.query.sql;

import dev.backspool.query.sql.Function.Growth;
import dev.backspool.query.sql.Function.Kind;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** The functions that a store may be asked for: a list, and nothing that is not on it. */
public final class Functions {
  private static final int ANY = Integer.MAX_VALUE;

  private final Map<String, Function> byName = new HashMap<>();

  /** Adds some that have the store's own names. */
  public Functions with(Kind kind, String names) {
    for (String name : names.split("\\s+", -1)) {
      if (!name.isEmpty()) {
        add(name, new Function(name, kind, Growth.NONE, ANY));
      }
    }
    return this;
  }

  /** Adds aggregates that make something else of more arguments than these. */
  public Functions with(int most, String names) {
    for (String name : names.split(" ", -1)) {
      add(name, new Function(name, Kind.AGGREGATE, Growth.NONE, most));
    }
    return this;
  }

  /** Adds some that make texts longer. */
  public Functions growing(Kind kind, Growth growth, String names) {
    for (String name : names.split(" ", -1)) {
      add(name, new Function(name, kind, growth, ANY));
    }
    return this;
  }

  /** Adds one that is written otherwise in the store. */
  public Functions as(Kind kind, String name, String printed) {
    add(name, new Function(printed, kind, Growth.NONE, ANY));
    return this;
  }

  private void add(String name, Function function) {
    if (byName.put(name.toLowerCase(Locale.ROOT), function) != null) {
      throw new IllegalArgumentException(name + " is listed twice");
    }
  }

  Optional<Function> find(String lowerName) {
    return Optional.ofNullable(byName.get(lowerName));
  }

  /** Their names, sorted. */
  public SortedSet<String> names() {
    return new TreeSet<>(byName.keySet());
  }

  /** Whether the store knows one of them by this name. */
  public boolean prints(String name) {
    return byName.values().stream().anyMatch(function -> function.printed().equals(name));
  }
}

package dev.backspool.query.sql;

/** A parameter's value that is missing or wrong. Expected, so without a stack trace. */
public final class ParameterError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String name;

  ParameterError(String name, String what) {
    super(what, null, false, false);
    this.name = name;
  }

  /** Which one. */
  public String name() {
    return name;
  }
}

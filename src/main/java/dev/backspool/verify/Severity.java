package dev.backspool.verify;

/** How bad it is. */
public enum Severity {
  /** Data that was acknowledged is missing, damaged, or cannot be opened. */
  LOST,
  /** Two places that should agree do not; the data itself is there. */
  INCONSISTENT,
  /** Something is there that nothing needs. */
  LEFTOVER
}

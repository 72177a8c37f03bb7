package dev.backspool.transfer;

import java.io.IOException;

/**
 * Nothing is wrong with what was asked for, and nothing is half done: the same may be asked again.
 */
public final class NotNow extends IOException {
  private static final long serialVersionUID = 1;

  NotNow(String sentence) {
    super(sentence);
  }

  NotNow(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}

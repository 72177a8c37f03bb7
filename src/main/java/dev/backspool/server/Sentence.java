package dev.backspool.server;

/** Ends a command with a sentence for the person who typed it. */
final class Sentence extends RuntimeException {
  private static final long serialVersionUID = 1;

  Sentence(String sentence) {
    super(sentence, null, false, false);
  }
}

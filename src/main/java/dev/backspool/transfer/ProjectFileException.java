package dev.backspool.transfer;

import dev.backspool.ingest.Transaction;
import java.io.IOException;

/** A file is no project file, or not a whole one; the message is a sentence for who imports it. */
public final class ProjectFileException extends IOException {
  private static final long serialVersionUID = 1;

  ProjectFileException(String sentence) {
    super(sentence);
  }

  ProjectFileException(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  /** The database refuses what is in an entry. */
  static ProjectFileException refused(String entry, Transaction.Unstorable refused) {
    Throwable cause = refused.getCause();
    return new ProjectFileException(
        "%s cannot be stored: %s"
            .formatted(entry, cause == null ? refused.getMessage() : cause.getMessage()),
        refused);
  }
}

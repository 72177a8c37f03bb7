package dev.backspool.archive;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * Deletes objects of a bucket, a thousand by one request. A bucket does not tell which of them were
 * not there, and a receipt of what was erased has to; so it is asked before.
 */
final class S3Delete {
  private static final int MOST_AT_ONCE = 1_000;
  private static final int QUESTIONS_AT_ONCE = 16;

  private final S3Archive archive;

  S3Delete(S3Archive archive) {
    this.archive = archive;
  }

  /** As {@link Archive#delete}. */
  Set<ObjectKey> all(Collection<ObjectKey> keys) throws ArchiveUnavailable {
    var missing = new LinkedHashSet<ObjectKey>();
    var waiting = new ArrayList<>(new LinkedHashSet<>(keys));
    for (int from = 0; from < waiting.size(); from += MOST_AT_ONCE) {
      List<ObjectKey> some = waiting.subList(from, Math.min(from + MOST_AT_ONCE, waiting.size()));
      missing.addAll(missing(some));
      // The missing ones too: one may have come meanwhile.
      delete(some);
    }
    if (!missing.isEmpty()) {
      // In a bucket that is missing itself, some servers delete with success.
      archive.check();
    }
    return missing;
  }

  private List<ObjectKey> missing(List<ObjectKey> keys) throws ArchiveUnavailable {
    var questions = new ArrayList<Callable<Boolean>>();
    for (ObjectKey key : keys) {
      questions.add(() -> archive.head(key).isEmpty());
    }
    var missing = new ArrayList<ObjectKey>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(QUESTIONS_AT_ONCE, keys.size()), Thread.ofVirtual().factory())) {
      List<Future<Boolean>> answers = threads.invokeAll(questions);
      for (int i = 0; i < keys.size(); i++) {
        if (answers.get(i).get()) {
          missing.add(keys.get(i));
        }
      }
      return missing;
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof ArchiveUnavailable unavailable) {
        throw unavailable;
      }
      throw new IllegalStateException(failure.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveUnavailable("Interrupted while deleting from the archive", e);
    }
  }

  private void delete(List<ObjectKey> keys) throws ArchiveUnavailable {
    List<ObjectIdentifier> objects =
        keys.stream()
            .map(key -> ObjectIdentifier.builder().key(archive.path(key)).build())
            .toList();
    List<S3Error> refused;
    try {
      refused =
          archive
              .client()
              .deleteObjects(request ->
                  request
                      .bucket(archive.bucket().bucket())
                      .delete(all -> all.objects(objects).quiet(true)))
              .errors()
              .stream()
              .filter(error -> !"NoSuchKey".equals(error.code()))
              .toList();
    } catch (SdkException failure) {
      throw archive.unavailable(failure);
    }
    if (!refused.isEmpty()) {
      S3Error first = refused.getFirst();
      throw new ArchiveUnavailable(
          "The bucket %s did not delete %d objects, among them %s: %s %s"
              .formatted(
                  archive.bucket().bucket(),
                  refused.size(),
                  first.key(),
                  first.code(),
                  first.message()),
          null);
    }
  }
}

package dev.backspool.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Asks a bucket for its objects, a page a request. */
final class S3Listing implements Listing {
  private final S3Archive archive;
  private final String prefix;
  private @Nullable String next;
  private boolean ended;

  S3Listing(S3Archive archive, String prefix) {
    this.archive = archive;
    this.prefix = archive.bucket().prefix() + prefix;
  }

  @Override
  public List<StoredObject> next() throws ArchiveUnavailable {
    var page = new ArrayList<StoredObject>();
    // A page may hold nothing of ours.
    while (page.isEmpty() && !ended) {
      ListObjectsV2Response answer = ask();
      for (S3Object object : answer.contents()) {
        Optional<ObjectKey> key = archive.key(object.key());
        key.ifPresent(
            ours -> page.add(new StoredObject(ours, object.size(), object.lastModified())));
      }
      next = answer.nextContinuationToken();
      ended = next == null;
    }
    return page;
  }

  private ListObjectsV2Response ask() throws ArchiveUnavailable {
    try {
      return archive
          .client()
          .listObjectsV2(request ->
              request.bucket(archive.bucket().bucket()).prefix(prefix).continuationToken(next));
    } catch (SdkException failure) {
      throw archive.unavailable(failure);
    }
  }
}

package dev.backspool.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Stores objects in a bucket unless they are there. The server decides that ({@code If-None-Match:
 * *}) where it can; one that says it cannot is asked before each put from then on.
 */
final class S3Upload {
  private static final Logger LOG = LoggerFactory.getLogger(S3Upload.class);

  /** Larger objects go in parts, so that a broken connection costs one part. */
  static final long MOST_AT_ONCE = 64L << 20;

  private static final long PART = 16L << 20;
  private static final int MOST_PARTS = 10_000;
  static final String TYPE = "application/octet-stream";

  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;
  private static final int NOT_IMPLEMENTED = 501;

  private final S3Archive archive;
  private final ArchiveUrl.Bucket bucket;
  private final S3Client client;
  private final Patience patience;
  private volatile boolean conditional = true;

  S3Upload(S3Archive archive) {
    this.archive = archive;
    bucket = archive.bucket();
    client = archive.client();
    patience = archive.patience();
  }

  /** As {@link Archive#put}. */
  boolean put(ObjectKey key, Content content) throws ArchiveUnavailable {
    // A large one is asked for first: to send it in vain costs more.
    boolean ask = content.size() > MOST_AT_ONCE;
    boolean refused = false;
    for (int attempt = 1; ; attempt++) {
      Optional<HeadObjectResponse> there =
          ask || !conditional ? archive.head(key) : Optional.empty();
      if (there.isPresent() && there.get().contentLength() == content.size()) {
        return false;
      }
      boolean onCondition = conditional && !refused && there.isEmpty();
      try {
        send(key, content, onCondition ? "*" : null);
        if (refused) {
          // It was the condition that the server cannot do, and nothing else.
          conditional = false;
        }
        return true;
      } catch (S3Exception answer) {
        if (attempt == patience.attempts() || !onCondition || !isOfCondition(answer.statusCode())) {
          throw archive.unavailable(answer);
        }
        refused = answer.statusCode() == NOT_IMPLEMENTED;
        // It is there, or another is just storing it.
        ask = true;
        patience.pause(attempt);
      } catch (SdkException failure) {
        throwIfUnreadable(failure);
        throw archive.unavailable(failure);
      }
    }
  }

  /** Whether an answer is about the condition: not fulfilled, contested, or unknown. */
  private static boolean isOfCondition(int status) {
    return status == PRECONDITION_FAILED || status == CONFLICT || status == NOT_IMPLEMENTED;
  }

  /** The client wraps what our stream throws. */
  private static void throwIfUnreadable(SdkException failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof Content.Unreadable unreadable) {
        throw unreadable;
      }
    }
  }

  private void send(ObjectKey key, Content content, @Nullable String ifNoneMatch) {
    if (content.size() > MOST_AT_ONCE) {
      sendParts(key, content, ifNoneMatch);
      return;
    }
    client.putObject(
        request ->
            request
                .bucket(bucket.bucket())
                .key(archive.path(key))
                .ifNoneMatch(ifNoneMatch)
                .contentType(TYPE)
                .storageClass(bucket.storageClass())
                .serverSideEncryption(bucket.encryption())
                .ssekmsKeyId(bucket.kmsKey())
                .overrideConfiguration(options ->
                    options
                        .apiCallAttemptTimeout(patience.attempt(content.size()))
                        .apiCallTimeout(patience.call(content.size()))),
        body(content, 0, content.size()));
  }

  private void sendParts(ObjectKey key, Content content, @Nullable String ifNoneMatch) {
    String path = archive.path(key);
    String upload =
        client
            .createMultipartUpload(request ->
                request
                    .bucket(bucket.bucket())
                    .key(path)
                    .contentType(TYPE)
                    .storageClass(bucket.storageClass())
                    .serverSideEncryption(bucket.encryption())
                    .ssekmsKeyId(bucket.kmsKey()))
            .uploadId();
    boolean complete = false;
    try {
      List<CompletedPart> parts = sendEach(path, upload, content);
      client.completeMultipartUpload(request ->
          request
              .bucket(bucket.bucket())
              .key(path)
              .uploadId(upload)
              .ifNoneMatch(ifNoneMatch)
              .multipartUpload(all -> all.parts(parts))
              // Some servers put the parts together before they answer.
              .overrideConfiguration(options ->
                  options
                      .apiCallAttemptTimeout(patience.attempt(content.size()))
                      .apiCallTimeout(patience.call(content.size()))));
      complete = true;
    } finally {
      if (!complete) {
        abandon(path, upload);
      }
    }
  }

  private List<CompletedPart> sendEach(String path, String upload, Content content) {
    long size = Math.max(PART, Math.ceilDiv(content.size(), MOST_PARTS));
    var parts = new ArrayList<CompletedPart>();
    for (long offset = 0; offset < content.size(); offset += size) {
      long from = offset;
      long length = Math.min(size, content.size() - from);
      int number = parts.size() + 1;
      String tag =
          client
              .uploadPart(
                  request ->
                      request
                          .bucket(bucket.bucket())
                          .key(path)
                          .uploadId(upload)
                          .partNumber(number)
                          .overrideConfiguration(options ->
                              options
                                  .apiCallAttemptTimeout(patience.attempt(length))
                                  .apiCallTimeout(patience.call(length))),
                  body(content, from, length))
              .eTag();
      parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
    }
    return parts;
  }

  private void abandon(String path, String upload) {
    try {
      client.abortMultipartUpload(
          request -> request.bucket(bucket.bucket()).key(path).uploadId(upload));
    } catch (SdkException failure) {
      LOG.warn("The parts of {} stay until leftovers are removed: {}", path, failure.getMessage());
    }
  }

  private static RequestBody body(Content content, long offset, long length) {
    return RequestBody.fromContentProvider(() -> content.slice(offset, length), length, TYPE);
  }
}

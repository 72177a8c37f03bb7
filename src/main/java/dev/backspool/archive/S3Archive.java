package dev.backspool.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * An archive in a bucket. A bucket answers after the object is stored in several places, so its
 * word is taken for durability.
 *
 * <p>The client is set up to be understood by old and foreign servers: no chunked signing, no
 * trailing checksums, MD5 where a checksum must be.
 */
final class S3Archive implements Archive {
  /** The most that a server copies at once. */
  private static final long MOST_COPIED = 5L << 30;

  private final ArchiveUrl.Bucket bucket;
  private final Patience patience;
  private final S3Client client;
  private final S3Upload upload;
  private final S3Delete delete;

  S3Archive(ArchiveUrl.Bucket bucket, @Nullable S3Keys keys, Patience patience) {
    this.bucket = bucket;
    this.patience = patience;
    client = client(bucket, keys, patience);
    upload = new S3Upload(this);
    delete = new S3Delete(this);
  }

  private static S3Client client(
      ArchiveUrl.Bucket bucket, @Nullable S3Keys keys, Patience patience) {
    StandardRetryStrategy retries =
        AwsRetryStrategy.standardRetryStrategy().toBuilder()
            .maxAttempts(patience.attempts())
            .backoffStrategy(
                BackoffStrategy.exponentialDelay(patience.pause(), Patience.MOST_PAUSE))
            .build();
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(patience.connect())
                    .socketTimeout(patience.silence()))
            .forcePathStyle(bucket.pathStyle())
            .serviceConfiguration(options -> options.chunkedEncodingEnabled(false))
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .addPlugin(LegacyMd5Plugin.create())
            .credentialsProvider(credentials(keys))
            .overrideConfiguration(options ->
                options
                    .retryStrategy(retries)
                    .apiCallAttemptTimeout(patience.attempt())
                    .apiCallTimeout(patience.call(0)));
    URI endpoint = bucket.endpoint();
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    String region = bucket.region();
    if (region != null || endpoint != null) {
      builder.region(region == null ? Region.US_EAST_1 : Region.of(region));
    }
    try {
      return builder.build();
    } catch (SdkClientException failure) {
      throw new IllegalArgumentException(
          "The archive's address needs a region: " + failure.getMessage(), failure);
    }
  }

  private static AwsCredentialsProvider credentials(@Nullable S3Keys keys) {
    return keys == null
        ? DefaultCredentialsProvider.builder().build()
        : StaticCredentialsProvider.create(
            AwsBasicCredentials.create(keys.accessKey(), keys.secretKey()));
  }

  @Override
  public void check() throws ArchiveUnavailable {
    try {
      client.headBucket(request -> request.bucket(bucket.bucket()));
    } catch (SdkException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public boolean put(ObjectKey key, byte[] bytes) throws ArchiveUnavailable {
    return upload.put(key, new Content.Bytes(bytes));
  }

  @Override
  public boolean put(ObjectKey key, Path file) throws IOException, ArchiveUnavailable {
    try (var content = new Content.OfFile(file)) {
      return upload.put(key, content);
    } catch (Content.Unreadable failure) {
      throw failure.failure();
    }
  }

  @Override
  public byte[] get(ObjectKey key, long offset, int length)
      throws MissingObject, DamagedObject, ArchiveUnavailable {
    Objects.checkFromIndexSize(offset, length, Long.MAX_VALUE);
    if (length == 0) {
      // There is no way to ask for no bytes.
      StoredObject object = find(key).orElseThrow(() -> new MissingObject(key));
      if (object.size() < offset) {
        throw DamagedObject.tooShort(key, object.size(), offset - 1);
      }
      return new byte[0];
    }
    var bytes = new ByteArrayOutputStream(length);
    try {
      new S3Download(this, key, offset, length, bytes).run();
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return bytes.toByteArray();
  }

  @Override
  public long get(ObjectKey key, OutputStream out)
      throws IOException, MissingObject, DamagedObject, ArchiveUnavailable {
    return new S3Download(this, key, 0, S3Download.WHOLE, out).run();
  }

  @Override
  public Optional<StoredObject> find(ObjectKey key) throws ArchiveUnavailable {
    return headOfOne(key)
        .map(found -> new StoredObject(key, found.contentLength(), found.lastModified()));
  }

  private Optional<HeadObjectResponse> headOfOne(ObjectKey key) throws ArchiveUnavailable {
    Optional<HeadObjectResponse> head = head(key);
    if (head.isEmpty()) {
      // A head has no body that would tell a missing bucket from a missing object.
      check();
    }
    return head;
  }

  /** As {@link #find}, but a missing bucket looks like a missing object. */
  Optional<HeadObjectResponse> head(ObjectKey key) throws ArchiveUnavailable {
    try {
      return Optional.of(
          client.headObject(request -> request.bucket(bucket.bucket()).key(path(key))));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    } catch (SdkException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public Listing list(String prefix) {
    return new S3Listing(this, prefix);
  }

  @Override
  public Set<ObjectKey> delete(Collection<ObjectKey> keys) throws ArchiveUnavailable {
    return delete.all(keys);
  }

  @Override
  public boolean moveToColdTier(ObjectKey key) throws MissingObject, ArchiveUnavailable {
    HeadObjectResponse head = headOfOne(key).orElseThrow(() -> new MissingObject(key));
    String coldClass = bucket.coldClass();
    if (coldClass == null || head.contentLength() > MOST_COPIED) {
      return false;
    }
    if (coldClass.equals(head.storageClassAsString())) {
      return true;
    }
    try {
      client.copyObject(request ->
          request
              .sourceBucket(bucket.bucket())
              .sourceKey(path(key))
              .destinationBucket(bucket.bucket())
              .destinationKey(path(key))
              // An object has no metadata but this, and some servers take no copy onto itself
              // that changes none.
              .metadataDirective(MetadataDirective.REPLACE)
              .contentType(S3Upload.TYPE)
              .storageClass(coldClass)
              .serverSideEncryption(bucket.encryption())
              .ssekmsKeyId(bucket.kmsKey())
              .overrideConfiguration(options ->
                  options
                      .apiCallAttemptTimeout(patience.attempt(head.contentLength()))
                      .apiCallTimeout(patience.call(head.contentLength()))));
      return true;
    } catch (NoSuchKeyException e) {
      throw new MissingObject(key);
    } catch (SdkException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public int removeLeftovers(Duration age) throws ArchiveUnavailable {
    Instant before = Instant.now().minus(age);
    int removed = 0;
    try {
      for (MultipartUpload begun :
          client
              .listMultipartUploadsPaginator(
                  request -> request.bucket(bucket.bucket()).prefix(bucket.prefix()))
              .uploads()) {
        if (begun.initiated().isBefore(before) && key(begun.key()).isPresent()) {
          client.abortMultipartUpload(request ->
              request.bucket(bucket.bucket()).key(begun.key()).uploadId(begun.uploadId()));
          removed++;
        }
      }
      return removed;
    } catch (SdkException failure) {
      throw unavailable(failure);
    }
  }

  @Override
  public void close() {
    client.close();
  }

  S3Client client() {
    return client;
  }

  ArchiveUrl.Bucket bucket() {
    return bucket;
  }

  Patience patience() {
    return patience;
  }

  /** What the bucket calls an object. */
  String path(ObjectKey key) {
    return bucket.prefix() + key;
  }

  /** The object that the bucket calls so; empty for a stranger's. */
  Optional<ObjectKey> key(String path) {
    return path.startsWith(bucket.prefix())
        ? ObjectKey.parse(path.substring(bucket.prefix().length()))
        : Optional.empty();
  }

  ArchiveUnavailable unavailable(Exception failure) {
    return new ArchiveUnavailable(
        "The bucket " + bucket.bucket() + " cannot be used: " + failure.getMessage(), failure);
  }
}

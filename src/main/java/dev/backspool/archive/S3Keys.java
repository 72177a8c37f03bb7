package dev.backspool.archive;

/**
 * Credentials of a bucket.
 *
 * @param accessKey names who asks
 * @param secretKey signs the requests; never printed
 */
public record S3Keys(String accessKey, String secretKey) {
  @Override
  public String toString() {
    return "S3Keys[" + accessKey + "]";
  }
}

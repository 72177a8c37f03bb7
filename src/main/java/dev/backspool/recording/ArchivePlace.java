package dev.backspool.recording;

import dev.backspool.archive.ArchiveUrl;
import org.jspecify.annotations.Nullable;

/**
 * Where recordings are archived, in words for people. Holds no credentials.
 *
 * @param kind {@code directory} or {@code bucket}
 * @param place for example {@code /var/lib/backspool/archive} or {@code s3://bucket/prefix}
 * @param encrypted whether what is archived from now on is encrypted
 * @param coldPlace where retention moves what is seldom read; null when there is no such place
 */
public record ArchivePlace(
    String kind, String place, boolean encrypted, @Nullable String coldPlace) {

  /** Names the places of a configuration. */
  public static ArchivePlace of(ArchiveUrl main, @Nullable ArchiveUrl cold, boolean encrypted) {
    return switch (main) {
      case ArchiveUrl.Directory _ ->
          new ArchivePlace("directory", name(main), encrypted, cold == null ? null : name(cold));
      case ArchiveUrl.Bucket bucket ->
          new ArchivePlace(
              "bucket",
              name(main),
              encrypted,
              cold != null
                  ? name(cold)
                  : bucket.coldClass() == null ? null : "storage class " + bucket.coldClass());
    };
  }

  private static String name(ArchiveUrl url) {
    return switch (url) {
      case ArchiveUrl.Directory directory -> directory.root().toString();
      case ArchiveUrl.Bucket bucket ->
          "s3://"
              + bucket.bucket()
              + (bucket.prefix().isEmpty() ? "" : "/" + bucket.prefix().replaceFirst("/$", ""))
              + (bucket.endpoint() == null ? "" : " at " + bucket.endpoint());
    };
  }
}

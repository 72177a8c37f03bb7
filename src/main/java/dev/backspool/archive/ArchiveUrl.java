package dev.backspool.archive;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where an archive is: {@code file:/var/lib/archive} or {@code s3://bucket/prefix?region=…}. */
public sealed interface ArchiveUrl {
  /**
   * Whether two archives share a place, or one lies in the other. An object that is deleted from
   * one of such two would be gone from both.
   */
  default boolean overlaps(ArchiveUrl other) {
    return switch (this) {
      case Directory one -> other instanceof Directory two && one.overlaps(two);
      case Bucket one -> other instanceof Bucket two && one.overlaps(two);
    };
  }

  /**
   * A directory of this machine, or one that is mounted.
   *
   * @param root made when it is not there
   */
  record Directory(Path root) implements ArchiveUrl {
    private boolean overlaps(Directory other) {
      Path here = real(root);
      Path there = real(other.root);
      return here.startsWith(there) || there.startsWith(here);
    }

    /** Without links, as far as it is there. */
    private static Path real(Path path) {
      try {
        return path.toRealPath();
      } catch (IOException notThere) {
        Path folder = path.getParent();
        Path name = path.getFileName();
        return folder == null || name == null ? path : real(folder).resolve(name);
      }
    }
  }

  /**
   * A bucket of a server that speaks S3.
   *
   * @param prefix what all keys in the bucket begin with; empty, or ends with {@code /}
   * @param endpoint the server, for example {@code https://minio.example.com:9000}; null is AWS
   * @param region for example {@code eu-central-1}; null is found where AWS tools find it, and
   *     {@code us-east-1} for other servers
   * @param pathStyle whether the bucket is named in the path instead of the host name; what most
   *     servers other than AWS want
   * @param encryption at rest by the server: {@code AES256} or {@code aws:kms}; null leaves it to
   *     the bucket
   * @param kmsKey which key {@code aws:kms} uses; null is the account's own
   * @param storageClass of new objects, for example {@code STANDARD_IA}; null is the bucket's
   * @param coldClass of objects that were moved to the cold tier, for example {@code GLACIER_IR};
   *     null has no cold tier
   */
  record Bucket(
      String bucket,
      String prefix,
      @Nullable URI endpoint,
      @Nullable String region,
      boolean pathStyle,
      @Nullable String encryption,
      @Nullable String kmsKey,
      @Nullable String storageClass,
      @Nullable String coldClass)
      implements ArchiveUrl {
    private boolean overlaps(Bucket other) {
      return bucket.equals(other.bucket)
          && server().equals(other.server())
          && (prefix.startsWith(other.prefix) || other.prefix.startsWith(prefix));
    }

    /** AWS has many names, under all of which a bucket is the same. */
    private String server() {
      if (endpoint == null) {
        return AWS;
      }
      String host = endpoint.getHost().toLowerCase(Locale.ROOT);
      if (host.endsWith(".amazonaws.com")) {
        return AWS;
      }
      int port = endpoint.getPort();
      return Set.of(-1, 80, 443).contains(port) ? host : host + ":" + port;
    }

    private static final String AWS = "AWS";
  }

  /**
   * Reads an address.
   *
   * @param text {@code file:DIRECTORY} or {@code s3://BUCKET[/PREFIX][?NAME=VALUE&…]} with the
   *     names {@code endpoint}, {@code region}, {@code path_style}, {@code sse}, {@code kms_key},
   *     {@code storage_class} and {@code cold_storage_class}
   * @throws IllegalArgumentException saying what is wrong as the end of a sentence that begins with
   *     the setting's name; repeats no credentials
   */
  static ArchiveUrl parse(String text) {
    URI url;
    try {
      url = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("must be a URL such as file:/var/lib/archive", e);
    }
    return switch (url.getScheme()) {
      case "file" -> directory(url);
      case "s3" -> bucket(url);
      case null, default -> throw new IllegalArgumentException("must begin with file: or s3://");
    };
  }

  private static Directory directory(URI url) {
    String host = url.getRawAuthority();
    String path = url.isOpaque() ? url.getSchemeSpecificPart() : url.getPath();
    if ((host != null && !host.equals("localhost")) || path.isEmpty()) {
      throw new IllegalArgumentException("must name a directory, such as file:/var/lib/archive");
    }
    try {
      return new Directory(Path.of(path).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("must name a directory, such as file:/var/lib/archive", e);
    }
  }

  private static Bucket bucket(URI url) {
    String bucket = url.getRawAuthority();
    if (bucket != null && bucket.contains("@")) {
      throw new IllegalArgumentException(
          "holds credentials; they belong into BACKSPOOL_S3_ACCESS_KEY and BACKSPOOL_S3_SECRET_KEY");
    }
    if (bucket == null || !bucket.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")) {
      throw new IllegalArgumentException("must name a bucket, such as s3://my-recordings/prefix");
    }
    String prefix = url.getPath().replaceAll("^/+|/+$", "");
    if (!prefix.matches("[A-Za-z0-9._=/-]*") || prefix.contains("//")) {
      throw new IllegalArgumentException(
          "must have a prefix of letters, digits and . _ = - with single slashes between");
    }
    var parameters = new Parameters(url.getRawQuery());
    URI endpoint = parameters.endpoint();
    var result =
        new Bucket(
            bucket,
            prefix.isEmpty() ? "" : prefix + "/",
            endpoint,
            parameters.matching("region", "[a-z0-9-]+", "a region such as eu-central-1"),
            parameters.flag("path_style", endpoint != null),
            parameters.matching("sse", "AES256|aws:kms", "AES256 or aws:kms"),
            parameters.matching("kms_key", "\\S+", "the name of a key"),
            parameters.storageClass("storage_class"),
            parameters.storageClass("cold_storage_class"));
    parameters.finish();
    if (result.kmsKey() != null && !"aws:kms".equals(result.encryption())) {
      throw new IllegalArgumentException("has a kms_key, which needs sse=aws:kms");
    }
    return result;
  }

  /** The part behind the question mark. */
  final class Parameters {
    /** Takes hours to be read again: what is there must open at once. */
    private static final Set<String> ASLEEP = Set.of("GLACIER", "DEEP_ARCHIVE");

    private final Map<String, String> values = new HashMap<>();

    private Parameters(@Nullable String query) {
      if (query == null || query.isEmpty()) {
        return;
      }
      for (String pair : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals <= 0 || equals == pair.length() - 1) {
          throw new IllegalArgumentException("must have name=value pairs behind the ?");
        }
        String name = pair.substring(0, equals);
        if (values.put(name, decode(pair.substring(equals + 1))) != null) {
          throw new IllegalArgumentException("has " + name + " twice");
        }
      }
    }

    private static String decode(String value) {
      // A plus is itself: only forms write a space so.
      return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private @Nullable String matching(String name, String pattern, String wanted) {
      String value = values.remove(name);
      if (value != null && !value.matches(pattern)) {
        throw new IllegalArgumentException("has a " + name + " that is not " + wanted);
      }
      return value;
    }

    private boolean flag(String name, boolean otherwise) {
      String value = matching(name, "true|false", "true or false");
      return value == null ? otherwise : value.equals("true");
    }

    private @Nullable String storageClass(String name) {
      String value = matching(name, "[A-Z0-9_]+", "a storage class such as STANDARD_IA");
      if (value != null && ASLEEP.contains(value)) {
        throw new IllegalArgumentException(
            "has a "
                + name
                + " that cannot be read at once; GLACIER_IR can, at about the same price");
      }
      return value;
    }

    private @Nullable URI endpoint() {
      String value = values.remove("endpoint");
      if (value == null) {
        return null;
      }
      try {
        URI endpoint = URI.create(value.replaceAll("/+$", ""));
        String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
        if (endpoint.getHost() != null
            && endpoint.getUserInfo() == null
            && endpoint.getRawQuery() == null
            && Set.of("http", "https").contains(scheme)) {
          return endpoint;
        }
      } catch (IllegalArgumentException e) {
        // Falls through to the one message.
      }
      throw new IllegalArgumentException(
          "has an endpoint that is not an address such as https://s3.example.com:9000");
    }

    private void finish() {
      if (!values.isEmpty()) {
        throw new IllegalArgumentException(
            "has " + values.keySet().iterator().next() + ", which is no parameter of an archive");
      }
    }
  }
}

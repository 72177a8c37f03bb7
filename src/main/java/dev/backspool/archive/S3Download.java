package dev.backspool.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * One read of an object or a part of it. The client tries again until an answer begins; from there
 * on it is this class that notices a body that ends early, breaks or creeps, and goes on where it
 * stopped.
 */
final class S3Download {
  /** As a length: up to the object's end. */
  static final long WHOLE = -1;

  private static final int BUFFER = 64 << 10;
  private static final int UNSATISFIABLE = 416;
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+)");

  private final S3Archive archive;
  private final Patience patience;
  private final ObjectKey key;
  private final long offset;
  private final boolean whole;
  private final OutputStream out;

  private long length;
  private long done;

  S3Download(S3Archive archive, ObjectKey key, long offset, long length, OutputStream out) {
    this.archive = archive;
    patience = archive.patience();
    this.key = key;
    this.offset = offset;
    this.length = length;
    whole = length == WHOLE;
    this.out = out;
  }

  /**
   * Reads all of it.
   *
   * @return bytes written
   * @throws IOException when {@code out} takes no more
   */
  long run() throws IOException, MissingObject, DamagedObject, ArchiveUnavailable {
    for (int attempt = 1; ; attempt++) {
      IOException broken = attempt();
      if (broken == null) {
        return done;
      }
      if (attempt == patience.attempts()) {
        throw archive.unavailable(broken);
      }
      patience.pause(attempt);
    }
  }

  private @Nullable IOException attempt()
      throws IOException, MissingObject, DamagedObject, ArchiveUnavailable {
    ResponseInputStream<GetObjectResponse> body = request();
    boolean complete = false;
    try {
      measure(body.response());
      IOException broken = copy(body);
      complete = broken == null;
      return broken;
    } finally {
      if (complete) {
        closeQuietly(body);
      } else {
        // Closing would read the rest, to use the connection again.
        body.abort();
      }
    }
  }

  private ResponseInputStream<GetObjectResponse> request()
      throws MissingObject, DamagedObject, ArchiveUnavailable {
    try {
      return archive
          .client()
          .getObject(request -> {
            request.bucket(archive.bucket().bucket()).key(archive.path(key)).range(range());
            if (!whole) {
              request.overrideConfiguration(options ->
                  options
                      .apiCallAttemptTimeout(patience.readAttempt())
                      .apiCallTimeout(patience.readCall()));
            }
          });
    } catch (NoSuchKeyException e) {
      throw new MissingObject(key);
    } catch (S3Exception failure) {
      if (failure.statusCode() == UNSATISFIABLE) {
        throw new DamagedObject(key, "it ends before byte " + (offset + done));
      }
      throw archive.unavailable(failure);
    } catch (SdkException failure) {
      throw archive.unavailable(failure);
    }
  }

  private @Nullable String range() {
    if (whole && done == 0) {
      return null;
    }
    return "bytes=" + (offset + done) + "-" + (offset + length - 1);
  }

  /** Holds what the server says it sends against what was asked for. */
  private void measure(GetObjectResponse response) throws DamagedObject, ArchiveUnavailable {
    if (whole && done == 0) {
      if (response.contentLength() == null) {
        throw archive.unavailable(new IOException("it does not tell the size of " + key));
      }
      length = response.contentLength();
      return;
    }
    Matcher range = CONTENT_RANGE.matcher(String.valueOf(response.contentRange()));
    if (!range.matches() || Long.parseLong(range.group(1)) != offset + done) {
      throw archive.unavailable(new IOException("it does not answer ranges"));
    }
    long size = Long.parseLong(range.group(2));
    if (whole && size != length) {
      throw new DamagedObject(key, "it changed its size while it was read");
    }
    if (size < offset + length) {
      throw DamagedObject.tooShort(key, size, offset + length - 1);
    }
  }

  /**
   * Copies the body.
   *
   * @return why it ended early; null when all is there
   * @throws IOException when {@code out} takes no more
   */
  private @Nullable IOException copy(ResponseInputStream<GetObjectResponse> body)
      throws IOException {
    long end = System.nanoTime() + patience.attempt(length - done).toNanos();
    byte[] buffer = new byte[(int) Math.min(BUFFER, length - done)];
    while (done < length) {
      int count;
      try {
        count = body.read(buffer, 0, (int) Math.min(buffer.length, length - done));
      } catch (IOException | SdkException broken) {
        return new IOException("the connection broke at byte " + (offset + done), broken);
      }
      if (count < 0) {
        return new IOException("the body ended early, at byte " + (offset + done));
      }
      out.write(buffer, 0, count);
      done += count;
      if (System.nanoTime() > end && done < length) {
        return new IOException("the body creeps, at byte " + (offset + done));
      }
    }
    return null;
  }

  private static void closeQuietly(ResponseInputStream<GetObjectResponse> body) {
    try {
      body.close();
    } catch (IOException e) {
      // All bytes are there.
    }
  }
}

package dev.backspool.bench;

import dev.backspool.Project;
import java.io.IOException;
import java.net.URI;
import java.util.List;

/** Some uploads to a server, for the JVM to learn from. */
public final class Rehearsal {
  private static final int TIMES = 300;
  private static final int UPLOAD_BYTES = 10_000;

  private Rehearsal() {}

  /**
   * Uploads.
   *
   * @throws IOException when the server does not answer
   */
  public static void upload(URI server, Project project) throws IOException {
    List<Upload> uploads = Upload.cut(UPLOAD_BYTES);
    try (var target = new HttpTarget(server, project.sdkKey())) {
      for (int n = 0; n < TIMES; n++) {
        target.send(uploads.get(n % uploads.size()), new Target.Batch("rehearsal", n));
      }
    }
  }
}

package dev.backspool.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Answers a request whose body has not been read, or not to its end. Closing a connection on bytes
 * that nobody read resets it, and a client that is still sending loses the answer with it. So the
 * answer goes out first, and what is on its way is thrown away, up to a bound.
 */
public final class EarlyAnswer {
  private static final long MOST_BYTES = 8 << 20;
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private EarlyAnswer() {}

  /** Sends the answer, whose status and headers are set, and ends it. */
  public static void send(Context ctx, byte[] body) {
    ctx.res().setContentLength(body.length);
    try {
      OutputStream out = ctx.res().getOutputStream();
      out.write(body);
      out.flush();
      discard(ctx.req().getInputStream());
    } catch (IOException gone) {
      // The client has left, or sends nothing more: there is nobody to tell.
    }
  }

  private static void discard(InputStream in) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    long deadline = System.nanoTime() + LONGEST.toNanos();
    for (long left = MOST_BYTES; left > 0 && System.nanoTime() < deadline; ) {
      int read = in.read(buffer);
      if (read < 0) {
        return;
      }
      left -= read;
    }
  }
}

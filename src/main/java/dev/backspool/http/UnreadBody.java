package dev.backspool.http;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Reads what the handlers have left of a request's body, once the answer is out, and throws it
 * away.
 *
 * <p>Jetty closes a connection whose request was not read to its end. What then arrives of it makes
 * the kernel reset the connection, and the sender loses what it has not read yet of the answer: of
 * an upload's refusal, or of a page that was asked for with a body. Read to its end, the connection
 * serves the next request.
 *
 * <p>A sender who goes on past 64 MiB, or more slowly than a {@link Pace}, is cut off; one who is
 * silent, by the connector's idle timeout. Nothing is kept, so the bound is wider than that of any
 * body that is taken.
 */
public final class UnreadBody extends Handler.Wrapper {
  private static final long MOST_BYTES = 64 << 20;

  /**
   * Stands before other handlers.
   *
   * @param handler who answers
   */
  public UnreadBody(Handler handler) {
    super(handler);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    return super.handle(
        new Unconsumed(request),
        response,
        Callback.from(() -> new Rest(request, callback).read(), callback::failed));
  }

  /** A request that is not given up for what has not arrived of it when its answer begins. */
  private static final class Unconsumed extends Request.Wrapper {
    Unconsumed(Request request) {
      super(request);
    }

    /** Leaves all of it to be read after the answer. */
    @Override
    public boolean consumeAvailable() {
      return false;
    }
  }

  /** What is left of a body, the answer being out. */
  private static final class Rest {
    private final Request request;
    private final Callback end;
    private final Pace pace = new Pace();
    private long bytes;

    /**
     * The rest of a request.
     *
     * @param end told when it is read, or given up: then Jetty closes the connection
     */
    Rest(Request request, Callback end) {
      this.request = request;
      this.end = end;
    }

    void read() {
      boolean more = true;
      while (more) {
        Content.Chunk chunk = request.read();
        if (chunk == null) {
          request.demand(this::read);
          return;
        }
        bytes += chunk.remaining();
        more =
            !chunk.isLast()
                && !Content.Chunk.isFailure(chunk)
                && bytes <= MOST_BYTES
                && !pace.isTooSlow(bytes);
        chunk.release();
      }
      end.succeeded();
    }
  }
}

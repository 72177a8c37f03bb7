package dev.backspool.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether the client of a long request has gone away. Nobody reads a connection while its
 * request is worked at, so nobody would see its end; this looks. For requests whose body has been
 * read; one thread.
 */
public final class ClientWatch {
  private final Context ctx;
  private final @Nullable SocketChannel channel;
  private boolean gone;
  private boolean quiet = true;

  /** Looks after the client of a request. */
  public ClientWatch(Context ctx) {
    this.ctx = ctx;
    EndPoint end =
        ServletContextRequest.getServletContextRequest(ctx.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
    this.channel = end.getTransport() instanceof SocketChannel socket ? socket : null;
  }

  /** Whether it has closed its connection, as far as can be told. */
  public boolean isGone() {
    if (channel == null || gone || !quiet) {
      return gone;
    }
    try {
      int read = channel.read(ByteBuffer.allocate(1));
      gone = read < 0;
      if (read > 0) {
        // The begin of a next request, sent before the answer to this one. It is lost, so this is
        // the connection's last answer, and the client asks again.
        quiet = false;
        ctx.header("Connection", "close");
      }
    } catch (IOException reset) {
      gone = true;
    }
    return gone;
  }
}

package dev.backspool.sync;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/**
 * Sockets that connect to addresses of the public network alone: the policy for destinations that
 * members choose. The very address is checked that is connected to, so that a name cannot stand for
 * another one later.
 */
public final class PublicSockets extends SocketFactory {

  /** A destination lies within a network that members must not reach through this server. */
  public static final class Forbidden extends IOException {
    private static final long serialVersionUID = 1;

    Forbidden() {
      super(
          "The address lies in a private or local network, which BACKSPOOL_SYNC_PRIVATE_SINKS=on allows");
    }
  }

  /** Whether nobody but this machine and its neighbours can reach an address. */
  public static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return true;
    }
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (bytes.length == 4) {
      return first == 0 // this network
          || (first == 100 && second >= 64 && second < 128) // shared by a provider's customers
          || (first == 192 && second == 0 && bytes[2] == 0) // protocol assignments
          || (first == 198 && (second == 18 || second == 19)) // benchmarks
          || first >= 240; // reserved, broadcast
    }
    return (first & 0xfe) == 0xfc // unique local
        || isEmbedded(bytes);
  }

  /** An IPv4 address within an IPv6 one leads to the same place: 64:ff9b::/96, 2002::/16. */
  private static boolean isEmbedded(byte[] bytes) {
    int from;
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
      from = 2;
    } else if (bytes[0] == 0
        && bytes[1] == 0x64
        && (bytes[2] & 0xff) == 0xff
        && (bytes[3] & 0xff) == 0x9b) {
      from = 12;
    } else {
      return false;
    }
    try {
      return isPrivate(
          InetAddress.getByAddress(
              new byte[] {bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]}));
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Checked extends Socket {
    @Override
    public void connect(SocketAddress endpoint) throws IOException {
      connect(endpoint, 0);
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
      if (!(endpoint instanceof InetSocketAddress internet)) {
        throw new Forbidden();
      }
      InetAddress address = internet.getAddress();
      if (address == null) {
        throw new java.net.UnknownHostException(internet.getHostString());
      }
      if (isPrivate(address)) {
        throw new Forbidden();
      }
      super.connect(endpoint, timeout);
    }
  }

  @Override
  public Socket createSocket() {
    return new Checked();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    Socket socket = createSocket();
    socket.connect(new InetSocketAddress(host, port));
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return bound(new InetSocketAddress(host, port), local, localPort);
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    Socket socket = createSocket();
    socket.connect(new InetSocketAddress(host, port));
    return socket;
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return bound(new InetSocketAddress(host, port), local, localPort);
  }

  private Socket bound(InetSocketAddress address, InetAddress local, int localPort)
      throws IOException {
    Socket socket = createSocket();
    socket.bind(new InetSocketAddress(local, localPort));
    socket.connect(address);
    return socket;
  }
}

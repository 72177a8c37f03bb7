package dev.backspool.sync.clickhouse;

import dev.backspool.sync.PublicSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS that begins with peers in the public network only. The client connects by itself and comes
 * here with the socket, so it is the very address that is checked.
 */
final class PublicTls extends SSLContextSpi {
  private final SSLContext context;

  private PublicTls(SSLContext context) {
    this.context = context;
  }

  /** The JVM's own context, with the check. */
  static SSLContext context() throws GeneralSecurityException {
    SSLContext usual = SSLContext.getDefault();
    return new SSLContext(new PublicTls(usual), usual.getProvider(), usual.getProtocol()) {};
  }

  /** Sockets over others that are connected. */
  private static final class Checking extends SSLSocketFactory {
    private final SSLSocketFactory usual;

    Checking(SSLSocketFactory usual) {
      this.usual = usual;
    }

    @Override
    public Socket createSocket(Socket connected, String host, int port, boolean autoClose)
        throws IOException {
      if (PublicSockets.isPrivate(connected.getInetAddress())) {
        connected.close();
        throw new PublicSockets.Forbidden();
      }
      return usual.createSocket(connected, host, port, autoClose);
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return usual.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return usual.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      throw new PublicSockets.Forbidden();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      throw new PublicSockets.Forbidden();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      throw new PublicSockets.Forbidden();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      throw new PublicSockets.Forbidden();
    }
  }

  @Override
  protected SSLSocketFactory engineGetSocketFactory() {
    return new Checking(context.getSocketFactory());
  }

  @Override
  protected void engineInit(
      KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random)
      throws KeyManagementException {
    throw new KeyManagementException("It is the JVM's, which is set up");
  }

  @Override
  protected SSLServerSocketFactory engineGetServerSocketFactory() {
    return context.getServerSocketFactory();
  }

  @Override
  protected SSLEngine engineCreateSSLEngine() {
    return context.createSSLEngine();
  }

  @Override
  protected SSLEngine engineCreateSSLEngine(String host, int port) {
    return context.createSSLEngine(host, port);
  }

  @Override
  protected SSLSessionContext engineGetServerSessionContext() {
    return context.getServerSessionContext();
  }

  @Override
  protected SSLSessionContext engineGetClientSessionContext() {
    return context.getClientSessionContext();
  }
}

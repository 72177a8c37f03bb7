package dev.backspool.sync.clickhouse;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** TLS before a server that has none, with a certificate of its own making. */
final class TlsFront implements AutoCloseable {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final SSLServerSocket door;
  private final Path certificate;

  /**
   * Opens one.
   *
   * @param names whom the certificate is for, as keytool spells it: {@code IP:127.0.0.1}
   */
  TlsFront(Path folder, int behind, String names) throws Exception {
    Path keys = folder.resolve("keys.p12");
    certificate = folder.resolve("certificate.pem");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=test",
                    "-ext",
                    "SAN=" + names,
                    "-keystore",
                    keys.toString(),
                    "-storepass",
                    new String(PASSWORD)))
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException("no key was made");
    }
    KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD);
    Certificate own = store.getCertificate(store.aliases().nextElement());
    Files.writeString(
        certificate,
        "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
            .formatted(Base64.getMimeEncoder().encodeToString(own.getEncoded())));
    door = open(store);
    Thread.ofVirtual().start(() -> accept(behind));
  }

  private static SSLServerSocket open(KeyStore store) throws GeneralSecurityException, IOException {
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return (SSLServerSocket)
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  int port() {
    return door.getLocalPort();
  }

  /** What proves that it is who it says. */
  Path certificate() {
    return certificate;
  }

  private void accept(int behind) {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        var server = new Socket(InetAddress.getLoopbackAddress(), behind);
        Thread.ofVirtual().start(() -> carry(client, server));
        Thread.ofVirtual().start(() -> carry(server, client));
      } catch (IOException e) {
        // The door was closed, and the loop ends.
      }
    }
  }

  private static void carry(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
    } catch (IOException e) {
      // One of the two hung up, or did not like the other's certificate.
    }
  }

  @Override
  public void close() throws IOException {
    door.close();
  }
}

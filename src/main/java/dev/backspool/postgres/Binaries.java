package dev.backspool.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL programs, unpacked once from the archive in the jar.
 *
 * @param folder the unpacked archive, {@code pg-18-<checksum of the archive>}, so that a jar with
 *     other programs never runs the old ones
 */
record Binaries(Path folder) {
  /** The data format of the cluster belongs to a major version. */
  static final int MAJOR = 18;

  private static final String PREFIX = "pg-" + MAJOR + "-";

  Path postgres() {
    return folder.resolve("bin/postgres");
  }

  Path initdb() {
    return folder.resolve("bin/initdb");
  }

  /**
   * Unpacks the programs of this platform, unless they are there, and deletes older ones.
   *
   * @throws PostgresStartException when the jar has none for this platform
   */
  static Binaries in(Home home) throws IOException {
    URL archive = archive(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    Path folder = home.root().resolve(PREFIX + fingerprint(archive));
    if (!Files.isDirectory(folder)) {
      Path fresh = home.root().resolve(folder.getFileName() + ".tmp");
      delete(fresh);
      try (InputStream in = new BufferedInputStream(archive.openStream(), 1 << 16)) {
        unpack(in, fresh);
      }
      Posix.sync();
      Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
    }
    deleteOthers(home, folder);
    return new Binaries(folder);
  }

  /** The archive for a platform as Java names it, for example {@code Linux} and {@code amd64}. */
  static URL archive(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String system = os.startsWith("mac") ? "darwin" : os.split(" ", 2)[0];
    String machine =
        switch (osArch) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm_64";
          default -> osArch;
        };
    String name = "postgres-%s-%s.txz".formatted(system, machine);
    @Nullable URL archive = Binaries.class.getClassLoader().getResource(name);
    if (archive == null) {
      throw new PostgresStartException(
          "This jar brings no PostgreSQL for %s on %s: set BACKSPOOL_DATABASE_URL%s."
              .formatted(osName, osArch, system.equals("darwin") ? " or build with -Pmacos" : ""));
    }
    return archive;
  }

  /** CRC-32 of the archive, from the jar's directory where there is one: no byte is read. */
  private static String fingerprint(URL archive) throws IOException {
    if (archive.openConnection() instanceof JarURLConnection jar) {
      return "%08x".formatted(jar.getJarEntry().getCrc());
    }
    try (CheckedInputStream in = new CheckedInputStream(archive.openStream(), new CRC32())) {
      in.transferTo(OutputStream.nullOutputStream());
      return "%08x".formatted(in.getChecksum().getValue());
    }
  }

  /**
   * Unpacks a tar.xz with its symbolic links and execute bits.
   *
   * @throws IOException when an entry or a link leads out of the folder
   */
  static void unpack(InputStream txz, Path folder) throws IOException {
    Files.createDirectories(folder);
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(txz))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        Path target = inside(folder, folder, entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else if (entry.isSymbolicLink()) {
          Files.createDirectories(target.getParent());
          inside(folder, Objects.requireNonNull(target.getParent()), entry.getLinkName());
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isFile()) {
          Files.createDirectories(target.getParent());
          Files.copy(tar, target);
          boolean program = (entry.getMode() & 0100) != 0;
          Files.setPosixFilePermissions(
              target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
        } else {
          throw new IOException("unexpected kind of archive entry: " + entry.getName());
        }
      }
    }
    openFolders(folder);
  }

  private static Path inside(Path folder, Path from, String name) throws IOException {
    Path target = from.resolve(name).normalize();
    if (!target.startsWith(folder)) {
      throw new IOException("archive entry leads out of its folder: " + name);
    }
    return target;
  }

  /** The server's account must be able to read the programs, whatever our umask is. */
  private static void openFolders(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        if (Files.isDirectory(path)) {
          Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
    }
  }

  private static void deleteOthers(Home home, Path current) throws IOException {
    try (var others = Files.newDirectoryStream(home.root(), "pg-*")) {
      for (Path other : others) {
        if (!other.equals(current)) {
          delete(other);
        }
      }
    }
  }

  /** Deletes a folder and all in it; one that is not there is fine. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

package dev.backspool.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class BinariesTest {
  @TempDir private Path folder;

  @Test
  void keeps_execute_bits_and_symbolic_links() throws IOException {
    Binaries.unpack(archive("bin/run", 0755, "lib/link", "../bin/run"), folder.resolve("to"));
    assertThat(folder.resolve("to/bin/run")).isExecutable();
    assertThat(Files.readSymbolicLink(folder.resolve("to/lib/link"))).hasToString("../bin/run");
  }

  @Test
  void refuses_an_entry_that_leads_out() {
    for (String name : new String[] {"../evil", "bin/../../evil"}) {
      assertThatThrownBy(
              () -> Binaries.unpack(archive(name, 0644, "link", "x"), folder.resolve("to")))
          .isInstanceOf(IOException.class);
      assertThat(folder.resolve("evil")).doesNotExist();
    }
  }

  @Test
  void refuses_a_link_that_leads_out() {
    for (String target : new String[] {"../../evil", "/etc"}) {
      assertThatThrownBy(() ->
              Binaries.unpack(archive("file", 0644, "lib/link", target), folder.resolve("to")))
          .isInstanceOf(IOException.class);
      assertThat(Files.isSymbolicLink(folder.resolve("to/lib/link"))).isFalse();
    }
  }

  private static ByteArrayInputStream archive(String file, int mode, String link, String target)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(new XZOutputStream(bytes, new LZMA2Options()))) {
      TarArchiveEntry entry = new TarArchiveEntry(file, true);
      entry.setMode(mode);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
      TarArchiveEntry symlink = new TarArchiveEntry(link, TarConstants.LF_SYMLINK);
      symlink.setLinkName(target);
      tar.putArchiveEntry(symlink);
      tar.closeArchiveEntry();
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }
}

package dev.backspool.verify;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUnavailable;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.recording.Archives;
import dev.backspool.server.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a verification came to. */
record Verified(Summary summary, List<Finding> findings) {
  /** Between two looks: much shorter than an operator's. */
  private static final Duration PATIENCE = Duration.ofMillis(50);

  /** Verifies a server's data beside it. */
  static Verified of(TestServer server, Options options)
      throws InterruptedException, Verification.Running, ArchiveUnavailable {
    return of(server, options, PATIENCE);
  }

  static Verified of(TestServer server, Options options, Duration patience)
      throws InterruptedException, Verification.Running, ArchiveUnavailable {
    var url = new ArchiveUrl.Directory(server.folder().resolve("archive"));
    try (var archives = new Archives(Archive.open(url, null), null)) {
      return of(server, archives, options, patience);
    }
  }

  static Verified of(TestServer server, Archives archives, Options options, Duration patience)
      throws InterruptedException, Verification.Running, ArchiveUnavailable {
    var findings = new ArrayList<Finding>();
    Summary summary =
        new Verification(server.server().postgres(), archives, options, patience)
            .run(
                new Watcher() {
                  @Override
                  public void progress(Progress progress) {}

                  @Override
                  public void found(Finding finding) {
                    findings.add(finding);
                  }
                });
    return new Verified(summary, findings);
  }

  List<Kind> kinds() {
    return findings.stream().map(Finding::kind).sorted().toList();
  }

  /** The only finding of a kind. */
  Finding one(Kind kind) {
    List<Finding> found = findings.stream().filter(each -> each.kind() == kind).toList();
    if (found.size() != 1) {
      throw new AssertionError(
          "not one "
              + kind
              + " but\n"
              + findings.stream().map(Finding::toString).collect(Collectors.joining("\n")));
    }
    return found.getFirst();
  }
}

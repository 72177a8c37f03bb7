package dev.backspool.api;

import dev.backspool.recording.TestArchive;

/** Recordings in files that anyone can read. */
final class ArchivedInDirectoryTest extends ArchivedRecordingContract {
  @Override
  TestArchive open() {
    return TestArchive.directory(false);
  }
}

package dev.backspool.archiver;

import java.util.Map;

final class DirectoryArchivingTest extends ArchivingContract {
  @Override
  Map<String, String> archive() {
    return Map.of();
  }
}

package dev.backspool.ingest;

import dev.backspool.Project;
import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Imports the {@link Sample}s into a project, the shortest first. */
public final class Samples implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Samples.class);

  private final Importer importer;
  private final Set<UUID> running = ConcurrentHashMap.newKeySet();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  public Samples(Importer importer) {
    this.importer = importer;
  }

  /**
   * Imports all of them, and returns when they are stored. Samples that the project has already are
   * left as they are.
   *
   * @return how many samples there are
   */
  public int importInto(Project project) throws IOException, Importer.NotImported {
    Instant now = Instant.now();
    for (Sample sample : Sample.values()) {
      importer.importRecording(
          project,
          sample.sessionName(),
          sample.open(),
          sample.visitor(),
          sample.shiftMs(now),
          Importer.Progress.NONE);
    }
    return Sample.values().length;
  }

  /**
   * Imports all of them in the background; sessions appear as they arrive. A second call for a
   * project whose import still runs does nothing.
   *
   * @return how many samples there are
   */
  public int startImportInto(Project project) {
    if (running.add(project.id())) {
      Thread thread =
          Thread.ofVirtual().name("samples-" + project.id()).unstarted(() -> run(project));
      threads.add(thread);
      thread.start();
    }
    return Sample.values().length;
  }

  private void run(Project project) {
    try {
      importInto(project);
    } catch (IOException | Importer.NotImported | RuntimeException failure) {
      if (Thread.currentThread().isInterrupted()) {
        LOG.info("The import of the samples into {} was stopped", project.id());
      } else {
        LOG.warn("The samples are not imported whole into {}", project.id(), failure);
      }
    } finally {
      running.remove(project.id());
      threads.remove(Thread.currentThread());
    }
  }

  /** Stops imports that run, between two of their blocks; the next import goes on from there. */
  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

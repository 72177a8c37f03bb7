package dev.backspool.bench;

import dev.backspool.Project;
import dev.backspool.Source;
import dev.backspool.Visitor;
import dev.backspool.ingest.Ingest;
import dev.backspool.ingest.Outcome;
import dev.backspool.ingest.StoreChunk;
import dev.backspool.session.Opener;
import java.time.Instant;

/**
 * Hands the events, checked and compressed beforehand, to the group commit: the same rows by the
 * same statements, without HTTP and JSON.
 */
record DirectTarget(Ingest ingest, Project project) implements Target {
  private static final Visitor NOBODY = Visitor.of(null);

  @Override
  public void send(Upload upload, Batch batch) {
    Outcome outcome =
        ingest.store(
            new StoreChunk(
                project.id(),
                Source.BACKSPOOL,
                new Opener.Named(batch.session()),
                batch.id(),
                "main",
                (long) batch.seq(),
                Instant.now(),
                null,
                null,
                NOBODY,
                upload.events()));
    if (outcome instanceof Outcome.Refused refused) {
      throw new Refused(refused.detail());
    }
  }
}

package dev.backspool.event;

import dev.backspool.Source;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The command to store the rows of one request.
 *
 * @param rows in the order they take effect; may be empty, to ask only for the asker's session
 * @param asker whose device and session the answer is to name; null where the contract's answer
 *     names none
 * @param userAgent the browser's own words about itself, kept with the session
 */
public record StoreEvents(
    UUID project,
    Source source,
    Instant receivedAt,
    @Nullable Sender asker,
    @Nullable String userAgent,
    @Nullable String sdkName,
    @Nullable String sdkVersion,
    List<Row> rows) {

  StoreEvents part(int from, int to) {
    return new StoreEvents(
        project, source, receivedAt, asker, userAgent, sdkName, sdkVersion, rows.subList(from, to));
  }
}

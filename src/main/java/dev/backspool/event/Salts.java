package dev.backspool.event;

import dev.backspool.postgres.Database;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A new salt every day at 00:00 UTC, the same on every node; the newest two are kept (OpenPanel
 * contract, section 2.2). With a day's salt gone, nobody can tell any more whose device it was.
 */
final class Salts {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final InstantSource clock;
  private volatile @Nullable Pair today;

  Salts(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Today's salt and yesterday's. */
  record Pair(LocalDate day, byte[] current, byte[] previous) {}

  Pair now() {
    LocalDate day = LocalDate.ofInstant(Instant.ofEpochMilli(clock.millis()), ZoneOffset.UTC);
    Pair known = today;
    if (known == null || !known.day().equals(day)) {
      known = load(day);
      today = known;
    }
    return known;
  }

  private Pair load(LocalDate day) {
    LocalDate before = day.minusDays(1);
    Map<LocalDate, byte[]> salts =
        database.write(handle -> {
          for (LocalDate each : new LocalDate[] {before, day}) {
            byte[] salt = new byte[32];
            RANDOM.nextBytes(salt);
            handle.execute(
                "insert into salt (day, secret) values (?, ?) on conflict do nothing", each, salt);
          }
          handle.execute("delete from salt where day < ?", before);
          var found = new HashMap<LocalDate, byte[]>();
          handle
              .createQuery("select day, secret from salt where day in (:before, :day)")
              .bind("before", before)
              .bind("day", day)
              .map((row, _) ->
                  found.put(row.getObject("day", LocalDate.class), row.getBytes("secret")))
              .list();
          return found;
        });
    return new Pair(day, salt(salts, day), salt(salts, before));
  }

  private static byte[] salt(Map<LocalDate, byte[]> salts, LocalDate day) {
    byte[] salt = salts.get(day);
    if (salt == null) {
      throw new IllegalStateException("the salt of " + day + " is gone");
    }
    return salt;
  }
}

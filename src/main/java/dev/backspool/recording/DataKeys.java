package dev.backspool.recording;

import dev.backspool.postgres.Database;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The keys that recordings are encrypted with: each object has its own, which lies in its row,
 * wrapped by its project's (AES Key Wrap, RFC 3394). With the row gone nobody can read any copy of
 * the object; with the project gone, none of the project's.
 */
public final class DataKeys {
  private static final String WRAPPING = "AES/KW/NoPadding";
  private static final int KEY_BYTES = 32;

  private final Database database;
  private final SecureRandom random = new SecureRandom();
  private final Map<UUID, SecretKey> projects = new ConcurrentHashMap<>();

  public DataKeys(Database database) {
    this.database = database;
  }

  /** A new key for an object. */
  public SecretKey generate() {
    return key(bytes());
  }

  /**
   * Wraps an object's key by its project's, which is made when the project has none yet. What was
   * known of the project's key is not relied on: the project may have been deleted since, its key
   * with it, and have come back by an import.
   */
  public byte[] wrap(UUID project, SecretKey key) {
    try {
      Cipher cipher = Cipher.getInstance(WRAPPING);
      SecretKey secret = database.write(handle -> findOrMake(handle, project));
      projects.put(project, secret);
      cipher.init(Cipher.WRAP_MODE, secret);
      return cipher.wrap(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES Key Wrap does not work", e);
    }
  }

  /**
   * Undoes {@link #wrap}.
   *
   * @throws LostKey when it was wrapped by another project's key, or the project has none any more
   */
  public SecretKey unwrap(UUID project, byte[] wrapped) throws LostKey {
    @Nullable SecretKey known = projects.get(project);
    if (known != null) {
      try {
        return unwrap(known, wrapped);
      } catch (GeneralSecurityException e) {
        projects.remove(project, known); // It may have been replaced: a project that was imported.
      }
    }
    SecretKey secret = projects.computeIfAbsent(project, this::find);
    if (secret == null) {
      throw new LostKey("the project's key is gone", null);
    }
    try {
      return unwrap(secret, wrapped);
    } catch (GeneralSecurityException e) {
      throw new LostKey("the recording's key does not belong to its project's", e);
    }
  }

  private static SecretKey unwrap(SecretKey secret, byte[] wrapped)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(WRAPPING);
    cipher.init(Cipher.UNWRAP_MODE, secret);
    return (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
  }

  private SecretKey findOrMake(Handle handle, UUID project) {
    return secret(handle, project)
        .orElseGet(() -> {
          handle.execute(
              "insert into project_key (project_id, secret) values (?, ?) on conflict do nothing",
              project,
              bytes());
          return secret(handle, project).orElseThrow();
        });
  }

  private @Nullable SecretKey find(UUID project) {
    return database.read(project, handle -> secret(handle, project).orElse(null));
  }

  private static Optional<SecretKey> secret(Handle handle, UUID project) {
    return handle
        .createQuery("select secret from project_key where project_id = :project")
        .bind("project", project)
        .mapTo(byte[].class)
        .findOne()
        .map(DataKeys::key);
  }

  private byte[] bytes() {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    return bytes;
  }

  private static SecretKey key(byte[] bytes) {
    return new SecretKeySpec(bytes, "AES");
  }
}

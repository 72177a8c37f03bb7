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

  /** Wraps an object's key by its project's, which is made when the project has none yet. */
  public byte[] wrap(UUID project, SecretKey key) {
    try {
      Cipher cipher = Cipher.getInstance(WRAPPING);
      cipher.init(Cipher.WRAP_MODE, projects.computeIfAbsent(project, this::findOrMake));
      return cipher.wrap(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES Key Wrap does not work", e);
    }
  }

  /**
   * Undoes {@link #wrap}. Makes no key for a project that has none: it would open nothing.
   *
   * @throws LostKey when it was wrapped by another project's key, or the project has none any more
   */
  public SecretKey unwrap(UUID project, byte[] wrapped) throws LostKey {
    SecretKey projectKey = projects.computeIfAbsent(project, id -> find(id).orElse(null));
    if (projectKey == null) {
      throw new LostKey("the project has no key for its recordings", null);
    }
    try {
      Cipher cipher = Cipher.getInstance(WRAPPING);
      cipher.init(Cipher.UNWRAP_MODE, projectKey);
      return (SecretKey) cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
    } catch (GeneralSecurityException e) {
      throw new LostKey("the recording's key does not belong to its project's", e);
    }
  }

  private SecretKey findOrMake(UUID project) {
    database.write(handle ->
        handle.execute(
            "insert into project_key (project_id, secret) values (?, ?) on conflict do nothing",
            project,
            bytes()));
    return find(project).orElseThrow();
  }

  private Optional<SecretKey> find(UUID project) {
    return database.write(handle ->
        handle
            .createQuery("select secret from project_key where project_id = :project")
            .bind("project", project)
            .mapTo(byte[].class)
            .findOne()
            .map(DataKeys::key));
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

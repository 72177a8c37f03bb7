package dev.backspool.server;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Collects settings: the properties file, then the environment over it. */
final class Settings {
  private Settings() {}

  /**
   * All settings of an environment.
   *
   * @throws Sentence when the file that {@code BACKSPOOL_CONFIG} names cannot be read
   */
  static Map<String, String> of(Map<String, String> environment) {
    var settings = new HashMap<String, String>();
    String file = environment.get("BACKSPOOL_CONFIG");
    if (file != null) {
      settings.putAll(read(Path.of(file)));
    }
    settings.putAll(environment);
    return settings;
  }

  private static Map<String, String> read(Path file) {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new Sentence("BACKSPOOL_CONFIG names " + file + ", which cannot be read: " + e);
    }
    var settings = new HashMap<String, String>();
    properties.forEach((name, value) -> settings.put((String) name, (String) value));
    return settings;
  }
}

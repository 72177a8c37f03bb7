package dev.backspool.server;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Collects the settings of this process: the properties file, then the environment over it. */
final class Settings {
  private Settings() {}

  /**
   * Reads the configuration of this process.
   *
   * @throws Sentence when the file that {@code BACKSPOOL_CONFIG} names cannot be read
   */
  static Config config() {
    var settings = new HashMap<String, String>();
    String file = System.getenv("BACKSPOOL_CONFIG");
    if (file != null) {
      settings.putAll(read(Path.of(file)));
    }
    settings.putAll(System.getenv());
    return Config.from(settings);
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

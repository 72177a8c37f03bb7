package dev.backspool.erasure;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.backspool.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.slf4j.LoggerFactory;

/**
 * Everything that a server keeps: each table and sequence, what PostgreSQL's statistics quote of
 * them, each file of its data directory, and what it has logged since this was made.
 */
final class Traces implements AutoCloseable {
  private static final Logger ROOT =
      (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  private final TestServer server;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  Traces(TestServer server) {
    this.server = server;
    log.start();
    ROOT.addAppender(log);
  }

  /** Where one of the words is found, as {@code place: word}. */
  List<String> of(String... words) {
    var found = new ArrayList<String>();
    everything()
        .forEach((place, content) -> {
          for (String word : words) {
            if (content.contains(word.toLowerCase(Locale.ROOT)) || content.contains(hex(word))) {
              found.add(place + ": " + word);
            }
          }
        });
    return found;
  }

  /** As COPY writes a bytea. */
  private static String hex(String word) {
    return java.util.HexFormat.of().formatHex(word.getBytes(StandardCharsets.UTF_8));
  }

  private Map<String, String> everything() {
    var everything = new TreeMap<String, String>();
    for (String relation :
        server.column(
            """
            select oid::regclass::text from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')
            """)) {
      everything.put(relation, copy("select * from " + relation));
    }
    everything.put("pg_stats", copy("select * from pg_stats where schemaname = 'public'"));
    try (Stream<Path> files = Files.walk(server.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        everything.put(
            file.toString(),
            file + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var lines = new StringBuilder();
    for (ILoggingEvent line : List.copyOf(log.list)) {
      lines.append(line.getFormattedMessage()).append('\n');
      if (line.getThrowableProxy() != null) {
        lines.append(ThrowableProxyUtil.asString(line.getThrowableProxy())).append('\n');
      }
    }
    everything.put("log", lines.toString());
    everything.replaceAll((_, content) -> content.toLowerCase(Locale.ROOT));
    return everything;
  }

  private String copy(String sql) {
    return server
        .server()
        .postgres()
        .own(handle -> {
          var out = new ByteArrayOutputStream();
          try {
            handle
                .getConnection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("copy (" + sql + ") to stdout", out);
          } catch (SQLException | IOException e) {
            throw new IllegalStateException(sql, e);
          }
          return out.toString(StandardCharsets.UTF_8);
        });
  }

  @Override
  public void close() {
    ROOT.detachAppender(log);
    log.stop();
  }
}

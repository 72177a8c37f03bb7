package dev.backspool.sync.clickhouse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jpountz.lz4.LZ4Factory;

/**
 * A program that speaks ClickHouse's HTTP protocol in front of ClickHouse's own engine. It has no
 * access control but one name and password, no cluster and no compressed answers; what a statement
 * does, and every error, is the engine's.
 */
final class ChdbServer {
  static final String USER = "backspool";
  static final String PASSWORD = "s3cret/with?signs&";

  private static final int CONNECTIONS = 4;

  /** Parameters of the protocol; all others are settings of the statement. */
  private static final Set<String> PROTOCOL =
      Set.of(
          "query",
          "database",
          "query_id",
          "default_format",
          "decompress",
          "compress",
          "client_protocol_version",
          "wait_end_of_query",
          "buffer_size",
          "session_timezone");

  private static final Pattern CODE = Pattern.compile("Code: (\\d+)");
  private static final Pattern INSERT =
      Pattern.compile(
          "\\s*(INSERT\\s+INTO\\s.*?)\\sFORMAT\\s+(\\w+)\\s*?(?:\\n|$)",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  private static final Set<Integer> NOT_FOUND = Set.of(60, 81, 82);

  private static final Pattern STARTS_INSERT =
      Pattern.compile("\\s*insert\\s", Pattern.CASE_INSENSITIVE);
  private static final Pattern KILL =
      Pattern.compile(
          "\\s*kill\\s+query\\s+where\\s+query_id\\s*=\\s*'([^']*)'\\s+async\\s*",
          Pattern.CASE_INSENSITIVE);

  private final BlockingQueue<ChdbLibrary.Connection> connections =
      new ArrayBlockingQueue<>(CONNECTIONS);
  private final ChdbLibrary library;
  private final Path storage;

  private ChdbServer(ChdbLibrary library, Path storage) {
    this.library = library;
    this.storage = storage;
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(library.connect(storage, List.of()));
    }
  }

  /** Takes the library, the folder of the data and a port, and stays until its input ends. */
  public static void main(String[] args) throws Exception {
    var server = new ChdbServer(ChdbLibrary.load(Path.of(args[0])), Path.of(args[1]));
    HttpServer http =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[2])), 0);
    // Calls into the library hold their thread, so each request has one of its own.
    http.setExecutor(Executors.newCachedThreadPool());
    http.createContext("/", server::answer);
    http.start();
    System.out.println("ready " + http.getAddress().getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      try {
        answer(exchange, body);
      } catch (RuntimeException | Error fault) {
        refuse(exchange, 49, "Code: 49. DB::Exception: of the program before the engine: " + fault);
      }
    }
  }

  private void answer(HttpExchange exchange, byte[] body) throws IOException {
    Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
    String database = exchange.getRequestHeaders().getFirst("X-ClickHouse-Database");
    if (database != null) {
      parameters.put("database", database);
    }
    if (exchange.getRequestURI().getPath().equals("/ping")) {
      send(exchange, 200, "Ok.\n".getBytes(UTF_8));
    } else if (!mayEnter(exchange.getRequestHeaders())) {
      refuse(exchange, 516, "Code: 516. DB::Exception: Authentication failed");
    } else if ("1".equals(parameters.get("compress"))) {
      refuse(exchange, 48, "Code: 48. DB::Exception: answers are not compressed here");
    } else {
      run(exchange, parameters, parameters.containsKey("decompress") ? plain(body) : body);
    }
  }

  private static boolean mayEnter(Headers headers) {
    String basic = headers.getFirst("Authorization");
    if (basic != null && basic.startsWith("Basic ")) {
      String given = new String(Base64.getDecoder().decode(basic.substring(6)), UTF_8);
      return given.equals(USER + ":" + PASSWORD);
    }
    return USER.equals(headers.getFirst("X-ClickHouse-User"))
        && PASSWORD.equals(headers.getFirst("X-ClickHouse-Key"));
  }

  private void run(HttpExchange exchange, Map<String, String> parameters, byte[] body)
      throws IOException {
    String text = parameters.get("query");
    byte[] rows = body;
    if (text == null) {
      Matcher insert = INSERT.matcher(new String(body, ISO_8859_1));
      int end = insert.lookingAt() ? insert.end() : body.length;
      text = new String(body, 0, end, UTF_8);
      rows = Arrays.copyOfRange(body, end, body.length);
    }
    String header = exchange.getRequestHeaders().getFirst("X-ClickHouse-Format");
    String format =
        header != null ? header : parameters.getOrDefault("default_format", "TabSeparated");
    try {
      ChdbLibrary.Result result = run(text, rows, format, parameters);
      Headers headers = exchange.getResponseHeaders();
      headers.set("X-ClickHouse-Format", format);
      headers.set(
          "X-ClickHouse-Summary",
          "{\"read_rows\":\"%d\",\"written_rows\":\"%d\",\"result_rows\":\"0\"}"
              .formatted(result.rowsRead(), result.rowsWritten()));
      headers.set(
          "X-ClickHouse-Query-Id",
          parameters.getOrDefault("query_id", UUID.randomUUID().toString()));
      headers.set("X-ClickHouse-Timezone", "UTC");
      send(exchange, 200, result.bytes());
    } catch (ChdbLibrary.Refused refused) {
      String message = String.valueOf(refused.getMessage());
      Matcher code = CODE.matcher(message);
      refuse(exchange, code.find() ? Integer.parseInt(code.group(1)) : 1002, message);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private ChdbLibrary.Result run(
      String text, byte[] rows, String format, Map<String, String> parameters)
      throws ChdbLibrary.Refused, InterruptedException {
    Map<String, String> settings = new LinkedHashMap<>();
    Map<String, String> values = new HashMap<>();
    parameters.forEach((name, value) -> {
      if (name.startsWith("param_")) {
        values.put(name.substring("param_".length()), unescaped(value));
      } else if (!PROTOCOL.contains(name)) {
        settings.put(name, value);
      }
    });
    Matcher insert = INSERT.matcher(text);
    boolean isInsert = insert.lookingAt();
    ChdbLibrary.Connection connection = connections.take();
    try {
      connection.query("USE " + quoted(parameters.getOrDefault("database", "default")), "Null");
      if (!settings.isEmpty()) {
        var set = new StringJoiner(", ", "SET ", "");
        settings.forEach((name, value) -> set.add(quoted(name) + " = '" + escaped(value) + "'"));
        connection.query(set.toString(), "Null");
      }
      if (!STARTS_INSERT.matcher(text).lookingAt()) {
        // The engine takes several statements at once, the server one.
        connection.query("select formatQuerySingleLine('" + escaped(text) + "')", "Null");
      }
      if (isInsert) {
        return connection.insert(insert.group(1), insert.group(2), rows);
      }
      if (STARTS_INSERT.matcher(text).lookingAt()) {
        return connection.query(text, format, values);
      }
      return connection.query(
          killed(text) + "\n" + named(parameters.getOrDefault("query_id", "")), format, values);
    } finally {
      // Settings that forbid to set any stay for ever.
      connection.close();
      connections.add(library.connect(storage, List.of()));
    }
  }

  /** The engine gives its own names to statements: ours are in a comment. */
  private static String named(String id) {
    return "/* query %s */".formatted(id.replaceAll("[^A-Za-z0-9:_-]", "_"));
  }

  private static String killed(String text) {
    Matcher kill = KILL.matcher(text);
    return kill.matches()
        ? "kill query where query like '%%%s%%' and query not ilike 'kill%%' async"
            .formatted(named(kill.group(1)))
        : text;
  }

  private static void refuse(HttpExchange exchange, int code, String message) throws IOException {
    exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", Integer.toString(code));
    int status = code == 516 ? 403 : NOT_FOUND.contains(code) ? 404 : 500;
    send(exchange, status, (message + " (version 26.7.2.1)\n").getBytes(UTF_8));
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String pair : query == null || query.isEmpty() ? new String[0] : query.split("&")) {
      String[] parts = pair.split("=", 2);
      parameters.put(
          URLDecoder.decode(parts[0], UTF_8),
          parts.length == 2 ? URLDecoder.decode(parts[1], UTF_8) : "");
    }
    return parameters;
  }

  /**
   * The server reads parameters in an address as it reads values between tabs, the engine as is.
   */
  private static String unescaped(String value) {
    var plain = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\' && i + 1 < value.length()) {
        char next = value.charAt(++i);
        plain.append(
            switch (next) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> next;
            });
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private static String quoted(String name) {
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("'", "\\'");
  }

  /** Undoes the protocol's compression: blocks, each after a checksum, a method and two sizes. */
  private static byte[] plain(byte[] body) {
    var plain = new ByteArrayOutputStream();
    ByteBuffer in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      in.position(in.position() + 16);
      int method = in.get() & 0xff;
      if (method != 0x82) {
        throw new IllegalStateException("compressed by method " + method);
      }
      int packed = in.getInt() - 9;
      byte[] block = new byte[in.getInt()];
      LZ4Factory.fastestInstance()
          .safeDecompressor()
          .decompress(body, in.position(), packed, block, 0);
      in.position(in.position() + packed);
      plain.writeBytes(block);
    }
    return plain.toByteArray();
  }
}

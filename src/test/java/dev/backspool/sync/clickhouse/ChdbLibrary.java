package dev.backspool.sync.clickhouse;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * ClickHouse's engine as a library of C functions, called without glue code. One storage path for
 * the process; each connection runs one statement at a time.
 */
@SuppressWarnings("restricted") // It is C that is called.
final class ChdbLibrary {
  private final MethodHandle connect;
  private final MethodHandle close;
  private final MethodHandle query;
  private final MethodHandle insert;
  private final MethodHandle insertError;
  private final MethodHandle append;
  private final MethodHandle done;
  private final MethodHandle destroyInsert;
  private final MethodHandle error;
  private final MethodHandle buffer;
  private final MethodHandle length;
  private final MethodHandle rowsRead;
  private final MethodHandle rowsWritten;
  private final MethodHandle destroyResult;

  private ChdbLibrary(Path file) throws Throwable {
    SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
    // Its handlers of signals and the JVM's do not live together; before the first connection.
    handle(symbols, "chdb_set_signal_handlers_enabled", FunctionDescriptor.ofVoid(JAVA_INT))
        .invoke(0);
    connect = handle(symbols, "chdb_connect", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS));
    close = handle(symbols, "chdb_close_conn", FunctionDescriptor.ofVoid(ADDRESS));
    query = handle(symbols, "chdb_query_with_params_n", withParameters());
    insert = handle(symbols, "chdb_stream_insert_with_params_n", withParameters());
    insertError = handle(symbols, "chdb_stream_insert_error", of(ADDRESS));
    append =
        handle(
            symbols,
            "chdb_stream_append",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    done = handle(symbols, "chdb_stream_done", of(ADDRESS));
    destroyInsert =
        handle(symbols, "chdb_destroy_insert_stream", FunctionDescriptor.ofVoid(ADDRESS));
    error = handle(symbols, "chdb_result_error", of(ADDRESS));
    buffer = handle(symbols, "chdb_result_buffer", of(ADDRESS));
    length = handle(symbols, "chdb_result_length", of(JAVA_LONG));
    rowsRead = handle(symbols, "chdb_result_storage_rows_read", of(JAVA_LONG));
    rowsWritten = handle(symbols, "chdb_result_rows_written", of(JAVA_LONG));
    destroyResult =
        handle(symbols, "chdb_destroy_query_result", FunctionDescriptor.ofVoid(ADDRESS));
  }

  static ChdbLibrary load(Path file) {
    try {
      return new ChdbLibrary(file);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static FunctionDescriptor of(MemoryLayout result) {
    return FunctionDescriptor.of(result, ADDRESS);
  }

  /** Connection, text, format, names and values of parameters, each with its length. */
  private static FunctionDescriptor withParameters() {
    return FunctionDescriptor.of(
        ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS,
        ADDRESS, JAVA_LONG);
  }

  private static MethodHandle handle(
      SymbolLookup symbols, String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
  }

  /** What a statement gave. */
  record Result(byte[] bytes, long rowsRead, long rowsWritten) {}

  /** What the engine said to a statement that failed, beginning with {@code Code: 60. }. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  Connection connect(Path storage, List<String> options) {
    try (Arena arena = Arena.ofConfined()) {
      List<String> arguments = new ArrayList<>(List.of("clickhouse", "--path=" + storage));
      arguments.addAll(options);
      MemorySegment pointer =
          (MemorySegment) connect.invoke(arguments.size(), strings(arena, arguments));
      if (pointer.address() == 0) {
        throw new IllegalStateException("the engine does not open " + storage);
      }
      return new Connection(pointer);
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static MemorySegment bytes(Arena arena, String text) {
    return arena.allocateFrom(JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8));
  }

  private static MemorySegment strings(Arena arena, Iterable<String> texts) {
    List<MemorySegment> addresses = new ArrayList<>();
    texts.forEach(text -> addresses.add(arena.allocateFrom(text)));
    MemorySegment array = arena.allocate(ADDRESS, Math.max(1, addresses.size()));
    for (int i = 0; i < addresses.size(); i++) {
      array.setAtIndex(ADDRESS, i, addresses.get(i));
    }
    return array;
  }

  private static MemorySegment lengths(Arena arena, List<String> texts) {
    return arena.allocateFrom(
        JAVA_LONG,
        texts.isEmpty()
            ? new long[] {0}
            : texts.stream()
                .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .toArray());
  }

  private static String text(MemorySegment pointer) {
    return pointer.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** A session of the engine with settings of its own. Not for two threads at a time. */
  final class Connection {
    private final MemorySegment pointer;
    private final MemorySegment session;

    private Connection(MemorySegment pointer) {
      this.pointer = pointer;
      session = pointer.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
    }

    void close() {
      try {
        close.invoke(pointer);
      } catch (RuntimeException | Error failure) {
        throw failure;
      } catch (Throwable failure) {
        throw new IllegalStateException(failure);
      }
    }

    Result query(String sql, String format) throws Refused {
      return query(sql, format, Map.of());
    }

    Result query(String sql, String format, Map<String, String> parameters) throws Refused {
      try (Arena arena = Arena.ofConfined()) {
        return result(call(query, arena, sql, format, parameters));
      } catch (Refused | RuntimeException | Error failure) {
        throw failure;
      } catch (Throwable failure) {
        throw new IllegalStateException(failure);
      }
    }

    /** Stores rows in a format; the statement ends before its FORMAT. */
    Result insert(String sql, String format, byte[] rows) throws Refused {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment stream = call(insert, arena, sql, format, Map.of());
        try {
          check(stream);
          MemorySegment data = arena.allocateFrom(JAVA_BYTE, rows);
          if (rows.length > 0 && (int) append.invoke(stream, data, (long) rows.length) != 0) {
            check(stream);
            throw new Refused("Code: 49. DB::Exception: the rows were not taken");
          }
          return result((MemorySegment) done.invoke(stream));
        } finally {
          destroyInsert.invoke(stream);
        }
      } catch (Refused | RuntimeException | Error failure) {
        throw failure;
      } catch (Throwable failure) {
        throw new IllegalStateException(failure);
      }
    }

    private void check(MemorySegment stream) throws Throwable {
      MemorySegment message = (MemorySegment) insertError.invoke(stream);
      if (message.address() != 0) {
        throw new Refused(text(message));
      }
    }

    private MemorySegment call(
        MethodHandle function,
        Arena arena,
        String sql,
        String format,
        Map<String, String> parameters)
        throws Throwable {
      List<String> names = List.copyOf(parameters.keySet());
      List<String> values = names.stream().map(parameters::get).toList();
      MemorySegment statement = bytes(arena, sql);
      MemorySegment formatName = bytes(arena, format);
      return (MemorySegment)
          function.invoke(
              session,
              statement,
              statement.byteSize(),
              formatName,
              formatName.byteSize(),
              strings(arena, names),
              lengths(arena, names),
              strings(arena, values),
              lengths(arena, values),
              (long) names.size());
    }

    private Result result(MemorySegment result) throws Throwable {
      try {
        MemorySegment message = (MemorySegment) error.invoke(result);
        if (message.address() != 0) {
          throw new Refused(text(message));
        }
        long size = (long) length.invoke(result);
        byte[] bytes =
            size == 0
                ? new byte[0]
                : ((MemorySegment) buffer.invoke(result)).reinterpret(size).toArray(JAVA_BYTE);
        return new Result(bytes, (long) rowsRead.invoke(result), (long) rowsWritten.invoke(result));
      } finally {
        destroyResult.invoke(result);
      }
    }
  }
}

package dev.backspool.postgres;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * The three calls of the C library that Java has no word for. {@link ProcessHandle#destroy} sends
 * SIGTERM only, which PostgreSQL takes as "wait until every client has left".
 */
final class Posix {
  /** PostgreSQL's fast shutdown: roll back what runs, checkpoint, leave. */
  static final int SIGINT = 2;

  /** PostgreSQL's immediate shutdown: leave at once, recover at the next start. */
  static final int SIGQUIT = 3;

  static final int SIGKILL = 9;

  private static final MethodHandle KILL =
      function("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle GETEUID = function("geteuid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle SYNC = function("sync", FunctionDescriptor.ofVoid());

  private Posix() {}

  /** Sends a signal; false when the process is gone or not ours to signal. */
  static boolean signal(long pid, int signal) {
    if (pid <= 0 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process id: " + pid);
    }
    try {
      return (int) KILL.invokeExact((int) pid, signal) == 0;
    } catch (Throwable impossible) {
      throw new LinkageError("kill(2)", impossible);
    }
  }

  /** The user id this process acts as; 0 is root. */
  static int effectiveUser() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable impossible) {
      throw new LinkageError("geteuid(2)", impossible);
    }
  }

  /** Writes all dirty pages of the machine to disk: one wait instead of a thousand file syncs. */
  static void sync() {
    try {
      SYNC.invokeExact();
    } catch (Throwable impossible) {
      throw new LinkageError("sync(2)", impossible);
    }
  }

  @SuppressWarnings("restricted") // the jar's manifest enables native access
  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }
}

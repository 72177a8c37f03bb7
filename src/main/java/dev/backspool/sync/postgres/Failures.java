package dev.backspool.sync.postgres;

import dev.backspool.sync.PublicSockets;
import dev.backspool.sync.SinkException;
import dev.backspool.sync.SinkException.Kind;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What an error of somebody's PostgreSQL means. */
final class Failures {
  private static final Set<String> DRIFT =
      Set.of("42P01", "42703", "42804", "42846", "3F000", "42P10", "428C9", "42809");

  private Failures() {}

  static SinkException of(Throwable failure) {
    for (@Nullable Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof PublicSockets.Forbidden forbidden) {
        return new SinkException(Kind.REFUSED, String.valueOf(forbidden.getMessage()), null);
      }
    }
    if (failure instanceof SQLException sql && sql.getSQLState() != null) {
      return new SinkException(kind(sql.getSQLState()), message(sql), sql);
    }
    return new SinkException(Kind.UNREACHABLE, "The database does not answer", failure);
  }

  private static Kind kind(String state) {
    if (DRIFT.contains(state)) {
      return Kind.SCHEMA_DRIFT;
    }
    return switch (state.substring(0, 2)) {
      // What a value is, what the table's owner demands of it, how large it is, what a trigger
      // says.
      case "22", "23", "44", "54", "P0" -> Kind.REFUSED_ROW;
      case "28", "2B", "42", "0L", "0P", "3D" -> Kind.REFUSED;
      case "25" -> Kind.REFUSED; // It only reads.
      default -> Kind.UNREACHABLE;
    };
  }

  /** The server's own sentence, without details, which quote rows. */
  private static String message(SQLException failure) {
    if (failure instanceof PSQLException server) {
      ServerErrorMessage message = server.getServerErrorMessage();
      if (message != null && message.getMessage() != null) {
        return message.getMessage();
      }
    }
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}

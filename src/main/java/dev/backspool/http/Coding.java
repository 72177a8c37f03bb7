package dev.backspool.http;

import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

/** A content coding that an answer can have; the better one first. */
public enum Coding {
  ZSTD,
  GZIP,
  IDENTITY;

  /** Answers below this size are not worth compressing. */
  private static final int SMALL = 1_024;

  /** The coding as headers name it. */
  public String token() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Marks the answer as having this coding, and as depending on what the client accepts. */
  public void describe(Context ctx) {
    ctx.header("Vary", "Accept-Encoding");
    if (this != IDENTITY) {
      ctx.header("Content-Encoding", token());
    }
  }

  /**
   * The offered coding that the client likes most, by its {@code Accept-Encoding}; of equals, the
   * better one. A client that says nothing, or forbids everything, gets identity.
   */
  public static Coding of(Context ctx, Set<Coding> offered) {
    String accepted = ctx.header("Accept-Encoding");
    return accepted == null ? IDENTITY : of(accepted, offered);
  }

  static Coding of(String accepted, Set<Coding> offered) {
    Coding best = IDENTITY;
    // Identity is always possible; a coding the client names is meant to be used.
    double liked = 0;
    for (Coding coding : values()) {
      if (offered.contains(coding) && coding != IDENTITY) {
        double quality = quality(accepted, coding);
        if (quality > liked) {
          best = coding;
          liked = quality;
        }
      }
    }
    return liked > 0 && liked >= named(accepted, IDENTITY.token(), 0) ? best : IDENTITY;
  }

  private static double quality(String accepted, Coding coding) {
    double byName = named(accepted, coding.token(), -1);
    return byName >= 0 ? byName : named(accepted, "*", 0);
  }

  private static double named(String accepted, String token, double otherwise) {
    for (String entry : accepted.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = entry.split(";", -1);
      if (parts[0].strip().equals(token)) {
        return weight(parts);
      }
    }
    return otherwise;
  }

  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].replace(" ", "");
      if (parameter.startsWith("q=")) {
        try {
          return Double.parseDouble(parameter.substring(2));
        } catch (NumberFormatException e) {
          return 0;
        }
      }
    }
    return 1;
  }

  /** Sends a body that is in memory, gzip where the client takes it and it is worth it. */
  public static void send(Context ctx, byte[] body) {
    if (body.length < SMALL) {
      ctx.result(body);
      return;
    }
    Coding coding = of(ctx, Set.of(GZIP, IDENTITY));
    coding.describe(ctx);
    ctx.result(coding == GZIP ? gzip(body) : body);
  }

  /** The bytes as gzip. */
  public static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream(bytes.length / 4 + 64);
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}

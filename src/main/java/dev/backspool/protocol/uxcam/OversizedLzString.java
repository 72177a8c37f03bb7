package dev.backspool.protocol.uxcam;

/** LZString text that decompresses to more than is allowed: HTTP answers 413. */
final class OversizedLzString extends Exception {
  OversizedLzString(int limit) {
    super("decompresses to more than " + limit);
  }
}

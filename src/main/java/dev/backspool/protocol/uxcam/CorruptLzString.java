package dev.backspool.protocol.uxcam;

/**
 * Text that no LZString compressor made, or that was cut or changed on the way: HTTP answers 400.
 */
final class CorruptLzString extends Exception {
  CorruptLzString(String why) {
    super(why);
  }
}

package dev.backspool.browser;

import com.microsoft.playwright.options.ColorScheme;

/** The windows that the dashboard is drawn for: a desk and a telephone, by day and by night. */
enum Look {
  DESK_LIGHT(1440, 900, ColorScheme.LIGHT),
  DESK_DARK(1440, 900, ColorScheme.DARK),
  PHONE_LIGHT(390, 844, ColorScheme.LIGHT),
  PHONE_DARK(390, 844, ColorScheme.DARK);

  final int width;
  final int height;
  final ColorScheme scheme;

  Look(int width, int height, ColorScheme scheme) {
    this.width = width;
    this.height = height;
    this.scheme = scheme;
  }

  /** As part of a picture's name: {@code 390-dark}. */
  String tag() {
    return width + "-" + (scheme == ColorScheme.DARK ? "dark" : "light");
  }
}

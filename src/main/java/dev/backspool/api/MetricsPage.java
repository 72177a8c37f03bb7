package dev.backspool.api;

import java.math.BigDecimal;

/** Builds a page in the text format of Prometheus, version 0.0.4. */
final class MetricsPage {
  private final StringBuilder text = new StringBuilder();
  private String family = "";

  /** Begins a family of samples. */
  void family(String name, String type, String help) {
    family = name;
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /**
   * Adds a sample to the family.
   *
   * @param labels names and values by turns
   */
  void sample(double value, String... labels) {
    sampleOf("", value, labels);
  }

  /**
   * The same, for a part of a family.
   *
   * @param part what its name ends with, for example {@code _bucket}
   */
  void sampleOf(String part, double value, String... labels) {
    text.append(family).append(part);
    for (int i = 0; i < labels.length; i += 2) {
      text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      text.append(labels[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
      text.append('"');
    }
    text.append(labels.length == 0 ? " " : "} ");
    text.append(BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()).append('\n');
  }

  /** A family of one sample that goes up and down. */
  void gauge(String name, String help, double value) {
    family(name, "gauge", help);
    sample(value);
  }

  /** A family of one sample that only grows. */
  void counter(String name, String help, long value) {
    family(name, "counter", help);
    sample((double) value);
  }

  String text() {
    return text.toString();
  }
}

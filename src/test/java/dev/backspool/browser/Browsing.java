package dev.backspool.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** What stands behind {@link BrowserTest}. JUnit closes the browser and the servers. */
final class Browsing implements ParameterResolver, AfterTestExecutionCallback {
  private static final Namespace OURS = Namespace.create(Browsing.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Dashboard.class;
  }

  @Override
  public Dashboard resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return dashboard(context);
  }

  /**
   * A test that failed leaves a picture of each window. One that passed must not have left an
   * uncaught exception in the dashboard's own code.
   */
  @Override
  public void afterTestExecution(ExtensionContext context) {
    Dashboard dashboard = dashboard(context);
    boolean failed = context.getExecutionException().isPresent();
    if (failed) {
      dashboard.pictures("failed-" + context.getRequiredTestMethod().getName());
    }
    var uncaught = dashboard.closeWindows();
    if (!failed) {
      assertThat(uncaught).as("uncaught in the page").isEmpty();
    }
  }

  private static Dashboard dashboard(ExtensionContext context) {
    Class<?> test = context.getRequiredTestClass();
    // The class's own context, so that the server lives as long as the class.
    ExtensionContext classes = context;
    while (classes.getTestMethod().isPresent()) {
      classes = classes.getParent().orElseThrow();
    }
    return classes
        .getStore(OURS)
        .computeIfAbsent(
            test, _ -> Dashboard.start(chromium(context), settings(test)), Dashboard.class);
  }

  private static Map<String, String> settings(Class<?> test) {
    return Stream.of(test.getAnnotation(BrowserTest.class).settings())
        .map(setting -> setting.split("=", 2))
        .collect(Collectors.toMap(named -> named[0], named -> named[1]));
  }

  private static Chromium chromium(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(OURS)
        .computeIfAbsent(Chromium.class, _ -> Chromium.start(), Chromium.class);
  }
}

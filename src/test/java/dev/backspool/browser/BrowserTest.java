package dev.backspool.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the methods of a test class a {@link Dashboard} to ask for: one server a class, one browser
 * for all of them. A window is closed after the test that opened it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Browsing.class)
@interface BrowserTest {
  /** More settings of the server, as {@code NAME=value}. */
  String[] settings() default {};
}

/** Tests in a real browser: headless Chromium, driven by Playwright, against the real server. */
@NullMarked
package dev.backspool.browser;

import org.jspecify.annotations.NullMarked;

package dev.backspool.postgres;

import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What to do inside one transaction. The handle is worthless after the return. */
@FunctionalInterface
public interface HandleFunction<T extends @Nullable Object> {
  T in(Handle handle);
}

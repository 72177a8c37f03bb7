package dev.backspool.query;

import static dev.backspool.query.QueryShop.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backspool.query.QueryFailure.Kind;
import dev.backspool.query.duckdb.DuckDbStore;
import dev.backspool.query.sql.Dialect;
import dev.backspool.query.sql.Statement;
import dev.backspool.sync.duckdb.DuckDb;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries on a store that fails as no store does when somebody wants it to. */
final class QueriesTest {
  private static final UUID PROJECT = new UUID(0, 1);
  private static final Question QUESTION = new Question("select 1", Map.of(), Question.LONGEST);

  @TempDir Path folder = Path.of("");

  private DuckDb file;

  @BeforeEach
  void open() throws Exception {
    file = DuckDb.open(folder.resolve("a.duckdb"), folder.resolve("tmp"), 256);
  }

  @AfterEach
  void close() {
    file.close();
  }

  private Store store(Supplier<Store.Asked> asked) {
    Dialect dialect = new DuckDbStore(file).dialect();
    return new Store() {
      @Override
      public String name() {
        return "test";
      }

      @Override
      public Dialect dialect() {
        return dialect;
      }

      @Override
      public Asked ask(Statement statement, UUID project, String queryId, Duration most) {
        return asked.get();
      }
    };
  }

  @Test
  void a_place_is_free_again_whatever_goes_wrong() {
    try (var queries =
        new Queries(
            store(() -> {
              throw new OutOfMemoryError("unable to create native thread");
            }))) {
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> queries.ask(PROJECT, QUESTION, () -> false))
            .isInstanceOf(OutOfMemoryError.class);
      }
      var wrong = new Question("select", Map.of(), Question.LONGEST);
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> queries.ask(PROJECT, wrong, () -> false))
            .isInstanceOfSatisfying(
                QueryFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.REFUSED));
      }
      assertThat(queries.running()).isZero();
    }
  }

  @Test
  void closing_ends_each_query_even_where_the_store_hears_slowly() throws Exception {
    var heard = new CountDownLatch(4);
    long begin;
    try (var queries = new Queries(store(() -> new Deaf(heard)))) {
      for (int i = 0; i < 4; i++) {
        Thread.ofVirtual()
            .start(() -> {
              try {
                queries.ask(PROJECT, QUESTION, () -> false);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      eventually(() -> assertThat(queries.running()).isEqualTo(4));
      begin = System.nanoTime();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    assertThat(heard.getCount()).isZero();
  }

  /** Works until it is told to end, and takes a minute to say that it heard. */
  private static final class Deaf implements Store.Asked {
    private final CountDownLatch heard;
    private final CountDownLatch ended = new CountDownLatch(1);

    Deaf(CountDownLatch heard) {
      this.heard = heard;
    }

    @Override
    public void read(Rows rows) {
      try {
        ended.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void cancel() {
      heard.countDown();
      ended.countDown();
      try {
        Thread.sleep(Duration.ofMinutes(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void a_value_that_is_too_large_is_not_written_to_its_end() {
    var rows = new Rows(10, 1_000);
    rows.columns(List.of(new Answer.Column("a", "text[]")));
    var taken = new AtomicInteger();
    List<String> tooLong =
        new AbstractList<>() {
          @Override
          public String get(int index) {
            taken.incrementAndGet();
            return "x".repeat(600);
          }

          @Override
          public int size() {
            return 10_000;
          }
        };
    assertThatThrownBy(() -> rows.add(List.of(tooLong)))
        .isInstanceOfSatisfying(
            QueryFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.TOO_LARGE));
    assertThat(taken.get()).isLessThan(100);
  }
}

package dev.backspool.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The joining of writes, with writers made by hand: what they see, and who is told what. */
@Timeout(60)
final class GroupCommitTest {
  private static final GroupCommit.Bounds BOUNDS = new GroupCommit.Bounds(100, 1_000, 50, 500, 1);

  /** A writer that can be held, so that requests pile up behind it. */
  private static final class Held implements GroupCommit.Writer<Integer, String> {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    final List<List<Integer>> groups = Collections.synchronizedList(new ArrayList<>());

    @Override
    public List<String> write(List<Integer> group) {
      begun.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (group.contains(-1)) {
        throw new IllegalArgumentException("poison");
      }
      groups.add(List.copyOf(group));
      return group.stream().map(each -> "stored " + each).toList();
    }
  }

  private static void awaitWaiting(GroupCommit<Integer, String> commit, int count) {
    while (commit.waiting() < count) {
      Thread.onSpinWait();
    }
  }

  @Test
  void requests_that_wait_are_joined_into_one_write() throws Exception {
    var writer = new Held();
    try (var commit = new GroupCommit<>("test", BOUNDS, _ -> 1, writer);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> first = clients.submit(() -> commit.submit(0));
      writer.begun.await();
      List<Future<String>> others = new ArrayList<>();
      for (int i = 1; i <= 20; i++) {
        int item = i;
        others.add(clients.submit(() -> commit.submit(item)));
      }
      awaitWaiting(commit, 20);
      writer.go.countDown();

      assertThat(first.get()).isEqualTo("stored 0");
      for (int i = 0; i < 20; i++) {
        assertThat(others.get(i).get()).isEqualTo("stored " + (i + 1));
      }
      assertThat(writer.groups).hasSize(2);
      assertThat(writer.groups.get(1)).hasSize(20);
    }
  }

  @Test
  void a_request_that_breaks_its_group_is_answered_alone_and_the_others_go_through()
      throws Exception {
    var writer = new Held();
    try (var commit = new GroupCommit<>("test", BOUNDS, _ -> 1, writer);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> first = clients.submit(() -> commit.submit(0));
      writer.begun.await();
      List<Future<String>> others = new ArrayList<>();
      for (int i = 1; i <= 15; i++) {
        int item = i == 7 ? -1 : i;
        others.add(clients.submit(() -> commit.submit(item)));
      }
      awaitWaiting(commit, 15);
      writer.go.countDown();

      first.get();
      for (int i = 1; i <= 15; i++) {
        Future<String> answer = others.get(i - 1);
        if (i == 7) {
          assertThatThrownBy(answer::get).hasRootCauseMessage("poison");
        } else {
          assertThat(answer.get()).isEqualTo("stored " + i);
        }
      }
    }
  }

  @Test
  void small_requests_go_before_large_ones_but_one_large_one_goes_with_each_group()
      throws Exception {
    var writer = new Held();
    var roomy = new GroupCommit.Bounds(100, 1_000, 50, 10_000, 1);
    // The item is its size.
    try (var commit = new GroupCommit<Integer, String>("test", roomy, item -> item, writer);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      answers.add(clients.submit(() -> commit.submit(1)));
      writer.begun.await();
      for (int item : List.of(900, 901, 902, 10, 11, 12)) {
        int before = commit.waiting();
        answers.add(clients.submit(() -> commit.submit(item)));
        awaitWaiting(commit, before + 1);
      }
      writer.go.countDown();
      for (Future<String> answer : answers) {
        answer.get();
      }
      assertThat(writer.groups)
          .containsExactly(List.of(1), List.of(900, 10, 11, 12), List.of(901), List.of(902));
    }
  }

  @Test
  void a_second_writer_joins_when_a_quarter_of_a_group_waits() throws Exception {
    var writer = new Held();
    var two = new GroupCommit.Bounds(100, 1_000, 50, 500, 2);
    try (var commit = new GroupCommit<>("test", two, _ -> 1, writer);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      answers.add(clients.submit(() -> commit.submit(0)));
      writer.begun.await();
      for (int i = 1; i <= 24; i++) {
        int item = i;
        answers.add(clients.submit(() -> commit.submit(item)));
      }
      awaitWaiting(commit, 24);
      answers.add(clients.submit(() -> commit.submit(25)));
      while (commit.waiting() > 0) {
        Thread.onSpinWait(); // the first writer is held: only the second can take them
      }
      writer.go.countDown();
      for (Future<String> answer : answers) {
        answer.get();
      }
      assertThat(writer.groups).extracting(List::size).containsExactlyInAnyOrder(1, 25);
    }
  }

  @Test
  void a_full_queue_refuses_instead_of_growing() throws Exception {
    var writer = new Held();
    try (var commit = new GroupCommit<>("test", BOUNDS, _ -> 100, writer);
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> waiting = new ArrayList<>();
      waiting.add(clients.submit(() -> commit.submit(0)));
      writer.begun.await();
      for (int i = 1; i <= 5; i++) {
        int item = i;
        waiting.add(clients.submit(() -> commit.submit(item)));
      }
      awaitWaiting(commit, 5);

      assertThatThrownBy(() -> commit.submit(6)).isInstanceOf(GroupCommit.Full.class);

      writer.go.countDown();
      for (Future<String> each : waiting) {
        each.get();
      }
    }
  }

  @Test
  void closing_commits_what_waits_and_refuses_what_comes_after() throws Exception {
    var writer = new Held();
    var commit = new GroupCommit<>("test", BOUNDS, _ -> 1, writer);
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> first = clients.submit(() -> commit.submit(0));
      writer.begun.await();
      Future<String> second = clients.submit(() -> commit.submit(1));
      awaitWaiting(commit, 1);
      Future<?> closing = clients.submit(commit::close);
      writer.go.countDown();
      closing.get();

      assertThat(first.get()).isEqualTo("stored 0");
      assertThat(second.get()).isEqualTo("stored 1");
      assertThatThrownBy(() -> commit.submit(2)).isInstanceOf(GroupCommit.Full.class);
    }
  }
}

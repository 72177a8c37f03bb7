package dev.backspool.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of objects, which are also paths. */
final class ObjectKeyTest {
  private static final UUID PROJECT = UUID.fromString("0198c0de-0000-7000-8000-000000000001");

  @Test
  void is_read_back_from_its_text() {
    var key = new ObjectKey(PROJECT, "2026-11-21/0198c0df/9f86d081.rec.zst");

    assertThat(key).hasToString(PROJECT + "/2026-11-21/0198c0df/9f86d081.rec.zst");
    assertThat(ObjectKey.parse(key.toString())).contains(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "a.rec/b.rec",
        "../up.rec",
        "a/../up.rec",
        "/a.rec",
        "a//b.rec",
        ".hidden",
        "a/.hidden",
        "a.",
        "a b.rec",
        "ä.rec",
        "a\\b.rec",
        "a.rec\n"
      })
  void takes_no_name_that_leaves_its_folder_or_is_a_folder_of_another(String name) {
    assertThatThrownBy(() -> new ObjectKey(PROJECT, name))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(ObjectKey.parse(PROJECT + "/" + name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lost+found",
        "1-1-1-1-1/a.rec",
        "0198C0DE-0000-7000-8000-000000000001/a.rec",
        "0198c0de-0000-7000-8000-000000000001",
        "0198c0de-0000-7000-8000-00000000000g/a.rec"
      })
  void what_no_project_owns_is_no_key(String text) {
    assertThat(ObjectKey.parse(text)).isEmpty();
  }
}

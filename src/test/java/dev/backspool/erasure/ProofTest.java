package dev.backspool.erasure;

import static dev.backspool.erasure.Shop.event;
import static dev.backspool.erasure.Shop.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.archive.Archive;
import dev.backspool.archive.ArchiveUrl;
import dev.backspool.archive.ObjectKey;
import dev.backspool.archiver.Studio;
import dev.backspool.recording.Archives;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Proving receipts, and seeing where one is broken. */
final class ProofTest {
  private static final String ADA = "customer-ada-4711";
  private static final String OBJECT = "recordings/2026-11-21/0123456789abcdef.bksp";

  private Studio studio;
  private Shop shop;
  private Archive archive;
  private Proof proof;

  @BeforeEach
  void start() {
    studio = Studio.start(Map.of()); // its archive does nothing by itself
    shop = Shop.on(studio.server);
    archive = Archive.open(new ArchiveUrl.Directory(shop.server.folder().resolve("archive")), null);
    proof = new Proof(shop.server.server().postgres(), new Archives(archive, null));
  }

  @AfterEach
  void stop() {
    archive.close();
    studio.close();
  }

  private void damage(String sql) {
    shop.server.server().postgres().own(handle -> handle.execute(sql));
  }

  private List<String> flaws() throws Exception {
    return proof.flaws(shop.project.id()).stream().map(Proof.Flaw::what).toList();
  }

  @Test
  void receipts_hold_until_a_row_or_an_object_comes_back() throws Exception {
    UUID session = shop.recorded("sess_ada", "https://a.example/", "x", "&profile_id=" + ADA);
    shop.sent("sess_ada", "phone", ADA, List.of(event("order")));
    shop.sent("sess_bob", "phone", "bob", List.of(event("order")));
    archive.put(new ObjectKey(shop.project.id(), OBJECT), new byte[] {1});
    damage(
        """
        insert into recording_part (project_id, session_id, object, bytes, raw_bytes, chunk_bytes,
          frame_count, event_count, first_at, last_at, activity)
        values ('%s', '%s', '%s', 1, 1, 1, 1, 1, now(), now(), '{}')
        """
            .formatted(shop.project.id(), session, OBJECT));
    String erasure = receipt(shop.eraseProfile(ADA)).get("id").asString();

    // It waits to be deleted: that is no flaw.
    damage(
        "insert into doomed_object (project_id, object, reason, not_before, cold) values ('%s', '%s', 'removed', now() + interval '1 hour', false) on conflict do nothing"
            .formatted(shop.project.id(), OBJECT));
    assertThat(flaws()).isEmpty();

    damage("delete from doomed_object");
    archive.put(new ObjectKey(shop.project.id(), OBJECT), new byte[] {1});
    assertThat(flaws()).containsExactly(OBJECT);
    archive.delete(List.of(new ObjectKey(shop.project.id(), OBJECT)));
    assertThat(flaws()).isEmpty();

    damage("update event set profile_id = '" + ADA + "' where name = 'order'");
    assertThat(proof.flaws(shop.project.id()))
        .containsExactly(new Proof.Flaw(UUID.fromString(erasure), "a row of event"));
    damage(
        "update event set profile_id = 'bob', session_id = '" + session + "' where name = 'order'");
    damage("update session set opener = 'name:sess_ada'");
    damage("update profile set id = '" + ADA + "'");
    assertThat(flaws())
        .containsExactlyInAnyOrder("a row of event", "a row of session", "a row of profile");

    shop.server.call("DELETE", shop.path() + "/erasures/" + erasure + "/tombstones").admin().send();
    assertThat(flaws()).isEmpty();
  }
}

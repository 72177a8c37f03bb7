package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.server.TestServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, over HTTP. */
final class GuardTest {
  private static TestServer server;
  private static String cookie;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of("BACKSPOOL_PUBLIC_URL", "https://replay.example.com"));
    var answer = server.post("/api/sign-in").json(Map.of("token", TestServer.ADMIN_TOKEN)).send();
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Set-Cookie")).contains("HttpOnly", "SameSite=Strict", "Secure");
    cookie = answer.header("Set-Cookie").split(";", 2)[0];
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/me",
    "GET, /api/projects",
    "POST, /api/projects",
    "GET, /api/projects/018f0000-0000-7000-8000-000000000000",
    "DELETE, /api/projects/018f0000-0000-7000-8000-000000000000",
    "GET, /api/projects/a/sessions/live",
    "GET, /api/projects/a/nothing/here",
    "GET, /api/sessions/a/b",
    "GET, /metrics",
    "GET, /api/internal/sync/status",
    "GET, /api/internal/nothing/here"
  })
  void without_a_sign_in_nothing_is_told(String method, String path) {
    var answer = server.call(method, path).send();

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.json().get("code").asString()).isEqualTo("sign_in_required");
  }

  @Test
  void the_token_or_the_cookie_opens() {
    assertThat(server.get("/api/me").admin().send().json().get("public_url").asString())
        .isEqualTo("https://replay.example.com");
    assertThat(server.get("/api/me").header("Cookie", cookie).send().status()).isEqualTo(200);
  }

  @Test
  void a_wrong_token_is_not_saved_by_a_cookie() {
    assertThat(server.get("/api/me").bearer("bst_wrong").header("Cookie", cookie).send().status())
        .isEqualTo(401);
  }

  @Test
  void a_write_key_reads_nothing() {
    var project = server.project();

    assertThat(
            server
                .get("/api/projects/" + project.id() + "/sessions")
                .bearer(project.sdkKey())
                .send()
                .status())
        .isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "null",
        "https://replay.example.com.evil.example",
        "http://127.0.0.1:1"
      })
  void another_sites_page_cannot_use_the_cookie_to_change_anything(String origin) {
    var answer =
        server
            .post("/api/projects")
            .header("Cookie", cookie)
            .header("Origin", origin)
            .json(Map.of("name", "Forged"))
            .send();

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.json().get("code").asString()).isEqualTo("cross_site");
    assertThat(server.count("select count(*) from project where name = 'Forged'")).isZero();
  }

  @Test
  void our_own_pages_and_programs_may_use_the_cookie() {
    String here = server.url().toString();
    for (String origin : new String[] {here, "https://replay.example.com"}) {
      assertThat(
              server
                  .post("/api/projects")
                  .header("Cookie", cookie)
                  .header("Origin", origin)
                  .json(Map.of("name", "Ours"))
                  .send()
                  .status())
          .as(origin)
          .isEqualTo(201);
    }
    assertThat(
            server
                .post("/api/projects")
                .header("Cookie", cookie)
                .json(Map.of("name", "Ours"))
                .send()
                .status())
        .isEqualTo(201);
  }

  @Test
  void a_token_in_the_header_may_come_from_anywhere() {
    assertThat(
            server
                .post("/api/projects")
                .admin()
                .header("Origin", "https://tools.example.com")
                .json(Map.of("name", "Tool"))
                .send()
                .status())
        .isEqualTo(201);
  }

  @Test
  void an_unknown_address_of_the_api_is_a_problem_and_no_page() {
    var answer = server.get("/api/nothing").admin().send();

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.json().get("code").asString()).isEqualTo("not_found");
  }
}

package dev.backspool.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.Project;
import dev.backspool.server.TestServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Verifying over HTTP. */
final class VerifyApiTest {
  private static TestServer server;
  private static Project project;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    project = server.project();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static List<JsonNode> verify(String query) {
    var answer = server.post("/api/verify" + query).admin().send();
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("application/x-ndjson");
    return answer.body().lines().map(TestServer.JSON::readTree).toList();
  }

  private static void sql(String sql) {
    server.server().postgres().own(handle -> handle.execute(sql));
  }

  @Test
  void findings_come_as_lines_and_the_summary_last() {
    Visit visit =
        new Visit(server, project, "counted").page(0, "https://shop.example.com/").upload();
    List<JsonNode> clean = verify("");
    assertThat(clean.getFirst().at("/progress/step").asString()).isEqualTo("tables");
    assertThat(clean.getLast().at("/summary/clean").asBoolean()).isTrue();
    assertThat(clean.getLast().at("/summary/uploads").asInt()).isOne();
    assertThat(clean.getLast().at("/summary/kinds").size()).isZero();

    sql("update session set hot_chunks = 5");
    List<JsonNode> wrong = verify("?project=" + project.id());
    JsonNode finding = wrong.stream().filter(line -> line.has("finding")).findFirst().orElseThrow();
    assertThat(finding.at("/finding/kind").asString()).isEqualTo("hot_count");
    assertThat(finding.at("/finding/severity").asString()).isEqualTo("inconsistent");
    assertThat(finding.at("/finding/project").asString()).isEqualTo(project.id().toString());
    assertThat(finding.at("/finding/project_name").asString()).isEqualTo("Shop");
    assertThat(finding.at("/finding/session").asString()).isEqualTo(visit.id());
    assertThat(finding.at("/finding/repaired").isNull()).isTrue();
    assertThat(finding.at("/finding/advice").asString()).isNotEmpty();
    assertThat(wrong.getLast().at("/summary/clean").asBoolean()).isFalse();

    JsonNode repaired = verify("?repair=true&quick=true").getLast();
    assertThat(repaired.at("/summary/clean").asBoolean()).isTrue();
    assertThat(repaired.at("/summary/kinds/0/kind").asString()).isEqualTo("hot_count");
    assertThat(repaired.at("/summary/kinds/0/repaired").asInt()).isOne();
    assertThat(server.count("select hot_chunks from session")).isOne();
  }

  @Test
  void only_who_is_signed_in_may_and_wrong_words_are_named() {
    assertThat(server.post("/api/verify").send().status()).isEqualTo(401);
    assertThat(server.post("/api/verify").bearer(project.sdkKey()).send().status()).isEqualTo(401);
    for (String field : List.of("repair=maybe", "quick=1", "project=none")) {
      var answer = server.post("/api/verify?" + field).admin().send();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().at("/errors/0/field").asString())
          .isEqualTo(field.substring(0, field.indexOf('=')));
    }
  }

  @Test
  void one_runs_at_a_time() {
    sql(
        """
        insert into job (name, holder, leased_until, started_at)
        values ('verify', gen_random_uuid(), now() + interval '1 minute', now())
        on conflict (name) do update set
          holder = excluded.holder, leased_until = excluded.leased_until
        """);
    var busy = server.post("/api/verify").admin().send();
    assertThat(busy.status()).isEqualTo(409);
    assertThat(busy.json().get("code").asString()).isEqualTo("verification_runs");
    sql("delete from job where name = 'verify'");
    assertThat(verify("").getLast().at("/summary/clean").asBoolean()).isTrue();
  }
}

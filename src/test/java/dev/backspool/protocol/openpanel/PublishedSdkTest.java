package dev.backspool.protocol.openpanel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backspool.project.Projects;
import dev.backspool.server.SettableClock;
import dev.backspool.server.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The published {@code @openpanel/sdk}, unchanged, in Node against the real server: the contract's
 * acceptance cases 34 and 36. It reads any answer but JSON on 200 or 202 as a failure: it sends up
 * to three times more, and forgets whose session it was.
 */
final class PublishedSdkTest {
  private static final Path SDK = Path.of("web/node_modules/@openpanel/sdk/dist/index.js");
  private static final Path SCENES = Path.of("src/test/resources/openpanel/published-sdk.mjs");

  /** It stands: who is in no session is told the device of the day and session of the half hour. */
  private final TestServer server = TestServer.start(new SettableClock(Tracking.T));

  private final Projects.WithSecret shop = server.server().projects().create("Shop", "web");

  @AfterEach
  void stop() {
    server.close();
  }

  /**
   * A call as the script tells of it.
   *
   * @param answers the status of each request that it cost
   * @param device what the SDK holds afterwards
   */
  private record Call(String name, List<Integer> answers, String device, String session) {}

  private List<Call> play(String scene) throws IOException, InterruptedException {
    assertThat(SDK).as("installed by web/build.sh").exists();
    var options =
        Map.of(
            "apiUrl", server.url().toString(),
            "clientId", shop.project().clientId().toString(),
            "clientSecret", shop.clientSecret());
    Process node =
        new ProcessBuilder(
                "node",
                SCENES.toString(),
                SDK.toAbsolutePath().toString(),
                scene,
                TestServer.JSON.writeValueAsString(options))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(node.waitFor()).as(said).isZero();
    return List.of(TestServer.JSON.readValue(said, Call[].class));
  }

  @Test
  void every_call_costs_one_request_and_tells_device_and_session() throws Exception {
    List<Call> calls = play("everything");

    assertThat(calls)
        .hasSize(10)
        .allSatisfy(call -> {
          boolean hopeless = call.name().contains(" of ");
          assertThat(call.answers()).containsExactly(hopeless ? 202 : 200);
          assertThat(call.session()).matches("[A-Za-z0-9_-]{22}");
          assertThat(call.device()).matches("[0-9a-f]{32}");
        });
    assertThat(calls).extracting(Call::session).containsOnly(calls.getFirst().session());
  }

  @Test
  void what_it_tells_is_stored() throws Exception {
    String device = play("everything").getFirst().device();

    assertThat(
            server.column(
                """
                select concat_ws(' ', name, profile_id, device_id, groups, revenue,
                  sdk_name, sdk_version)
                from event order by at, id
                """))
        .containsExactly(
            "order_placed " + device + " " + device + " {} node 1.3.1",
            "report_opened ada " + device + " {acme} node 1.3.1",
            "revenue ada " + device + " {acme} 1999 node 1.3.1");
    assertThat(server.column("select properties from event order by at, id"))
        .extracting(TestServer.JSON::readTree)
        .containsExactly(
            TestServer.JSON.readTree("{\"total\": \"42\", \"items.lamp\": \"2\"}"),
            TestServer.JSON.readTree("{}"),
            TestServer.JSON.readTree("{\"currency\": \"EUR\"}"));
    assertThat(
            server.column(
                """
                select concat_ws(' ', id, first_name, last_name, email, groups,
                  properties ->> 'plan', properties ->> 'visits')
                from profile
                """))
        .containsExactly("ada Ada Lovelace ada@example.com {acme} pro 4");
    assertThat(
            server.column(
                """
                select concat_ws(' ', id, type, name, properties ->> 'seats') from profile_group
                """))
        .containsExactly("acme company Acme 5");
    // Which makes a program's events no sessions of their own.
    assertThat(server.count("select count(*) from session")).isZero();
  }

  @Test
  void an_event_that_a_page_sends_twice_at_once_costs_two_requests_and_is_stored_once()
      throws Exception {
    Call twice = play("twice").getFirst();

    assertThat(twice.answers()).containsExactly(200, 200);
    assertThat(twice.session()).isNotEmpty();
    assertThat(server.column("select name from event")).containsExactly("clicked");
  }
}

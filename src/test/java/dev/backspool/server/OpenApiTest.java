package dev.backspool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.javalin.http.HandlerType;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The description of the API against the routes that there are. */
final class OpenApiTest {
  /** Preflights, filters, and what is a page or a part of one, are no part of the API. */
  private static final Set<HandlerType> DESCRIBED =
      Set.of(
          HandlerType.GET,
          HandlerType.POST,
          HandlerType.PUT,
          HandlerType.PATCH,
          HandlerType.DELETE);

  private static final Set<String> PAGES = Set.of("get /*", "get /api-reference/{file}");

  private static TestServer server;
  private static JsonNode description;

  @BeforeAll
  static void start() {
    server = TestServer.start();
    description = server.get("/openapi.json").send().json();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private record Operation(String method, String path, JsonNode text) {}

  /** Every operation; an older address of the same thing refers to the newer one. */
  private static List<Operation> operations() {
    var operations = new ArrayList<Operation>();
    description
        .get("paths")
        .properties()
        .forEach(path ->
            target(path.getValue())
                .properties()
                .forEach(method ->
                    operations.add(
                        new Operation(method.getKey(), path.getKey(), method.getValue()))));
    return operations;
  }

  private static JsonNode target(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isMissingNode() ? node : at(reference.asString());
  }

  private static JsonNode at(String reference) {
    return description.at(URLDecoder.decode(reference.substring(1), StandardCharsets.UTF_8));
  }

  @Test
  void every_route_is_described_and_nothing_else() {
    var routes = new TreeSet<String>();
    server
        .server()
        .http()
        .unsafe
        .internalRouter
        .allHttpHandlers()
        .forEach(route -> {
          if (DESCRIBED.contains(route.endpoint.method)) {
            routes.add(
                route.endpoint.method.name().toLowerCase(Locale.ROOT) + " " + route.endpoint.path);
          }
        });
    routes.removeAll(PAGES);
    var described = new TreeSet<String>();
    operations().forEach(operation -> described.add(operation.method() + " " + operation.path()));

    assertThat(described).isEqualTo(routes);
  }

  @Test
  void what_needs_a_sign_in_says_so_and_does() {
    for (Operation operation : operations()) {
      JsonNode security = operation.text().path("security");
      String path =
          operation.path().replaceAll("\\{[a-z]+}", "018f0000-0000-7000-8000-000000000000");
      var answer = server.call(operation.method().toUpperCase(Locale.ROOT), path).body("{}").send();

      boolean refused =
          answer.status() == 401
              && answer.header("Content-Type").contains("json")
              && answer.json().path("code").asString("").equals("sign_in_required");
      assertThat(refused).as(operation.method() + " " + path).isEqualTo(security.isMissingNode());
      if (refused) {
        assertThat(operation.text().at("/responses/401").isMissingNode()).isFalse();
      }
    }
  }

  @Test
  void every_reference_leads_somewhere_and_every_operation_has_a_name() {
    var names = new ArrayList<String>();
    description
        .get("paths")
        .forEach(path ->
            path.properties().stream()
                .filter(method -> !method.getKey().equals("$ref"))
                .forEach(method -> names.add(method.getValue().path("operationId").asString(""))));
    assertThat(names).doesNotHaveDuplicates().allMatch(name -> !name.isEmpty());

    var references = new ArrayList<JsonNode>();
    references.addAll(description.findValues("$ref"));
    assertThat(references)
        .isNotEmpty()
        .allSatisfy(reference ->
            assertThat(at(reference.asString()).isMissingNode())
                .as(reference.asString())
                .isFalse());
  }
}

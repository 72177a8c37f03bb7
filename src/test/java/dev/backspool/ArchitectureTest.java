package dev.backspool;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.backspool.recording.Frame;
import org.junit.jupiter.api.Test;

/** The arrows between the rooms, as docs/architecture.md draws them. */
final class ArchitectureTest {
  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.backspool");

  private static final String ROOT = "dev.backspool";
  private static final String[] OUTSIDE = {
    "java..",
    "javax..",
    "jakarta..",
    "org..",
    "com..",
    "io..",
    "tools..",
    "ua_parser..",
    "me..",
    "picocli..",
    "software.."
  };

  private static void mayUse(String room, String... others) {
    String[] allowed = new String[OUTSIDE.length + others.length + 2];
    System.arraycopy(OUTSIDE, 0, allowed, 0, OUTSIDE.length);
    for (int i = 0; i < others.length; i++) {
      allowed[OUTSIDE.length + i] = ROOT + "." + others[i] + "..";
    }
    allowed[allowed.length - 2] = ROOT;
    allowed[allowed.length - 1] = ROOT + "." + room + "..";
    classes()
        .that()
        .resideInAPackage(ROOT + "." + room + "..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(allowed)
        .check(PROGRAM);
  }

  @Test
  void the_nouns_import_nothing_but_the_jdk() {
    classes()
        .that()
        .resideInAPackage(ROOT)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(ROOT, "java..", "org.jspecify..")
        .check(PROGRAM);
  }

  @Test
  void the_rooms_use_only_what_lies_below_them() {
    mayUse("postgres");
    mayUse("rrweb");
    mayUse("http");
    mayUse("enrich");
    mayUse("archive");
    mayUse("project", "postgres");
    mayUse("session", "postgres", "rrweb");
    mayUse("recording", "postgres", "rrweb", "enrich", "archive");
    mayUse("archiver", "postgres", "rrweb", "archive", "recording", "ingest");
    mayUse("verify", "postgres", "rrweb", "archive", "recording", "session", "eventday");
    mayUse("analytics", "postgres", "enrich");
    mayUse("ingest", "postgres", "rrweb", "session", "project");
    mayUse(
        "retention",
        "postgres",
        "project",
        "session",
        "ingest",
        "recording",
        "archive",
        "archiver",
        "eventday");
    mayUse("eventday", "postgres", "archive", "recording", "ingest", "archiver", "sync");
    mayUse("event", "postgres", "session", "project", "ingest", "enrich");
    mayUse("sync", "postgres");
    mayUse("query", "sync");
    mayUse("erasure", "postgres", "session", "ingest", "event", "eventday");
    mayUse(
        "protocol.backspool", "http", "ingest", "rrweb", "session", "project", "event", "enrich");
    mayUse(
        "protocol.stackauth",
        "http",
        "ingest",
        "rrweb",
        "session",
        "project",
        "postgres",
        "recording",
        "event",
        "enrich",
        "sync",
        "query");
    mayUse("protocol.openpanel", "http", "ingest", "rrweb", "session", "event", "enrich");
    mayUse("protocol.uxcam", "http", "ingest", "rrweb", "session", "event", "enrich");
    mayUse(
        "transfer",
        "postgres",
        "rrweb",
        "project",
        "session",
        "recording",
        "archive",
        "archiver",
        "erasure",
        "eventday",
        "ingest");
    mayUse(
        "api",
        "transfer",
        "http",
        "ingest",
        "rrweb",
        "session",
        "project",
        "postgres",
        "recording",
        "archiver",
        "analytics",
        "erasure",
        "event",
        "retention",
        "enrich",
        "archive",
        "verify",
        "query",
        "sync");
  }

  @Test
  void the_file_of_a_recording_knows_no_database() {
    classes()
        .that()
        .resideInAPackage(ROOT + ".recording.file..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                    "java..",
                    "javax..",
                    "org.jspecify..",
                    "com.github.luben..",
                    "tools.jackson..",
                    ROOT,
                    ROOT + ".rrweb..",
                    ROOT + ".recording.file..")
                .or(type(Frame.class)))
        .check(PROGRAM);
  }

  @Test
  void no_room_stands_in_a_circle() {
    slices().matching("dev.backspool.(*)..").should().beFreeOfCycles().check(PROGRAM);
  }

  @Test
  void javalin_and_jetty_stay_at_the_edge() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            ROOT + ".http..", ROOT + ".protocol..", ROOT + ".api..", ROOT + ".server..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..")
        .check(PROGRAM);
  }

  @Test
  void the_client_of_buckets_stays_in_the_archive() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".archive..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(PROGRAM);
  }

  @Test
  void the_columnar_store_stays_in_its_sink_and_with_those_who_query_it() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".sync.duckdb..", ROOT + ".query.duckdb..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.duckdb..")
        .check(PROGRAM);
  }

  @Test
  void the_client_of_clickhouse_stays_in_its_sink() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".sync.clickhouse..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.clickhouse..")
        .check(PROGRAM);
  }

  @Test
  void no_room_but_the_program_reads_the_environment_or_writes_to_the_console() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".server..", ROOT + ".bench..", ROOT + ".postgres..")
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .accessField(System.class, "out")
        .check(PROGRAM);
  }
}

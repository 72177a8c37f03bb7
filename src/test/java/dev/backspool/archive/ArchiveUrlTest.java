package dev.backspool.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses of archives, as an operator writes them. */
final class ArchiveUrlTest {
  @ParameterizedTest
  @CsvSource({
    "file:/srv/recordings,/srv/recordings",
    "file:///srv/recordings/,/srv/recordings",
    "file://localhost/srv/recordings,/srv/recordings",
    "file:/srv/my%20recordings,/srv/my recordings",
  })
  void reads_a_directory(String text, String directory) {
    assertThat(ArchiveUrl.parse(text)).isEqualTo(new ArchiveUrl.Directory(Path.of(directory)));
  }

  @Test
  void reads_a_directory_from_where_the_program_runs() {
    assertThat(ArchiveUrl.parse("file:recordings"))
        .isEqualTo(new ArchiveUrl.Directory(Path.of("recordings").toAbsolutePath()));
  }

  @Test
  void a_bucket_alone_is_one_of_aws() {
    assertThat(ArchiveUrl.parse("s3://replays"))
        .isEqualTo(new ArchiveUrl.Bucket("replays", "", null, null, false, null, null, null, null));
  }

  @Test
  void reads_every_parameter_of_a_bucket() {
    assertThat(
            ArchiveUrl.parse(
                "s3://replays/a/b/?endpoint=https%3A%2F%2Fs3.example.com:9000/&region=eu-central-1"
                    + "&path_style=false&sse=aws:kms&kms_key=arn:aws:kms:x:y:key/z"
                    + "&storage_class=STANDARD_IA&cold_storage_class=GLACIER_IR"))
        .isEqualTo(
            new ArchiveUrl.Bucket(
                "replays",
                "a/b/",
                URI.create("https://s3.example.com:9000"),
                "eu-central-1",
                false,
                "aws:kms",
                "arn:aws:kms:x:y:key/z",
                "STANDARD_IA",
                "GLACIER_IR"));
  }

  @Test
  void an_endpoint_of_another_server_wants_the_bucket_in_the_path() {
    assertThat(ArchiveUrl.parse("s3://replays?endpoint=http://10.0.0.7:9000"))
        .isInstanceOfSatisfying(
            ArchiveUrl.Bucket.class, bucket -> assertThat(bucket.pathStyle()).isTrue());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/srv/recordings | must begin with file: or s3://",
        "http://s3.example.com/replays | must begin with file: or s3://",
        "s3 replays | must be a URL",
        "file: | must be a URL",
        "file://server/share | must name a directory",
        "s3:/replays | must name a bucket",
        "s3://a | must name a bucket",
        "s3://key:hunter2@replays | holds credentials",
        "s3://replays/a//b | must have a prefix",
        "s3://replays?region | name=value",
        "s3://replays?region=x&region=y | has region twice",
        "s3://replays?region=EU Central | must be a URL",
        "s3://replays?region=EU | has a region that is not",
        "s3://replays?path_style=yes | has a path_style that is not true or false",
        "s3://replays?sse=rot13 | has a sse that is not AES256 or aws:kms",
        "s3://replays?kms_key=k | needs sse=aws:kms",
        "s3://replays?storage_class=cheap | has a storage_class",
        "s3://replays?cold_storage_class=DEEP_ARCHIVE | cannot be read at once",
        "s3://replays?endpoint=s3.example.com | has an endpoint that is not an address",
        "s3://replays?endpoint=https://k:hunter2@s3.example.com | has an endpoint",
        "s3://replays?endpont=https://s3.example.com | has endpont, which is no parameter",
      })
  void says_what_is_wrong(String text, String problem) {
    assertThatThrownBy(() -> ArchiveUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem)
        .hasMessageNotContaining("hunter2");
  }
}

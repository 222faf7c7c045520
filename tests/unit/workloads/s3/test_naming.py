"""Names of what is made, and the fields that go with it."""

import pytest

from loadgen.workloads.s3.naming import is_taken, kept_fields, name_of
from loadgen.workloads.s3.protocol.documents import Listed

HEAD = (
    b'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\nETag: "e"\r\nx-amz-meta-Of: me\r\n'
    b"Cache-Control: max-age=60\r\nx-amz-request-id: 1\r\nLast-Modified: now\r\n\r\n"
)


@pytest.mark.parametrize(
    ("pattern", "name", "made"),
    [
        ("", "a/b.jpg", "a/b.jpg"),
        ("{stem}.webp", "a/b.jpg", "a/b.webp"),
        ("{stem}-small{ext}", "b.tar.gz", "b.tar-small.gz"),
        ("{name}.txt", "b", "b.txt"),
        ("{stem}{ext}", "a/{stem}.x", "a/{stem}.x"),
    ],
)
def test_names_by_a_pattern(pattern: str, name: str, made: str) -> None:
    assert name_of(pattern, name) == made


def test_which_objects_are_taken() -> None:
    assert is_taken(Listed("in/a.JPG", 1), "in/", "")
    assert is_taken(Listed("in/b/a.jpg", 1), "in/", "*.jpg")
    assert not is_taken(Listed("in/a.JPG", 1), "in/", "*.jpg")


def test_fields_that_are_the_object_s_own_are_kept_and_its_type_follows_its_name() -> None:
    kept = {"content-type": "image/jpeg", "x-amz-meta-of": "me", "cache-control": "max-age=60"}
    assert kept_fields(HEAD, "out/a.jpg") == kept
    assert kept_fields(HEAD, "out/a") == kept
    assert kept_fields(HEAD, "out/a.png") == {**kept, "content-type": "image/png"}
    assert kept_fields(b"HTTP/1.1 200 OK\r\n\r\n", "out/a") == {}

"""Names of what is made, and the fields that go with it."""

from typing import Any

import pytest

from loadgen.plan.jobs.s3 import S3Job
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


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        ({}, "abc"),
        ({"match": "*.jpg"}, "bc"),
        ({"least_bytes": 2}, "bc"),
        ({"least_bytes": 2, "most_bytes": 2}, "b"),
        ({"most_bytes": 0}, ""),
        ({"since_s": 1767312000.0}, "bc"),  # the second of January 2026
        ({"since_s": 1767312001.0}, "c"),
        ({"match": "*.jpg", "most_bytes": 2, "since_s": 1767312001.0}, ""),
    ],
)
def test_which_objects_are_taken(chosen: dict[str, Any], keys: str) -> None:
    there = [
        Listed("in/a.JPG", 1, modified="2026-01-01T23:59:59.999Z"),
        Listed("in/d/b.jpg", 2, modified="2026-01-02T00:00:00.000Z"),
        Listed("in/c.jpg", 3, modified="2026-01-02T01:00:01+00:00"),
        Listed("in/folder/", 0, modified="2026-01-03T00:00:00Z"),
    ]
    s3 = S3Job("batch", "photos", source="in/", **chosen)
    assert [item.key for item in there if is_taken(item, s3)] == [item.key for item in there if item.key[-5] in keys]


def test_fields_that_are_the_object_s_own_are_kept_and_its_type_follows_its_name() -> None:
    kept = {"content-type": "image/jpeg", "x-amz-meta-of": "me", "cache-control": "max-age=60"}
    assert kept_fields(HEAD, "out/a.jpg") == kept
    assert kept_fields(HEAD, "out/a") == kept
    assert kept_fields(HEAD, "out/a.png") == {**kept, "content-type": "image/png"}
    assert kept_fields(b"HTTP/1.1 200 OK\r\n\r\n", "out/a") == {}

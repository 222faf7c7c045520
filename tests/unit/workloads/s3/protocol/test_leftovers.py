"""What stores say is left in a bucket."""

import pytest

from loadgen.workloads.s3.protocol.documents import Listed
from loadgen.workloads.s3.protocol.leftovers import (
    read_not_deleted,
    read_uploads,
    read_versioning,
    read_versions,
)

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def versions(inner: str) -> bytes:
    return f"<ListVersionsResult {NAMESPACE}>{inner}</ListVersionsResult>".encode()


@pytest.mark.parametrize(
    ("inner", "keeps"), [("", False), ("<Status>Enabled</Status>", True), ("<Status>Suspended</Status>", True)]
)
def test_whether_a_bucket_keeps_versions(inner: str, keeps: bool) -> None:
    assert read_versioning(f"<VersioningConfiguration {NAMESPACE}>{inner}</VersioningConfiguration>".encode()) is keeps


@pytest.mark.parametrize("document", [b"", b"<html/>", b"<Error><Code>NotImplemented</Code></Error>"])
def test_what_does_not_tell_whether_a_bucket_keeps_versions(document: bytes) -> None:
    with pytest.raises(ValueError, match="does not tell"):
        read_versioning(document)


def test_versions_and_markers_are_alike() -> None:
    page = read_versions(
        versions(
            "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a%2Fb</NextKeyMarker>"
            "<NextVersionIdMarker>2</NextVersionIdMarker><CommonPrefixes><Prefix>p%20q/</Prefix></CommonPrefixes>"
            "<Version><Key>a%2Fb</Key><VersionId>1</VersionId><Size>7</Size></Version>"
            "<DeleteMarker><Key>a%2Fb</Key><VersionId>2</VersionId></DeleteMarker>"
        )
    )
    assert page.objects == (Listed("a/b", 7, "1"), Listed("a/b", 0, "2", marker=True))
    assert (page.token, page.prefixes) == (("a/b", "2"), ("p q/",))


def test_uploads_page_by_page() -> None:
    inner = "<Upload><Key>k</Key><UploadId>u</UploadId></Upload>"
    assert read_uploads(f"<ListMultipartUploadsResult>{inner}</ListMultipartUploadsResult>".encode()).objects == (
        Listed("k", 0, "u"),
    )
    more = "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>"
    assert read_uploads(f"<ListMultipartUploadsResult>{more}{inner}</ListMultipartUploadsResult>".encode()).token == (
        "k",
        "u",
    )


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body/></html>",
        versions("<Version><Key>a</Key></Version>"),
        versions("<IsTruncated>true</IsTruncated>"),
        versions("<IsTruncated>false</IsTruncated>")[:-1],
    ],
)
def test_a_page_that_is_none_is_said(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"the page|no page"):
        read_versions(document)


def test_what_was_not_deleted() -> None:
    assert read_not_deleted(b"<DeleteResult/>") == set()
    errors = "<Error><Key>a</Key><VersionId>1</VersionId><Code>AccessDenied</Code></Error><Error><Key>b</Key></Error>"
    assert read_not_deleted(f"<DeleteResult {NAMESPACE}>{errors}</DeleteResult>".encode()) == {("a", "1"), ("b", "")}
    for nothing in (b"", b"<html><body/></html>", b"<Error><Code>SlowDown</Code></Error>"):
        assert read_not_deleted(nothing) is None

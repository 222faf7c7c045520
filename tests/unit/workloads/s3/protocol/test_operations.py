from dataclasses import replace
from hashlib import sha256

import pytest

from loadgen.base.clock import s_to_ns
from loadgen.base.exchange import KEEP_TO_SEARCH
from loadgen.plan.jobs.s3_operations import PAGE_BYTES, Operation
from loadgen.workloads.s3.appends import append
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.data import Bodies, Given
from loadgen.workloads.s3.protocol.documents import Part
from loadgen.workloads.s3.protocol.endpoint import find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from loadgen.workloads.sigv4.signer import EMPTY_SHA256

ADDRESS = find_bucket("photos", endpoint="http://127.0.0.1:9000", environment={})
SECURE = find_bucket("photos", environment={})
IDS = {operation: index for index, operation in enumerate(Operation)}
NOW_S = 1369353600.5


def make(address=ADDRESS, **options):
    provider = Provider(Credentials("AKIAIOSFODNN7EXAMPLE", "CANARY-secret", "CANARY-token"))
    return Operations(address, provider, IDS, clock=lambda: NOW_S, **options)


ALL = {
    Operation.PUT: (lambda o: o.put("a b", Given(b"x")), "PUT", "/photos/a%20b"),
    Operation.APPEND: (lambda o: append(o, "k", Given(b"x"), 5), "PUT", "/photos/k"),
    Operation.GET: (lambda o: o.get("a b"), "GET", "/photos/a%20b"),
    Operation.GET_RANGE: (lambda o: o.get_range("k", 0, 10), "GET", "/photos/k"),
    Operation.GET_ACL: (lambda o: o.get_acl("k"), "GET", "/photos/k?acl"),
    Operation.GET_TAGS: (lambda o: o.get_tags("k"), "GET", "/photos/k?tagging"),
    Operation.STAT: (lambda o: o.stat("k"), "HEAD", "/photos/k"),
    Operation.LIST: (
        lambda o: o.list("p/", token="t=", max_keys=5), "GET",
        "/photos?continuation-token=t%3D&encoding-type=url&list-type=2&max-keys=5&prefix=p%2F",
    ),
    Operation.DELETE: (lambda o: o.delete("k"), "DELETE", "/photos/k"),
    Operation.DELETE_MANY: (lambda o: o.delete_many(["k"]), "POST", "/photos?delete"),
    Operation.COPY: (lambda o: o.copy("k", "l"), "PUT", "/photos/l"),
    Operation.CREATE_MULTIPART: (lambda o: o.create_multipart("k"), "POST", "/photos/k?uploads"),
    Operation.PUT_PART: (lambda o: o.put_part("k", "u", 2, Given(b"x")), "PUT", "/photos/k?partNumber=2&uploadId=u"),
    Operation.COMPLETE_MULTIPART: (
        lambda o: o.complete_multipart("k", "u", [Part(1, "e")]), "POST", "/photos/k?uploadId=u",
    ),
    Operation.ABORT_MULTIPART: (lambda o: o.abort_multipart("k", "u"), "DELETE", "/photos/k?uploadId=u"),
    Operation.CREATE_BUCKET: (lambda o: o.create_bucket(), "PUT", "/photos"),
    Operation.LIST_UPLOADS: (lambda o: o.list_uploads("a/b"), "GET", "/photos?encoding-type=url&prefix=a%2Fb&uploads"),
    Operation.GET_VERSIONING: (lambda o: o.get_versioning(), "GET", "/photos?versioning"),
    Operation.LIST_VERSIONS: (
        lambda o: o.list_versions("a", after=("k", "v")), "GET",
        "/photos?encoding-type=url&key-marker=k&prefix=a&version-id-marker=v&versions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_has_its_method_target_and_name(operation):
    make_request, method, target = ALL[operation]
    request = make_request(make())
    assert (request.method, request.target, request.name_id) == (method, target, IDS[operation])
    fields = dict(request.fields.pairs)
    assert fields["x-amz-date"] == "20130524T000000Z"
    assert fields["x-amz-security-token"] == "CANARY-token"
    assert fields["User-Agent"].startswith("loadgen/")
    assert fields["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/")
    assert not request.fields.names_host


def payload_of(request):
    return dict(request.fields.pairs)["x-amz-content-sha256"]


def test_a_payload_is_hashed_over_http_and_not_over_https_unless_asked_for():
    content = Given(b"x")
    hashed = sha256(b"x").hexdigest()
    assert payload_of(make().put("k", content)) == hashed
    assert payload_of(make(SECURE).put("k", content)) == "UNSIGNED-PAYLOAD"
    assert payload_of(make(SECURE, payload="signed").put("k", content)) == hashed
    assert payload_of(make(payload="unsigned").put_part("k", "u", 1, content)) == "UNSIGNED-PAYLOAD"
    assert payload_of(make(SECURE).get("k")) == EMPTY_SHA256
    streamed = make(payload="streaming").put("k", content)
    assert payload_of(streamed) == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    assert streamed.streams
    assert dict(streamed.fields.pairs)["x-amz-decoded-content-length"] == "1"


def test_documents_are_hashed_whatever_the_mode():
    request = make(SECURE).delete_many(["k"])
    assert payload_of(request) == sha256(request.body).hexdigest()
    assert "Content-MD5" in dict(request.fields.pairs)


def test_a_checksum_is_a_header_or_in_the_trailer_or_named_for_parts():
    checksum = make_checksum("crc32")
    value = checksum.of(b"123456789")
    put = make(checksum=checksum).put("k", Given(b"123456789"))
    assert dict(put.fields.pairs)["x-amz-checksum-crc32"] == value
    streamed = make(checksum=checksum, payload="streaming").put("k", Given(b"123456789"))
    assert dict(streamed.fields.pairs)["x-amz-trailer"] == "x-amz-checksum-crc32"
    assert f"x-amz-checksum-crc32:{value}".encode() in b"".join(map(bytes, streamed.body.chunks()))
    begun = make(checksum=checksum).create_multipart("k")
    assert dict(begun.fields.pairs)["x-amz-checksum-algorithm"] == "CRC32"
    done = make(checksum=checksum).complete_multipart("k", "u", [Part(1, "e", value)])
    assert f"<ChecksumCRC32>{value}</ChecksumCRC32>".encode() in done.body
    assert make().checksum_of(Given(b"x")) is None
    assert make(checksum=checksum).checksum_of(Given(b"123456789")) == value


def test_a_small_body_is_bytes_and_a_large_one_streams():
    bodies = Bodies(1)
    small, large = (make().put("k", bodies.body(1, size)) for size in (1000, 1_000_000))
    assert not small.streams
    assert small.body == bodies.body(1, 1000).joined()
    assert large.streams
    assert not large.plain, "it would be sent as if it had no body"
    assert large.body.length == 1_000_000


def test_uploads_wait_to_be_asked_for_without_signing_that():
    operations = make(waits=True)
    for request in (operations.put("k", Given(b"x")), operations.put_part("k", "u", 1, Given(b"x"))):
        assert (request.streams, request.plain, request.fields.expect_continue) == (True, False, True)
        fields = dict(request.fields.pairs)
        assert fields["Expect"] == "100-continue"
        assert "expect" not in fields["Authorization"]
    for request in (operations.delete_many(["k"]), operations.get("k"), make().put("k", Given(b"x"))):
        assert (request.streams, "Expect" in dict(request.fields.pairs)) == (False, False)


def test_a_range_names_its_first_and_last_byte():
    request = make().get_range("k", 100, 50)
    assert dict(request.fields.pairs)["Range"] == "bytes=100-149"
    assert (request.expect.statuses, request.expect.length) == (((206, 206),), 50)


def test_downloads_of_one_length_share_what_is_expected():
    operations = make()
    assert operations.get("a", 10).expect is operations.get("b", 10).expect
    assert operations.get("a", 11).expect.length == 11
    assert operations.get("a").expect.length is None


def test_lists_are_kept_whole_and_other_replies_only_as_far_as_an_error_goes():
    operations = make()
    assert operations.list().keep == PAGE_BYTES > KEEP_TO_SEARCH
    assert operations.get("k").keep == 2048
    assert operations.list().group is None


def test_a_copy_names_its_source_encoded():
    assert dict(make(SECURE).copy("a b", "c").fields.pairs)["x-amz-copy-source"] == "/photos/a%20b"


def test_a_bucket_of_another_region_says_where():
    elsewhere = make(replace(ADDRESS, region="eu-west-1"))
    assert b"<LocationConstraint>eu-west-1<" in elsewhere.create_bucket().body
    assert make().create_bucket().body == b""


def test_a_presigned_download_needs_no_header():
    request = make().presigned_get("k", 60, 10)
    assert [name for name, _ in request.fields.pairs] == ["User-Agent"]
    assert "X-Amz-Expires=60" in request.target
    assert request.expect.length == 10


def test_new_credentials_sign_the_next_request():
    provider = Provider(Credentials("FIRST", "secret"))
    operations = Operations(ADDRESS, provider, IDS)
    assert b"Credential=FIRST/" in operations.get("k").fields.block
    provider.current = Credentials("SECOND", "secret")
    assert b"Credential=SECOND/" in operations.get("k").fields.block


def test_what_moves_much_has_more_time():
    size = 128 << 20
    small, large = Given(b"x"), Bodies(1).body(1, size)
    for timeout_s in (10.0, 60.0):
        operations = make(timeout_s=timeout_s)
        assert {request.timeout_ns for request in (operations.put("k", small), operations.get("k", 8 << 20))} == {None}
        for request in (
            operations.put("k", large),
            make(payload="streaming", timeout_s=timeout_s).put("k", large),
            operations.get("k", size),
            operations.get_range("k", 0, size),
            operations.copy("k", "l", size),
            operations.complete_multipart("k", "u", [], size),
            operations.presigned_get("k", 60, size),
        ):
            assert (request.timeout_ns, request.plain) == (s_to_ns(timeout_s + 128), False)

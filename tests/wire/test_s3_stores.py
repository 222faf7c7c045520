"""Every operation of S3 against real stores."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from loadgen.base.exchange import Request
from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.data import Bodies, Given
from loadgen.workloads.s3.protocol.documents import Part, find_etag, read_end, read_page, read_upload_id
from loadgen.workloads.s3.protocol.leftovers import read_uploads
from tests.support.clients import every_client
from tests.support.s3_requests import Store
from tests.support.s3_servers import S3Store

BODIES = Bodies(1)
ODD_KEYS = ["a b", "a+b", "100%", "a%20b", "bäume/木", "?&=#;:@", "*'()!~$,", '<&>"', "a" * 200]
PATH_LIKE_KEYS = ["a//b", "a/../b", "./a"]  # stores that keep objects as files cannot have them

pytestmark = pytest.mark.slow  # the stores take 2 s to start and up to 10 ms a request


def opened(server: S3Store) -> Iterator[Store]:
    store = Store(server)
    try:
        if store.ask(store.operations().list(max_keys=1)).status == 404:
            store.good(store.operations().create_bucket())
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def signing(signing_store: S3Store) -> Iterator[Store]:
    """A user of a store that checks signatures."""
    yield from opened(signing_store)


@pytest.fixture(scope="module")
def moto(moto_store: S3Store) -> Iterator[Store]:
    """A user of moto."""
    yield from opened(moto_store)


@pytest.fixture(params=["signing", "moto"])
def store(request: pytest.FixtureRequest) -> Store:
    """A user of each store."""
    found: Store = request.getfixturevalue(request.param)
    return found


def download(store: Store, key: str, *bodies, start: int = 0, length: int | None = None) -> None:
    """Get an object, and compare it with what was put."""
    whole = b"".join(body.joined() for body in bodies)
    operations = store.operations()
    request = operations.get(key, len(whole)) if length is None else operations.get_range(key, start, length)
    got = bytearray()
    request.sink = got.extend
    store.good(request)
    assert got == (whole if length is None else whole[start : start + length])


@pytest.mark.parametrize("size", [0, 1000, 65537, 600_000])
def test_what_is_put_is_got_and_then_deleted(store, size):
    operations, key, body = store.operations(), f"size/{size}", BODIES.body(size, size)
    store.good(operations.put(key, body))
    assert store.ask(operations.stat(key)).status == 200
    download(store, key, body)
    store.good(operations.delete(key))
    assert store.code(operations.get(key)) == "NoSuchKey"
    assert store.code(operations.stat(key)) == "status 404"


def test_a_range_is_a_part_of_the_object(store):
    operations, body = store.operations(), BODIES.body(3, 300_000)
    store.good(operations.put("range", body))
    for start, length in ((0, 1), (1000, 5000), (262_000, 1000), (299_999, 1)):
        download(store, "range", body, start=start, length=length)
    assert store.code(operations.get_range("range", 300_000, 10)) == "InvalidRange"


def test_a_download_of_another_length_than_expected_is_bad(store):
    operations = store.operations()
    store.good(operations.put("length", Given(b"12345")))
    assert store.ask(operations.get("length", 4)).length == 5
    assert store.code(operations.get("length", 4)) == "status 200"


@pytest.mark.parametrize("keys", [ODD_KEYS, PATH_LIKE_KEYS], ids=["odd", "path-like"])
def test_any_key_is_put_got_listed_copied_and_deleted(store, keys):
    operations = store.operations()
    keys = [f"odd/{key}" for key in keys]
    for index, key in enumerate(keys):
        request = operations.put(key, BODIES.body(index, 100))
        if store.server.name == "given" and store.ask(request).status == 409:
            pytest.skip(f"this store keeps objects as files and cannot have {key!r}")
        store.good(request)
    page = read_page(store.good(operations.list("odd/")))
    assert sorted(item.key for item in page.objects) == sorted(keys)
    for index, key in enumerate(keys):
        store.good(operations.copy(key, "copied"))
        download(store, "copied", BODIES.body(index, 100))
    store.good(operations.delete_many([*keys, "never was"]))
    assert read_page(store.good(operations.list("odd/"))).objects == ()


def test_a_list_comes_in_pages(store):
    operations = store.operations()
    for name in ("a", "b", "c/1", "c/2", "d"):
        store.good(operations.put(f"pages/{name}", Given(name.encode())))
    found, token, pages = [], None, 0
    while pages == 0 or token is not None:
        data = store.good(operations.list("pages/", token=token, max_keys=2))
        page = read_page(data)
        assert len(page.objects) <= 2
        assert read_end(data).token == page.token
        found, token, pages = [*found, *page.objects], page.token, pages + 1
    assert [(item.key, item.size) for item in found] == [
        ("pages/a", 1), ("pages/b", 1), ("pages/c/1", 3), ("pages/c/2", 3), ("pages/d", 1),
    ]  # fmt: skip


def etag_of(store: Store, request: Request) -> str:
    """Put a part."""
    got = store.ask(request)
    assert got.status == 200
    etag = find_etag(got.head)
    assert etag is not None
    return etag


def test_an_upload_in_parts_is_one_object(store):
    operations, key = store.operations(), "parts/whole object"
    upload = read_upload_id(store.good(operations.create_multipart(key)))
    bodies = [BODIES.body(7, size, part) for part, size in ((1, 5 << 20), (2, 70_000))]
    parts = [
        Part(number, etag_of(store, operations.put_part(key, upload, number, body)))
        for number, body in enumerate(bodies, start=1)
    ]
    store.good(operations.complete_multipart(key, upload, reversed(parts)))
    download(store, key, *bodies)
    store.good(operations.delete(key))


def test_a_completion_that_names_a_wrong_part_is_bad(store):
    operations = store.operations()
    upload = read_upload_id(store.good(operations.create_multipart("parts/bad")))
    store.good(operations.put_part("parts/bad", upload, 1, Given(b"x")))
    assert store.code(operations.complete_multipart("parts/bad", upload, [Part(1, "0" * 32)])) == "InvalidPart"
    store.good(operations.abort_multipart("parts/bad", upload))
    assert read_uploads(store.good(operations.list_uploads("parts/bad"))).objects == ()


def test_a_bucket_that_is_not_there_is_said_to_be_missing(store):
    missing = Store(store.server, "nowhere")
    operations = missing.operations()
    assert missing.code(operations.list()) == "NoSuchBucket"
    assert missing.code(operations.put("x", Given(b"x"))) == "NoSuchBucket"
    missing.close()


@pytest.mark.parametrize("payload", ["signed", "unsigned", "streaming"])
@pytest.mark.parametrize("name", ["none", "crc32", "crc32c", "sha256"])
def test_every_way_to_sign_a_payload_with_every_checksum(signing, payload, name):
    operations = signing.operations(payload=payload, checksum=make_checksum(name))
    for size in (0, 300_000):
        body = BODIES.body(11, size)
        signing.good(operations.put("payload", body))
        download(signing, "payload", body)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_streamed_upload_has_its_checksum_in_a_trailer_signed_unless_tls_protects_it(store, scheme):
    address = replace(store.address, origin=replace(store.address.origin, scheme=scheme))  # but sent without TLS
    operations = store.operations(address=address, payload="streaming", checksum=make_checksum("crc32"))
    request, body = operations.put("trailer", BODIES.body(12, 300_000)), BODIES.body(12, 300_000)
    signed = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" in request.fields.block
    unsigned = b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" in request.fields.block
    assert (signed, unsigned) == (scheme == "http", scheme == "https")
    store.good(request)
    download(store, "trailer", body)


def test_parts_have_checksums_of_their_own(store):
    checksum = make_checksum("crc32")
    operations = store.operations(checksum=checksum)
    upload = read_upload_id(store.good(operations.create_multipart("checked")))
    body = BODIES.body(8, 1000, 1)
    etag = etag_of(store, operations.put_part("checked", upload, 1, body))
    done = [Part(1, etag, operations.checksum_of(body))]
    store.good(operations.complete_multipart("checked", upload, done))
    download(store, "checked", body)


class Lying(Given):
    """Content whose checksums are of something else."""

    def digest(self, new):
        return Given(b"something else").digest(new)


@pytest.mark.parametrize("payload", ["unsigned", "streaming"])
def test_a_wrong_checksum_is_refused(signing, payload):
    operations = signing.operations(payload=payload, checksum=make_checksum("crc32"))
    assert signing.code(operations.put("lying", Lying(b"the truth"))) in ("BadDigest", "InvalidRequest")


def test_a_wrong_hash_is_refused(signing):
    operations = signing.operations(payload="signed")
    assert signing.code(operations.put("lying", Lying(b"the truth"))) == "XAmzContentSHA256Mismatch"


def test_a_presigned_url_is_as_good_as_a_signature(store):
    operations, body = store.operations(), BODIES.body(4, 1000)
    for key in ("presigned", "pre signed/ü+"):
        store.good(operations.put(key, body))
        store.good(operations.presigned_get(key, 60, 1000))


def test_a_presigned_url_ends(signing):
    operations = signing.operations()
    signing.good(operations.put("presigned", Given(b"x")))
    long_ago = signing.operations(clock=lambda: 1.4e9)
    assert signing.code(long_ago.presigned_get("presigned", 60)) == "AccessDenied"


def test_a_wrong_secret_is_refused(signing):
    wrong = signing.operations(secret="wrong")
    for request in (wrong.stat("x"), wrong.get("x"), wrong.list(), wrong.put("x", Given(b"x"))):
        got = signing.ask(request)
        assert got.status == 403
        assert request.expect.verdict(got.status, got.length, got.kept) is not None
    assert signing.code(wrong.get("x")) == "SignatureDoesNotMatch"
    assert signing.code(wrong.presigned_get("x", 60)) == "SignatureDoesNotMatch"


class Unlike(Given):
    """Content whose chunks are hashed as something else."""

    def chunk_sha256(self, chunk):
        return super().chunk_sha256(chunk + b"!")


def test_a_wrong_chunk_signature_is_refused(signing):
    operations = signing.operations(payload="streaming")
    assert signing.code(operations.put("streamed", Unlike(b"x" * 1000))) == "SignatureDoesNotMatch"


def test_a_clock_that_is_wrong_is_told(signing):
    assert signing.code(signing.operations(clock=lambda: 1.4e9).list()) == "RequestTimeTooSkewed"


@every_client
def test_every_client_sends_what_was_signed(signing, kind):
    one = Store(signing.server, kind=kind)
    for payload, size in (("signed", 1000), ("streaming", 300_000)):
        operations, body = one.operations(payload=payload), BODIES.body(size, size)
        one.good(operations.put("client/a+b ü", body))
        download(one, "client/a+b ü", body)
    page = read_page(one.good(operations.list("client/")))
    assert [item.key for item in page.objects] == ["client/a+b ü"]
    one.good(operations.delete_many(["client/a+b ü"]))
    one.close()

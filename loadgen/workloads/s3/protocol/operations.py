"""The operations of S3 as signed Requests. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from time import time

from loadgen import __version__
from loadgen.base.clock import s_to_ns
from loadgen.base.encode import Encoder
from loadgen.base.exchange import BodySource, Request, RequestGroup, is_apart
from loadgen.plan.jobs.s3 import Payload
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.s3.protocol.checksums import Checksum, encoded
from loadgen.workloads.s3.protocol.data import Content
from loadgen.workloads.s3.protocol.documents import (
    Part,
    S3Expect,
    content_md5,
    write_complete,
    write_delete,
    write_location,
)
from loadgen.workloads.s3.protocol.endpoint import DEFAULT_REGION, BucketAddress
from loadgen.workloads.s3.protocol.models import make_model
from loadgen.workloads.s3.protocol.request_template import RequestTemplate
from loadgen.workloads.s3.protocol.streaming import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, AwsChunked
from loadgen.workloads.sigv4.credentials import Provider
from loadgen.workloads.sigv4.signer import EMPTY_SHA256, UNSIGNED_PAYLOAD, Headers, Query, Signer

_USER_AGENT = f"User-Agent: loadgen/{__version__}\r\n"
_MOST_LENGTHS = 4096
"""Of objects of one size, or of a few: with a size for each object there is nothing to be had from keeping them."""
_LARGE_BYTES = 8 << 20
_SLOWEST_BYTES_PER_S = 1 << 20
"""What moves more than the first has so much more time as that takes at the second: a slow line, and no stalled one."""
_NO_QUERY = Query()
_NO_FIELDS: Mapping[Operation, Headers] = {}


def _of_version(version: str) -> Query:
    return Query(("versionId", version)) if version else _NO_QUERY


class Operations:
    """Makes requests to one bucket, signed when they are made: send them within minutes. Belongs to one thread.

    `name_ids` are the request names of those operations that are used, in the plan's order. `payload` is how bodies of
    objects are signed, None for what suits: hashed over http, where nothing else protects them, and not over https;
    `hashes` says whether they are. `encoder` is that of a raw client. `timeout_s` is that of requests which move
    little; others have more. `clock` gives seconds since the epoch. `elsewhere`: requests name their origin, which is
    not the plan's. `own` are further fields of an operation's requests, and replace others of their names. `waits`:
    bodies of objects and parts go out when the store asks for them, or has said nothing for long.
    """

    def __init__(
        self,
        address: BucketAddress,
        provider: Provider,
        name_ids: Mapping[Operation, int],
        *,
        payload: Payload | None = None,
        checksum: Checksum | None = None,
        encoder: Encoder | None = None,
        timeout_s: float = 10.0,
        clock: Callable[[], float] = time,
        elsewhere: bool = False,
        own: Mapping[Operation, Headers] = _NO_FIELDS,
        waits: bool = False,
    ) -> None:
        self._timeout_s = timeout_s
        self._address = address
        self.provider = provider
        self._clock = clock
        self._secure = address.origin.scheme == "https"
        self._payload = payload or ("unsigned" if self._secure else "signed")
        self._checksum = checksum
        self._encoder = encoder if self._payload != "streaming" and checksum is None else None
        self._signer = Signer(address.origin.authority, address.region, _USER_AGENT)
        self._own = own
        origin = address.origin if elsewhere else None
        self._models = {name: make_model(name, name_id, origin, waits=waits) for name, name_id in name_ids.items()}
        self._streams = self._payload == "streaming"
        self.hashes = self._payload == "signed"
        self._of_length: dict[tuple[int, bool], S3Expect] = {}

    def template(
        self, operation: Operation, prefix: str, group: RequestGroup | None, payload: int = 0
    ) -> RequestTemplate | None:
        """Makes requests of an operation for keys that begin so, in fewer steps; None where that is not possible.

        They are of that group and payload. It takes a raw client. Uploads must leave in one piece, and only their
        request be signed.
        """
        model = self._models.get(operation)
        if self._encoder is None or model is None or model.fields.expect_continue:
            return None
        start = self._address.path(prefix)
        model = model.twin()
        model.group, model.payload = group, payload
        own = self._own.get(operation, ())
        return RequestTemplate(model, start, self._signer, self.provider, self._encoder, self._clock, own)

    # Objects.

    def put(self, key: str, content: Content, headers: Headers = (), operation: Operation = Operation.PUT) -> Request:
        """Upload an object, with these header fields of its own, or do what else they have done with a body."""
        return self._upload(operation, key, _NO_QUERY, content, headers)

    def get(self, key: str, size: int | None = None, version: str = "") -> Request:
        """Download an object, or one of its versions, of `size` bytes where that is known."""
        expect = None if size is None else self.expected(size)
        return self.moving(size or 0, self._request(Operation.GET, key, _of_version(version), expect=expect))

    def get_range(self, key: str, start: int, length: int, version: str = "") -> Request:
        """Download `length` bytes of an object from byte `start` on; none: all of an empty one."""
        headers = (("Range", f"bytes={start}-{start + length - 1}"),) if length else ()
        expect = self.expected(length, part=length > 0)
        request = self._request(Operation.GET_RANGE, key, _of_version(version), headers, expect=expect)
        return self.moving(length, request)

    def stat(self, key: str, version: str = "") -> Request:
        return self._request(Operation.STAT, key, _of_version(version))

    def get_tags(self, key: str) -> Request:
        """Ask for an object's tags (see `read_tags`)."""
        return self._request(Operation.GET_TAGS, key, Query(("tagging", None)))

    def get_acl(self, key: str) -> Request:
        """Ask who may do what with an object (see `read_grantees`)."""
        return self._request(Operation.GET_ACL, key, Query(("acl", None)))

    def delete(self, key: str, version: str = "") -> Request:
        """Delete an object, or one of its versions; one that is not there counts as deleted."""
        return self._request(Operation.DELETE, key, _of_version(version))

    def delete_many(self, keys: Iterable[str], versions: Iterable[str] = ()) -> Request:
        """Delete up to 1000 objects or versions; the reply names those that failed, and is bad with any."""
        return self._send_document(Operation.DELETE_MANY, None, Query(("delete", None)), write_delete(keys, versions))

    def copy(self, source: str, key: str, size: int = 0) -> Request:
        headers = (("x-amz-copy-source", self._address.copy_source(source)),)
        return self.moving(size, self._request(Operation.COPY, key, headers=headers))

    def list(self, prefix: str = "", *, token: str | None = None, max_keys: int = 1000, delimiter: str = "") -> Request:
        """Ask for a page of keys (see `read_page`); `token` is of the page before."""
        pairs = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", str(max_keys))]
        pairs += [("prefix", prefix)] if prefix else []
        pairs += [("continuation-token", token)] if token is not None else []
        pairs += [("delimiter", delimiter)] if delimiter else []
        return self._request(Operation.LIST, None, Query(*pairs))

    def list_versions(self, prefix: str, *, after: tuple[str, str] | None = None, delimiter: str = "") -> Request:
        """Ask for a page of versions and delete markers (see `read_versions`); `after` is of the page before."""
        pairs: list[tuple[str, str | None]] = [("versions", None), ("encoding-type", "url"), ("prefix", prefix)]
        pairs += [("delimiter", delimiter)] if delimiter else []
        if after is not None:
            pairs += [("key-marker", after[0])]
            pairs += [("version-id-marker", after[1])] if after[1] else []
        return self._request(Operation.LIST_VERSIONS, None, Query(*pairs))

    def presigned_get(self, key: str, expires_s: int, size: int | None = None) -> Request:
        """Download an object by a URL that is good for `expires_s` and holds the signature."""
        path = self._address.path(key)
        target = self._signer.presign(self.provider.current, int(self._clock()), "GET", path, expires_s)
        expect = None if size is None else self.expected(size)
        request = self._build(Operation.GET, target, _USER_AGENT.encode(), expect=expect)
        return self.moving(size or 0, request)

    # Multipart uploads.

    def create_multipart(self, key: str) -> Request:
        """Begin one; the reply holds its id (see `read_upload_id`)."""
        algorithm = self._checksum.algorithm if self._checksum else None
        headers = (("x-amz-checksum-algorithm", algorithm),) if algorithm else ()
        return self._request(Operation.CREATE_MULTIPART, key, Query(("uploads", None)), headers)

    def put_part(self, key: str, upload_id: str, number: int, content: Content) -> Request:
        """Upload part `number`, from 1 to 10,000; all but the last have at least 5 MiB."""
        query = Query(("partNumber", str(number)), ("uploadId", upload_id))
        return self._upload(Operation.PUT_PART, key, query, content)

    def complete_multipart(self, key: str, upload_id: str, parts: Iterable[Part], size: int = 0) -> Request:
        """Put the parts together; a reply with status 200 may hold an error, and is bad then."""
        document = write_complete(parts, self._checksum.element if self._checksum else None)
        query = Query(("uploadId", upload_id))
        return self.moving(size, self._send_document(Operation.COMPLETE_MULTIPART, key, query, document))

    def list_uploads(self, prefix: str, *, after: tuple[str, str] | None = None) -> Request:
        """Ask for a page of uploads under a prefix that were begun and neither completed nor aborted (see
        `read_uploads`); `after` is of the page before.
        """
        pairs: list[tuple[str, str | None]] = [("uploads", None), ("encoding-type", "url"), ("prefix", prefix)]
        pairs += [("key-marker", after[0]), ("upload-id-marker", after[1])] if after is not None else []
        return self._request(Operation.LIST_UPLOADS, None, Query(*pairs))

    def abort_multipart(self, key: str, upload_id: str) -> Request:
        """Give one up and free its parts."""
        return self._request(Operation.ABORT_MULTIPART, key, Query(("uploadId", upload_id)))

    # The bucket.

    def get_versioning(self) -> Request:
        """Ask whether the bucket keeps versions (see `read_versioning`)."""
        return self._request(Operation.GET_VERSIONING, None, Query(("versioning", None)))

    def create_bucket(self) -> Request:
        """Create the bucket. One that is there already is error BucketAlreadyOwnedByYou, at AWS in us-east-1 none."""
        document = b"" if self._address.region == DEFAULT_REGION else write_location(self._address.region)
        return self._send_document(Operation.CREATE_BUCKET, None, _NO_QUERY, document)

    # How they are made.

    def checksum_of(self, content: Content) -> str | None:
        """The checksum of a part as its completion names it, None without --checksum."""
        return encoded(content.digest(self._checksum.new)) if self._checksum else None

    def moving(self, size: int, request: Request) -> Request:
        """With more time, where much is to be moved."""
        if size > _LARGE_BYTES:
            request.timeout_ns = s_to_ns(self._timeout_s + size / _SLOWEST_BYTES_PER_S)
            request.plain = False
        return request

    def _upload(self, operation: Operation, key: str, query: Query, content: Content, headers: Headers = ()) -> Request:
        if self._streams:
            return self.moving(content.size, self._stream(operation, self._address.path(key), query, content, headers))
        checksum = self._checksum
        if checksum is not None:
            headers = (*headers, (checksum.header, encoded(content.digest(checksum.new))))
        hashed = content.digest(sha256).digest().hex() if self.hashes else UNSIGNED_PAYLOAD
        return self.moving(content.size, self._request(operation, key, query, headers, hashed, content.payload()))

    def _stream(self, operation: Operation, path: str, query: Query, content: Content, own: Headers = ()) -> Request:
        own, checksum = self._with_own(operation, own), self._checksum
        if checksum is not None:
            content.digest(checksum.new)  # what bodies share is hashed here: while it is sent, another thread may
        unsigned = self._secure and checksum is not None
        mode = UNSIGNED_TRAILER if unsigned else SIGNED if checksum is None else SIGNED_TRAILER
        coded = ",".join(["aws-chunked", *(value for name, value in own if name.lower() == "content-encoding")])
        own = tuple(pair for pair in own if pair[0].lower() != "content-encoding")
        headers: Headers = (("Content-Encoding", coded), ("x-amz-decoded-content-length", str(content.size)), *own)
        if checksum is not None:
            headers += (("x-amz-trailer", checksum.header),)
        block, signature = self._signer.sign(
            self.provider.current, int(self._clock()), "PUT", path, query.canonical, mode, headers
        )
        body = AwsChunked(content, None if unsigned else self._signer.chunk_signer(signature), checksum)
        return self._build(operation, path + query.suffix, block, body)

    def _send_document(self, operation: Operation, key: str | None, query: Query, document: bytes) -> Request:
        headers = (("Content-MD5", content_md5(document)), ("Content-Type", "application/xml")) if document else ()
        return self._request(operation, key, query, headers, sha256(document).hexdigest(), document)

    def _request(
        self,
        operation: Operation,
        key: str | None,
        query: Query = _NO_QUERY,
        headers: Headers = (),
        hashed: str = EMPTY_SHA256,
        body: bytes | BodySource = b"",
        expect: S3Expect | None = None,
    ) -> Request:
        """About an object, or without a key about the bucket."""
        path, method, at_s = self._address.path(key), self._models[operation].method, int(self._clock())
        headers = self._with_own(operation, headers)
        block, _ = self._signer.sign(self.provider.current, at_s, method, path, query.canonical, hashed, headers)
        return self._build(operation, path + query.suffix, block, body, expect)

    def _with_own(self, operation: Operation, headers: Headers) -> Headers:
        own = self._own.get(operation)
        if not own:
            return headers
        names = {name.lower() for name, _ in own}
        return (*(pair for pair in headers if pair[0].lower() not in names), *own)

    def _build(
        self,
        operation: Operation,
        target: str,
        block: bytes,
        body: bytes | BodySource = b"",
        expect: S3Expect | None = None,
    ) -> Request:
        model = self._models[operation]
        request = model.varied(target, model.fields.with_block(model.fields.block + block), body)
        if body and is_apart(body, request.fields):
            request.send_apart()
        if expect is not None:
            request.expect = expect
        return request

    def expected(self, length: int, *, part: bool = False) -> S3Expect:
        """What a good download is; one object for each length, as long as there are few."""
        expect = self._of_length.get((length, part))
        if expect is None:
            expect = S3Expect(((206, 206),), length=length) if part else S3Expect(length=length)
            if len(self._of_length) < _MOST_LENGTHS:
                self._of_length[length, part] = expect
        return expect

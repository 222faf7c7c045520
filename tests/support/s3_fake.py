"""A store in memory that answers signed Requests, and what plays a workload against it."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import md5
from html import escape
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from loadgen.base.clock import Clock, now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.reply import Reply
from loadgen.measure.recording import Recording, Tally
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.plan import Shard
from loadgen.workloads.base import Script, Workload
from loadgen.workloads.s3.protocol.endpoint import find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.workload import job_workload
from loadgen.workloads.sigv4.credentials import Credentials, Provider

BUCKET = "photos"
Fault = Callable[[str, str, str], tuple[int, str] | None]


def operations(*names: str, ids: Mapping[Operation, int] | None = None) -> Operations:
    """Operations on the bucket, with these request names, or all of them; `ids` are others than their places."""
    chosen = [Operation(name) for name in names] or list(Operation)
    address = find_bucket(BUCKET, endpoint="http://127.0.0.1:9", environment={})
    provider = Provider(Credentials("AKIAEXAMPLEEXAMPLE01", "secret"))
    return Operations(address, provider, ids or {operation: index for index, operation in enumerate(chosen)})


class FakeStore:
    """One bucket's objects and uploads. `fault` may answer (method, key, query) with a status and an error code, and
    `twist` change the body of a good answer. Without `tags` no reply says the tag of what was put. With `versions` what
    is put or deleted stays as a version, those that are `locked` for good. Not all know how to `append`.
    """

    def __init__(
        self,
        *,
        exists: bool = True,
        page: int = 1000,
        fault: Fault = lambda *_: None,
        twist: Callable[[str, bytes], bytes] = lambda _query, body: body,
        tags: bool = True,
        versions: bool = False,
        appends: bool = True,
        of_errors: str = "",
    ) -> None:
        self.exists = exists
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.fields: dict[str, dict[str, str]] = {}
        self.object_tags: dict[str, dict[str, str]] = {}
        self._page = page
        self._fault = fault
        self._twist = twist
        self._tags = tags
        self._keeps_versions = versions
        self._appends = appends
        self.modified = "<LastModified>2026-01-02T00:00:00.000Z</LastModified>"
        self.versions: dict[tuple[str, str], bytes] = {}
        self.locked: set[tuple[str, str]] = set()
        self.locks_all = False
        self._of_errors = of_errors

    def answer(self, request: Request) -> Reply:
        """What a real one would say, as far as it is needed here."""
        parts = urlsplit(request.target)
        key = unquote(parts.path.removeprefix(f"/{BUCKET}").removeprefix("/"))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, request.body.chunks()))
        self.seen.append((request.method, key, parts.query))
        if request.method == "PUT":
            self.fields[key] = {name.lower(): value for name, value in request.fields.pairs}
        wrong = self._fault(request.method, key, parts.query)
        fields = {name.lower(): value for name, value in request.fields.pairs}
        source = fields.get("x-amz-copy-source")
        if source is not None:
            body = self.objects[unquote(source).removeprefix(f"/{BUCKET}/")]
        status, text = (
            (wrong[0], _error(wrong[1], more=self._of_errors))
            if wrong
            else self._handle(request.method, key, query, body, fields.get("x-amz-write-offset-bytes"))
        )
        if source is not None and not wrong:
            text = b'<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>'
        text = self._twist(parts.query, text) if status == 200 and text else text
        tag = b'ETag: "%b"\r\n' % md5(body).hexdigest().encode() if self._tags else b""
        if count := len(self.object_tags.get(key, ())):
            tag += b"x-amz-tagging-count: %d\r\n" % count
        if request.method == "HEAD":
            tag += b"Content-Length: %d\r\n" % len(text)
        head = b"HTTP/1.1 200 OK\r\n%b\r\n" % tag
        if request.sink is not None:
            request.sink(text)
        length = 0 if request.method == "HEAD" else len(text)
        return Reply(status, length, len(text) + 100, text[: request.keep], head)

    def _handle(
        self, method: str, key: str, query: dict[str, str], body: bytes, offset: str | None
    ) -> tuple[int, bytes]:
        if not self.exists and (method, key) != ("PUT", ""):
            return 404, _error("NoSuchBucket")
        match method:
            case "PUT" if not key:
                self.exists = True
            case "PUT" if "uploadId" in query:
                self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            case "PUT" if self._appends and offset is not None:
                if int(offset) != len(self.objects[key]):
                    return 400, _error("InvalidWriteOffset")
                self._change(key, self.objects[key] + body)
            case "PUT":
                self._change(key, body)
            case "POST" if "delete" in query:
                return 200, self._delete_many(body)
            case "POST" if "uploads" in query:
                self.uploads[f"id-{key}"] = {}
                element = "InitiateMultipartUploadResult"
                return 200, f"<{element}><UploadId>id-{key}</UploadId></{element}>".encode()
            case "POST":
                parts = self.uploads[query["uploadId"]]
                if len(list(_texts(body, "ETag"))) != len(parts):
                    return 400, _error("InvalidPart")
                del self.uploads[query["uploadId"]]
                self.objects[key] = b"".join(parts[number] for number in sorted(parts))
                return 200, b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'
            case "DELETE" if "uploadId" in query:
                self.uploads.pop(query["uploadId"])
                return 204, b""
            case "DELETE":
                if (key, query.get("versionId", "")) in self.locked:
                    return 403, _error("AccessDenied", "protected by object lock")
                self._delete(key, query.get("versionId"))
                return 204, b""
            case "GET" if "uploads" in query:
                return 200, self._listed_uploads(query)
            case "GET" if "versioning" in query:
                status = "<Status>Enabled</Status>" if self._keeps_versions else ""
                return 200, f"<VersioningConfiguration>{status}</VersioningConfiguration>".encode()
            case "GET" if "versions" in query:
                return 200, self._listed_versions(query)
            case "GET" if "tagging" in query:
                tags = "".join(
                    f"<Tag><Key>{escape(name)}</Key><Value>{escape(value)}</Value></Tag>"
                    for name, value in self.object_tags.get(key, {}).items()
                )
                return 200, f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()
            case "GET" if not key:
                return 200, self._listed(query)
            case "GET" | "HEAD":
                return (200, self.objects[key]) if key in self.objects else (404, _error("NoSuchKey"))
        return 200, b""

    def _change(self, key: str, body: bytes | None) -> None:
        """Put an object, or with None delete it."""
        if self._keeps_versions:
            version = key, f"v{len(self.seen)}.{len(self.versions)}"
            self.versions[version] = body or b""
            if self.locks_all:
                self.locked.add(version)
        if body is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = body

    def _delete(self, key: str, version: str | None) -> None:
        if version is None:
            self._change(key, None)
            return
        self.versions.pop((key, version), None)
        if not any(name == key for name, _ in self.versions):
            self.objects.pop(key, None)

    def _delete_many(self, body: bytes) -> bytes:
        errors = ""
        for item in ElementTree.fromstring(body):
            texts = {child.tag.rpartition("}")[2]: child.text or "" for child in item}
            key, version = texts.get("Key"), texts.get("VersionId")
            if key is not None and (key, version) in self.locked:
                errors += f"<Error><Key>{escape(key)}</Key><VersionId>{version}</VersionId><Code>No</Code></Error>"
            elif key is not None:
                self._delete(key, version)
        return f"<DeleteResult>{errors}</DeleteResult>".encode()

    def _listed_versions(self, query: dict[str, str]) -> bytes:
        after = (query.get("key-marker", ""), query.get("version-id-marker", ""))
        all_left = sorted(
            item for item in self.versions if item[0].startswith(query.get("prefix", "")) and item > after
        )
        page = all_left[: self._page]
        items = "".join(
            f"<{kind}><Key>{escape(key)}</Key><VersionId>{one}</VersionId></{kind}>"
            for key, one in page
            for kind in ["Version" if self.versions[key, one] else "DeleteMarker"]
        )
        return f"<ListVersionsResult>{_next(all_left, page, 'VersionId')}{items}</ListVersionsResult>".encode()

    def _listed(self, query: dict[str, str]) -> bytes:
        keys = sorted(key for key in self.objects if key.startswith(query.get("prefix", "")))
        keys = [key for key in keys if key > query.get("continuation-token", "")]
        end = min(self._page, int(query["max-keys"]))
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f'<ETag>"{md5(self.objects[key]).hexdigest()}"</ETag>{self.modified}</Contents>'
            for key in keys[:end]
        )
        more = f"<NextContinuationToken>{escape(keys[end - 1])}</NextContinuationToken>" if end < len(keys) else ""
        truncated = "true" if more else "false"
        return f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{items}{more}</ListBucketResult>".encode()

    def _listed_uploads(self, query: dict[str, str]) -> bytes:
        after = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
        all_left = sorted((name.removeprefix("id-"), name) for name in self.uploads)
        page = [item for item in all_left if item > after][: self._page]
        items = "".join(f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId></Upload>" for key, name in page)
        more = _next([item for item in all_left if item > after], page, "UploadId")
        return f"<ListMultipartUploadsResult>{more}{items}</ListMultipartUploadsResult>".encode()


def workload_of(
    s3: S3Job,
    index: int = 0,
    count: int = 1,
    *,
    transactions: Transactions | None = None,
    puts: Operations | None = None,
    clock: Clock = now_ns,
    on_unwritten: Callable[[], None] = lambda: None,
) -> Workload:
    """The workload of shard `index` of `count`."""
    shard = Shard(index, count, 0, 1, None, seed=1)
    recorded = transactions or Transactions()
    return job_workload(
        s3,
        operations(*s3.operations, ids=s3.naming.ids()),
        recorded,
        shard,
        seed=1,
        puts=puts,
        on_unwritten=on_unwritten,
        clock=clock,
    )


def taken(transactions: Transactions) -> Tally:
    """The sums of what was begun, once all is over."""
    recording = Recording()
    transactions.take(recording, last=True)
    return recording.transactions.get(0, Tally())


def next_request(script: Script) -> Request:
    """What a user sends next."""
    request = script.resume(None)
    assert isinstance(request, Request)
    return request


def play(
    workload: Workload, store: FakeStore, *, users: int = 3, most: int = 10_000
) -> list[tuple[int, ErrorClass | None]]:
    """Let some users send what their scripts say; the name id and the end of each request, in order."""
    ends: list[tuple[int, ErrorClass | None]] = []
    free = [workload.script(user) for user in range(users)]
    out: list[tuple[Script, Request]] = []
    while len(ends) < most:
        for script in free[:]:
            if isinstance(request := script.resume(None), Request):
                free.remove(script)
                out.append((script, request))
        if not out:
            break
        script, request = out.pop(0)
        free.append(script)
        ends.append((request.name_id, finish(script, request, store.answer(request))))
    return ends


def finish(script: Script, request: Request, reply: Reply) -> ErrorClass | None:
    """Judge a reply and say so to the script that awaits it, as users do."""
    error = request.expect.verdict(reply.status, reply.body_length, reply.kept)
    if request.awaited:
        assert script.resume(Outcome(0, 0, reply, error)) is None
    return error


def _next(all_left: list[tuple[str, str]], page: list[tuple[str, str]], second: str) -> str:
    """What says that there is another page, if there is one."""
    if len(page) == len(all_left):
        return "<IsTruncated>false</IsTruncated>"
    key, other = page[-1]
    marker = f"<NextKeyMarker>{escape(key)}</NextKeyMarker><Next{second}Marker>{other}</Next{second}Marker>"
    return f"<IsTruncated>true</IsTruncated>{marker}"


def _error(code: str, message: str = "", more: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode()


def _texts(document: bytes, element: str) -> Iterator[str]:
    for item in ElementTree.fromstring(document).iter():
        if item.tag.rpartition("}")[2] == element:
            yield item.text or ""

"""AWS Signature Version 4, as S3 has it, in headers and in a presigned URL.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html. The signing key changes once a
day and the timestamp once a second, so both are kept: what is left for a request is two hashes.
"""

from hashlib import sha256
from hmac import digest
from time import gmtime, strftime
from urllib.parse import quote

from loadgen.base.dataclass import dataclass
from loadgen.workloads.sigv4.credentials import Credentials

EMPTY_SHA256 = sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
LONGEST_EXPIRY_S = 7 * 86400

_ALGORITHM = "AWS4-HMAC-SHA256"
_HASH, _DATE, _TOKEN = "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"

_ANY = "\0"

Headers = tuple[tuple[str, str], ...]


class Query:
    """A query: `canonical` as it is signed, `suffix` as it is sent ("?uploads", where that is signed "uploads=").

    A value of None stands for a name alone.
    """

    __slots__ = ("canonical", "suffix")

    def __init__(self, *pairs: tuple[str, str | None]) -> None:
        encoded = sorted((quote(name, safe="~"), quote(value or "", safe="~")) for name, value in pairs)
        alone = {quote(name, safe="~") for name, value in pairs if value is None}
        self.canonical = "&".join(f"{name}={value}" for name, value in encoded)
        wire = "&".join(name if name in alone else f"{name}={value}" for name, value in encoded)
        self.suffix = f"?{wire}" if wire else ""


class Mac:
    """HMAC-SHA256 (RFC 2104) with a key of 32 bytes, prepared: a third of the time that OpenSSL's own takes."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def sign(self, text: str) -> str:
        """The code of a text, in hex."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def begun(self, text: str) -> "Mac":
        """One that signs the rest of texts that begin so."""
        mac = Mac.__new__(Mac)
        mac._inner, mac._outer = self._inner.copy(), self._outer
        mac._inner.update(text.encode())
        return mac


class Signer:
    """Signs the requests of one thread to one host of one region. `host` is the Host header, which clients add.

    `unsigned` are fields that every request has besides, in their wire form.
    """

    def __init__(self, host: str, region: str, unsigned: str = "", service: str = "s3") -> None:
        self._host = host
        self._unsigned = unsigned
        self._tail = f"{region}/{service}/aws4_request"
        self._layouts: dict[tuple[tuple[str, ...], bool], _Layout] = {}
        self._token: str | None = None
        self._credentials: Credentials | None = None
        self._second = -1
        self._mac = self._request_mac = Mac(b"")
        self._time = self._stamped = self._authorization = ""

    def sign(
        self,
        credentials: Credentials,
        at_s: int,
        method: str,
        path: str,
        query: str,
        payload: str,
        headers: Headers = (),
    ) -> tuple[bytes, str]:
        """The block of header fields of a request, with `headers` and everything but Host; and its signature.

        `at_s` is seconds since the epoch, `path` and `query` are encoded (`Query.canonical`), `payload` is the hex
        SHA-256 of the body or one of the words that S3 takes in its place. All of `headers` are signed.
        """
        if at_s != self._second or credentials is not self._credentials:
            self._turn(credentials, at_s)
        signed, block = self._with(payload, headers)
        signature = self._signature(f"{method}\n{path}\n{query}\n{signed}")
        return f"{block}{signature}\r\n".encode("latin-1"), signature

    def chunk_signer(self, signature: str) -> "ChunkSigner":
        """What signs the chunks of the body of a request of this second, which has that signature."""
        return ChunkSigner(self._mac, self._stamped, signature)

    def presign(self, credentials: Credentials, at_s: int, method: str, path: str, expires_s: int) -> str:
        """The target of a request that is good for `expires_s` (1 s to 7 days) without any header but Host.

        Raises ValueError for another expiry.
        """
        if not 1 <= expires_s <= LONGEST_EXPIRY_S:
            raise ValueError(f"expected an expiry from 1 s to 7 days, got {expires_s} s")
        self._turn(credentials, at_s)
        query = Query(
            ("X-Amz-Algorithm", _ALGORITHM),
            ("X-Amz-Credential", f"{credentials.access_key}/{self._time[:8]}/{self._tail}"),
            ("X-Amz-Date", self._time),
            ("X-Amz-Expires", str(expires_s)),
            ("X-Amz-SignedHeaders", "host"),
            *((("X-Amz-Security-Token", credentials.token),) if credentials.token else ()),
        )
        request = f"{method}\n{path}\n{query.canonical}\nhost:{self._host}\n\nhost\n{UNSIGNED_PAYLOAD}"
        return f"{path}{query.suffix}&X-Amz-Signature={self._signature(request)}"

    def signing(
        self, credentials: Credentials, at_s: int, method: str, path: str, headers: Headers = ()
    ) -> "SigningTemplate":
        """What signs requests of this second with these headers and without a query, for paths that begin so."""
        if at_s != self._second or credentials is not self._credentials:
            self._turn(credentials, at_s)
        signed, block = self._with(_ANY, headers)
        before, between, _ = signed.split(_ANY)
        start, end = block.split(_ANY)
        texts = f"{method}\n{path}", f"\n\n{before}", between, start, end
        return SigningTemplate(self._request_mac, *(text.encode("latin-1") for text in texts))

    def _with(self, payload: str, headers: Headers) -> tuple[str, str]:
        """What is signed after the query, and the block up to the signature."""
        names, values = tuple([name for name, _ in headers]), [value for _, value in headers]
        key = names, self._token is not None
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = _Layout(self._host, *key)
        signed = layout.signed.format(payload, self._time, self._token, *[" ".join(value.split()) for value in values])
        block = layout.block.format(payload, self._time, self._token, *values)
        return signed, f"{self._unsigned}{block}{self._authorization}{layout.names}, Signature="

    def _signature(self, request: str) -> str:
        return self._request_mac.sign(sha256(request.encode("latin-1")).hexdigest())

    def _turn(self, credentials: Credentials, at_s: int) -> None:
        """Another second, another day or other credentials."""
        self._second = at_s
        time = strftime("%Y%m%dT%H%M%SZ", gmtime(at_s))
        day = time[:8]
        if credentials is not self._credentials or day != self._time[:8]:
            key = f"AWS4{credentials.secret_key}".encode()
            for part in (day, *self._tail.split("/")):
                key = digest(key, part.encode(), "sha256")
            self._mac = Mac(key)
            self._credentials = credentials
            self._token = credentials.token
            scope = f"{day}/{self._tail}"
            self._authorization = (
                f"Authorization: {_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders="
            )
        self._time = time
        self._stamped = f"{time}\n{day}/{self._tail}\n"
        self._request_mac = self._mac.begun(f"{_ALGORITHM}\n{self._stamped}")


@dataclass(frozen=True, slots=True)
class SigningTemplate:
    """The text of requests of one second that differ in the rest of their path and in their payload.

    `mac` signs the hex SHA-256 of `method_and_path`, the rest, `before`, the payload, `between`, and the payload again.
    The block of fields is `start`, the payload, `end`, the signature and CRLF.
    """

    mac: Mac
    method_and_path: bytes
    before: bytes
    between: bytes
    start: bytes
    end: bytes


class _Layout:
    """The order of the fields of one kind of request: formats of payload, time, token and the other values."""

    def __init__(self, host: str, names: tuple[str, ...], has_token: bool) -> None:
        sent = {_HASH: 0, _DATE: 1} | ({_TOKEN: 2} if has_token else {})
        sent |= {name: place for place, name in enumerate(names, start=3)}
        places = {name.lower(): f"{{{place}}}" for name, place in sent.items()} | {"host": host}
        lines = "".join(f"{name}:{places[name]}\n" for name in sorted(places))
        self.names = ";".join(sorted(places))
        self.signed = f"{lines}\n{self.names}\n{{0}}"
        self.block = "".join(f"{name}: {{{place}}}\r\n" for name, place in sent.items())


class ChunkSigner:
    """Signs the chunks of one upload: each signature holds the one before it, the first that of the request.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """

    __slots__ = ("_chunk", "_mac", "_trailer", "seed")

    def __init__(self, mac: Mac, stamped: str, seed: str) -> None:
        self.seed = seed
        self._mac = mac
        self._chunk = f"{_ALGORITHM}-PAYLOAD\n{stamped}"
        self._trailer = f"{_ALGORITHM}-TRAILER\n{stamped}"

    def chunk(self, previous: str, hashed: str) -> str:
        """The signature of a chunk with this hex SHA-256."""
        return self._mac.sign(f"{self._chunk}{previous}\n{EMPTY_SHA256}\n{hashed}")

    def trailer(self, previous: str, fields: str) -> str:
        """The signature of the trailer's fields, each "name:value" and a newline."""
        return self._mac.sign(f"{self._trailer}{previous}\n{sha256(fields.encode()).hexdigest()}")

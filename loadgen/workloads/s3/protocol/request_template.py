"""Requests that are made in their wire form at once: most of its text stays the same for a second."""

from collections.abc import Callable
from hashlib import sha256

from loadgen.base.encode import Encoder
from loadgen.base.exchange import Fields, Request
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from loadgen.workloads.sigv4.signer import EMPTY_SHA256, Headers, Signer, SigningTemplate

_EMPTY = EMPTY_SHA256.encode()
_TARGET, _FIELDS = "", Fields(())


class RequestTemplate:
    """Makes the requests of one operation for keys that begin alike; `path` is what their paths begin with.

    They are for raw clients: only `wire` is each one's own, all else is the model's. Belongs to one thread. `clock`
    gives seconds since the epoch; all have the same `headers`, signed.
    """

    def __init__(
        self,
        model: Request,
        path: str,
        signer: Signer,
        provider: Provider,
        encoder: Encoder,
        clock: Callable[[], float],
        headers: Headers = (),
    ) -> None:
        self._headers = headers
        self._model = model
        self._path = path
        self._signer = signer
        self._provider = provider
        self._start = f"{model.method} {path}".encode("latin-1")
        self._host = f" HTTP/1.1\r\n{encoder.host}".encode("latin-1")
        self._end = self._framing = b"\r\n" + encoder.end
        self._size = -1
        self._clock = clock
        self._second = -1
        self._credentials: Credentials | None = None
        self._signing: SigningTemplate | None = None

    def plain(self, rest: bytes) -> Request:
        """The request without a body for the key that ends in `rest`, which needs no encoding."""
        return self._build(rest, _EMPTY, self._end, b"", b"")

    def upload(
        self, rest: bytes, hashed: bytes, size: int, common: bytes | bytearray | memoryview, mark: bytes
    ) -> Request:
        """The same with a body of `size` bytes, in two pieces.

        `hashed` is the body's hex SHA-256, or the word that S3 takes in its place.
        """
        if size != self._size:
            self._size = size
            self._framing = b"\r\nContent-Length: %d%b" % (size, self._end)
        return self._build(rest, hashed, self._framing, common, mark)

    def _build(
        self, rest: bytes, hashed: bytes, end: bytes, common: bytes | bytearray | memoryview, mark: bytes
    ) -> Request:
        second = int(self._clock())
        signing = self._signing
        if signing is None or second != self._second or self._provider.current is not self._credentials:
            self._second, self._credentials = second, self._provider.current
            signing = self._signer.signing(self._credentials, second, self._model.method, self._path, self._headers)
            self._signing = signing
        asked = b"".join((signing.method_and_path, rest, signing.before, hashed, signing.between, hashed))
        signature = signing.mac.sign(sha256(asked).hexdigest()).encode()
        wire = b"".join(
            (self._start, rest, self._host, signing.start, hashed, signing.end, signature, end, common, mark)
        )
        return self._model.varied(_TARGET, _FIELDS, b"", wire)
